"""Updates as Telegram writes them, as bytes made beforehand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

BOT_ID = 123456
TOKEN = f"{BOT_ID}:" + "B" * 35
BOT_USER = {"id": BOT_ID, "is_bot": True, "first_name": "GMBot", "username": "gm_bot"}
BODY_BYTES = 760
"""With its head such a body makes a POST of one KB."""

_TEXT = b"the quick brown fox jumps over the lazy dog while nobody in this group looks at it twice and " * 8
_CONTENT = (
    b'"message_id":%d,"from":{"id":%d,"is_bot":false,"first_name":"Person %d","last_name":"Of The Crowd",'
    b'"username":"person_%d","language_code":"en"},"chat":{"id":%d,"title":"A supergroup %d",'
    b'"username":"chat_%d","type":"supergroup"},"date":%d'
)


def encoded(value: object) -> bytes:
    """Return JSON as Telegram writes it."""
    return json.dumps(value, separators=(",", ":")).encode()


def user(number: int) -> dict[str, Any]:
    """Return somebody."""
    return {
        "id": number,
        "is_bot": False,
        "first_name": f"Person {number % 1000}",
        "last_name": "Of The Crowd",
        "username": f"person_{number}",
        "language_code": "en",
    }


def chat(number: int, kind: str = "supergroup") -> dict[str, Any]:
    """Return a group or channel."""
    return {
        "id": number,
        "title": f"A {kind} {-number % 100_000}",
        "username": f"chat_{-number}",
        "type": kind,
    }


def message(update_id: int, group: int, author: int, at: int) -> bytes:
    """Return an ordinary message of `BODY_BYTES` bytes; each third one is a reply to another.

    Written by a template, since hundreds of thousands of them are made before each measurement.
    """
    said = (author, author % 1000, author, group, -group % 100_000, -group, at)
    reply = b""
    if update_id % 3 == 0:
        reply = b',"reply_to_message":{%b,"text":"How so?"}' % (_CONTENT % (update_id - 1, *said))
    head = b'{"update_id":%d,"message":{%b%b,"text":"' % (update_id, _CONTENT % (update_id, *said), reply)
    return head + _TEXT[: max(1, BODY_BYTES - len(head) - 3)] + b'"}}'


def edited(update_id: int, group: int, author: int, at: int) -> bytes:
    """Return the edit of an ordinary message."""
    changed = message(update_id, group, author, at).replace(b'"message":{', b'"edited_message":{', 1)
    return changed[:-2] + b',"edit_date":%d}}' % at


def command(update_id: int, group: int, author: int, at: int, text: str) -> bytes:
    """Return a command, written in a group."""
    content = {
        "message_id": update_id,
        "from": user(author),
        "chat": chat(group),
        "date": at,
        "text": text,
        "entities": [{"type": "bot_command", "offset": 0, "length": len(text)}],
    }
    return encoded({"update_id": update_id, "message": content})


def joined(update_id: int, group: int, newcomer: int, at: int) -> bytes:
    """Return the service message that tells of somebody who joined."""
    content = {"message_id": update_id, "from": user(newcomer), "chat": chat(group), "date": at}
    content |= {"new_chat_participant": user(newcomer), "new_chat_member": user(newcomer)}
    content["new_chat_members"] = [user(newcomer)]
    return encoded({"update_id": update_id, "message": content})


def tap(update_id: int, group: int, person: int, at: int, data: str) -> bytes:
    """Return a tap on a button of the bot's."""
    under = {"message_id": 7, "from": BOT_USER, "chat": chat(group), "date": at, "text": "Join to write here"}
    query = {"id": f"{update_id}", "from": user(person), "message": under, "chat_instance": "1", "data": data}
    return encoded({"update_id": update_id, "callback_query": query})


def member_changed(
    update_id: int,
    where: Mapping[str, Any],
    change: tuple[Mapping[str, Any], Mapping[str, Any]],
    at: int,
    by: Mapping[str, Any] | None = None,
) -> bytes:
    """Return that somebody was the one thing, and is the other now; `by` themselves if it is not told."""
    old, new = change
    told = {
        "chat": where,
        "from": by or new["user"],
        "date": at,
        "old_chat_member": old,
        "new_chat_member": new,
    }
    return encoded({"update_id": update_id, "chat_member": told})


def standing(person: int, status: str, **more: object) -> dict[str, Any]:
    """Return what somebody is in a chat."""
    return {"user": user(person), "status": status, **more}
