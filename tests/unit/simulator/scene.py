"""A small stage for the simulator's tests: one owner, one channel, one group, one bot in both."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gmbot.simulator import ApiError, BotApi, Knobs, VirtualClock, World
from gmbot.simulator.mailbox import UPDATE_KINDS
from gmbot.simulator.members import Wire
from gmbot.simulator.rights import ALL_RIGHTS

TOKEN = "42:abc"
START = 1_790_000_000.0
MUTE = {"can_send_messages": False}


class Scene:
    """The stage; `group` and `channel` have the bot as an administrator with every right."""

    def __init__(self, knobs: Knobs | None = None, *, forum: bool = False, hidden: bool = False) -> None:
        self.clock = VirtualClock(START)
        self.world = World(self.clock, knobs=knobs)
        self.api = BotApi(self.world)
        self.bot = self.world.add_bot(TOKEN, "gate_bot")
        self.owner = self.world.add_user("Olga")
        self.ann = self.world.add_user("Ann", username="ann")
        self.channel = self.world.create_channel(self.owner, "News")
        self.group = self.world.create_supergroup(self.owner, "Talk", forum=forum, hidden_members=hidden)
        self.world.add_bot_to_chat(self.channel, self.bot, self.owner)
        self.world.add_bot_to_chat(self.group, self.bot, self.owner)
        self.world.bots[self.bot].mailbox.allow(sorted(UPDATE_KINDS))
        self.forget()

    def call(self, method: str, **arguments: object) -> object:
        """What the method answers."""
        return self.api.call(TOKEN, method, arguments)

    def wire(self, method: str, **arguments: object) -> Wire:
        """What the method answers, when that is an object."""
        answer = self.call(method, **arguments)
        assert isinstance(answer, dict)
        return answer

    def refusal(self, method: str, **arguments: object) -> str:
        """The code and description the method fails with."""
        with pytest.raises(ApiError) as caught:
            self.call(method, **arguments)
        return str(caught.value)

    def updates(self, kind: str | None = None) -> list[Wire]:
        """The payloads that wait in the bot's mailbox, of one kind or of all, oldest first."""
        entries = self.world.bots[self.bot].mailbox.pending()
        return [_payload(entry.update, entry.kind) for entry in entries if kind in (None, entry.kind)]

    def kinds(self) -> list[str]:
        """The kinds of the updates that wait."""
        return [entry.kind for entry in self.world.bots[self.bot].mailbox.pending()]

    def forget(self) -> None:
        """Empty the bot's mailbox."""
        self.world.bots[self.bot].mailbox.clear()

    def rights(self, chat: int, rights: Iterable[str]) -> None:
        """Leave the bot only those administrator rights."""
        self.world.promote(chat, self.bot, self.owner, rights)
        self.forget()

    def without(self, chat: int, right: str) -> None:
        """Take one administrator right from the bot."""
        self.rights(chat, ALL_RIGHTS - {right})

    def joined(self, chat: int | None = None) -> int:
        """Ann, after joining the group (or that chat)."""
        self.world.join(self.ann, self.group if chat is None else chat)
        self.forget()
        return self.ann

    def mute(self, user: int, **arguments: object) -> object:
        """Have the bot mute somebody in the group."""
        return self.call(
            "restrictChatMember", chat_id=self.group, user_id=user, permissions=MUTE, **arguments
        )


def _payload(update: Wire, kind: str) -> Wire:
    payload = update[kind]
    assert isinstance(payload, dict)
    return payload


def statuses(update: Wire) -> tuple[object, object]:
    """The old and the new status of a ChatMemberUpdated."""
    old, new = update["old_chat_member"], update["new_chat_member"]
    assert isinstance(old, dict)
    assert isinstance(new, dict)
    return old["status"], new["status"]


def inside(wire: Wire, *path: str) -> object:
    """What lies at the end of that path of names."""
    found: object = wire
    for name in path:
        assert isinstance(found, dict)
        found = found[name]
    return found
