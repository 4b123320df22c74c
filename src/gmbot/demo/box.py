"""Where the story takes place: a Telegram in a box, with an owner, a group, a channel and a bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from gmbot.simulator import Call, Simulator, WallClock, World

TOKEN = "123456789:" + "demo" * 9  # the box knows no other, and no other Telegram knows it
GROUP_RIGHTS = ("can_restrict_members", "can_delete_messages")


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """The simulated Telegram and who is in it, by id."""

    simulator: Simulator
    bot: int
    owner: int
    channel: int
    group: int

    @property
    def world(self) -> World:
        """People, chats and messages, as they stand."""
        return self.simulator.world

    @property
    def unconfirmed(self) -> int:
        """How many updates the bot has not confirmed yet."""
        return len(self.world.bots[self.bot].mailbox)

    def can_speak(self, person: int) -> bool:
        """Whether a message of that person would be accepted in the group."""
        return self.world.can_speak(person, self.group)

    def said(self, word: str) -> bool:
        """Whether a message of the bot with that word in it stands in the group."""
        return any(m.author == self.bot and word in m.text for m in self.world.messages(self.group))

    def name(self, chat_or_person: object) -> str:
        """What people call a chat or a person, given by id or @username."""
        if chat_or_person in self.world.chats:
            return self.world.chats[int(str(chat_or_person))].title or ""
        if chat_or_person in self.world.people:
            return str(self.world.people[int(str(chat_or_person))].wire["first_name"])
        return str(chat_or_person)

    def target(self, call: Call) -> str:
        """Whom or what a call was about."""
        arguments = call.arguments
        if "callback_query_id" in arguments:
            return self.name(self.world.callback(str(arguments["callback_query_id"])).user)
        who = [self.name(arguments[key]) for key in ("user_id", "chat_id") if key in arguments]
        return " in ".join(who)


@asynccontextmanager
async def opened_box() -> AsyncIterator[Box]:
    """Yield a box on a free port of loopback: the bot is an admin of both chats, and guards neither."""
    world = World(WallClock())
    owner = world.add_user("Olga")
    channel = world.create_channel(owner, "Garden News", username="garden_news")
    group = world.create_supergroup(owner, "Garden Club")
    bot = world.add_bot(TOKEN, "gm_demo_bot", "GMBot")
    world.add_bot_to_chat(channel, bot, owner, rights=())
    world.add_bot_to_chat(group, bot, owner, rights=GROUP_RIGHTS)
    simulator = Simulator(world)
    await simulator.start()
    try:
        yield Box(simulator=simulator, bot=bot, owner=owner, channel=channel, group=group)
    finally:
        await simulator.stop()
