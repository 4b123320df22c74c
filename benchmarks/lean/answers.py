"""What the Bot API answers to the calls of a bot that mutes and frees people."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from benchmarks.lean.mailbox import Mailbox
from benchmarks.lean.members import Members
from benchmarks.lean.updates import BOT_USER, member_changed

Arguments = Mapping[str, Any]


class BotApi:
    """The methods; `echoes`: whether restrictions come back as `chat_member`, as in life."""

    def __init__(self, members: Members, mailbox: Mailbox, *, echoes: bool) -> None:
        self._members = members
        self._mailbox = mailbox
        self._echoes = echoes
        self._sent = 0

    def result(self, method: str, arguments: Arguments) -> object:
        """Return the result of a call; what is not known is done."""
        place = int(arguments.get("chat_id", 0)) if "chat_id" in arguments else 0
        match method:
            case "getMe":
                return BOT_USER | {"can_join_groups": True, "can_read_all_group_messages": True}
            case "getChatMember":
                return self._members.status(place, int(arguments["user_id"]))
            case "getChat":
                return self._members.chat(place) | {"accent_color_id": 1, "max_reaction_count": 11}
            case "getChatAdministrators":
                return self._members.administrators(place)
            case "restrictChatMember":
                self._restrict(place, int(arguments["user_id"]), arguments)
                return True
            case "getWebhookInfo":
                waiting = len(self._mailbox)
                return {"url": "", "has_custom_certificate": False, "pending_update_count": waiting}
            case "sendMessage" | "editMessageText":
                self._sent += 1
                where = self._members.chat(place)
                return {"message_id": self._sent, "date": int(time.time()), "chat": where, "text": "."}
            case _:
                return True

    def _restrict(self, place: int, person: int, arguments: Arguments) -> None:
        change = self._members.restrict(place, person, arguments)
        if self._echoes:
            where, now = self._members.chat(place), int(time.time())
            self._mailbox.put([member_changed(self._mailbox.next_id, where, change, now, BOT_USER)])


def arguments_of(body: bytes) -> Arguments:
    """Return the arguments of a call, sent as JSON or as a form."""
    if not body:
        return {}
    if body.startswith(b"{"):
        decoded: dict[str, Any] = msgspec.json.decode(body)
        return decoded
    return {name: _value(values[0]) for name, values in parse_qs(body.decode()).items()}


def _value(text: str) -> object:
    return msgspec.json.decode(text) if text[:1] in "{[" else text
