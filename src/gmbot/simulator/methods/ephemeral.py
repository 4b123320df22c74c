"""Ephemeral messages: seen by one member of a group only. Source: Bot API 10.2 and 10.3."""

from __future__ import annotations

import msgspec

from gmbot.simulator.access import Call, shared_chat
from gmbot.simulator.chats import Chat, Message
from gmbot.simulator.errors import bad_request
from gmbot.simulator.members import Wire
from gmbot.simulator.methods.markup import TEXT_LIMIT, formatted, inline_keyboard


def send_whisper(call: Call, parameters: Wire, content: Wire, keyboard: Wire | None) -> Wire:
    """Show a message to one member; `message_id` is 0, it is known by its receiver and ephemeral id."""
    receiver = parameters.get("receiver_user_id")
    if not isinstance(receiver, int):
        raise bad_request("invalid receiver_user_id specified")
    chat = shared_chat(call)
    if chat.is_channel:
        raise bad_request("ephemeral messages can be sent only in groups")
    _check_receiver(call, chat, receiver, parameters)
    number = call.world.serial(f"whisper {chat.id}")
    wire = {
        "message_id": 0,
        "ephemeral_message_id": number,
        "from": call.world.user_wire(call.bot.id),
        "receiver_user": call.world.user_wire(receiver),
        "date": int(call.now),
        "chat": chat.wire,
        **content,
    }
    if keyboard is not None:
        wire["reply_markup"] = keyboard
    message = Message(id=0, chat_id=chat.id, author=call.bot.id, date=int(call.now), wire=wire)
    chat.whispers[receiver, number] = message
    if len(chat.whispers) > call.world.knobs.history_limit:
        chat.whispers.popitem(last=False)
    return wire


def edit_ephemeral_message_text(call: Call) -> object:
    """Replace the text and the keyboard."""
    text, entities = formatted(call, "text", "entities", TEXT_LIMIT)
    if not text:
        raise bad_request("message text is empty")
    changed: Wire = {"text": text} | ({"entities": entities} if entities else {})
    return _rewrite(call, changed, dropped=("text", "entities", "reply_markup"))


def edit_ephemeral_message_reply_markup(call: Call) -> object:
    """Replace the keyboard, or take it away."""
    return _rewrite(call, {}, dropped=("reply_markup",))


def delete_ephemeral_message(call: Call) -> object:
    """Take it away."""
    chat, key, _ = _own(call)
    del chat.whispers[key]
    return True


def _check_receiver(call: Call, chat: Chat, receiver: int, parameters: Wire) -> None:
    """Administrators may whisper to any member, others only in answer to a tap."""
    if receiver not in call.world.people:
        raise bad_request("user not found")
    if not call.standing(chat).is_admin and not parameters.get("callback_query_id"):
        raise bad_request("not enough rights to send ephemeral messages to the chat")
    if not call.standing(chat, receiver).is_member:
        raise bad_request("USER_NOT_PARTICIPANT")


def _own(call: Call) -> tuple[Chat, tuple[int, int], Message]:
    chat = shared_chat(call)
    key = call.args.integer("receiver_user_id"), call.args.integer("ephemeral_message_id")
    message = chat.whispers.get(key)
    if message is None or message.author != call.bot.id:
        raise bad_request("message to edit not found")
    return chat, key, message


def _rewrite(call: Call, changed: Wire, dropped: tuple[str, ...]) -> bool:
    keyboard = inline_keyboard(call)
    chat, key, message = _own(call)
    kept = {name: value for name, value in message.wire.items() if name not in dropped}
    wire = kept | changed | ({} if keyboard is None else {"reply_markup": keyboard})
    chat.whispers[key] = msgspec.structs.replace(message, wire=wire)
    return True
