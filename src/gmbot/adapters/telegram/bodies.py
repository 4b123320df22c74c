"""What calls say: JSON bodies from the gate's and the domain's words."""

from __future__ import annotations

from gmbot.domain.standing import EVERYTHING, PERMISSIONS, Restriction
from gmbot.gate.outgoing import Address, Button, Note
from gmbot.gate.ports import CommandMenu

Body = dict[str, object]

GENERAL_TOPIC = 1
"""The General topic's id, which Telegram does not find when it is sent (SEMANTICS: envelope and errors)."""


def permissions_body(restriction: Restriction) -> Body:
    """Return the arguments of restrictChatMember that make this restriction so.

    Source: SEMANTICS, restrictChatMember: a mute is one field, freedom is all 16, and anything between
    must be spelt out lest one permission imply another.
    """
    if restriction.allowed >= EVERYTHING:
        return {"permissions": dict.fromkeys(PERMISSIONS, True)}
    if not restriction.allowed:
        return {"permissions": {"can_send_messages": False}, "until_date": restriction.until}
    return {
        "permissions": {permission: permission in restriction.allowed for permission in PERMISSIONS},
        "use_independent_chat_permissions": True,
        "until_date": restriction.until,
    }


def note_body(note: Note) -> Body:
    """Return a note's text and buttons; without buttons, those of an edited message go."""
    body: Body = {"text": note.text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
    if note.buttons:
        body["reply_markup"] = {"inline_keyboard": [[_button(b) for b in row] for row in note.buttons]}
    return body


def recipient_body(to: Address) -> Body:
    """Return where a note goes; General is the topic without a number."""
    body: Body = {"chat_id": to.chat_id}
    if to.thread_id is not None and to.thread_id != GENERAL_TOPIC:
        body["message_thread_id"] = to.thread_id
    if to.reply_to is not None:
        body["reply_parameters"] = {"message_id": to.reply_to, "allow_sending_without_reply": True}
    return body


def menu_body(menu: CommandMenu) -> Body:
    """Return a scope's command menu."""
    commands = [{"command": name, "description": description} for name, description in menu.commands]
    return {"commands": commands, "scope": {"type": menu.scope}}


def _button(button: Button) -> Body:
    if button.url is not None:
        return {"text": button.text, "url": button.url}
    return {"text": button.text, "callback_data": button.data}
