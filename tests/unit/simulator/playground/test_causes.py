"""The update behind a call: inferred, and never more claimed than can be."""

from __future__ import annotations

import pytest

from gmbot.simulator import Call, VirtualClock, World
from gmbot.simulator.playground import Scene, furnish
from gmbot.simulator.playground.causes import FRESH_S, KEPT, CallRows

BOT = 123


class Log:
    """A scene whose bot is told everything, with the rows that come of it."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.world = World(self.clock)
        self.scene: Scene = furnish(self.world, self.world.add_bot(f"{BOT}:secret", "the_bot"))
        self.group, self.channel = self.scene.groups[0], self.scene.channels[0]
        self.zoe = self.scene.playing("stranger")
        self.rows = CallRows(self.world, BOT)
        mailbox = self.world.bots[BOT].mailbox
        mailbox.allow(["message", "chat_member", "callback_query"])
        mailbox.listen(self.rows.updated)

    def call(self, method: str, bot: int | None = BOT, **arguments: object) -> str:
        """Have the bot call, and return the cause that is told."""
        self.rows.called(Call(self.clock.now(), bot, method, arguments, 200, 1.0))
        return self.rows.rows[0].cause if self.rows.rows else ""


@pytest.fixture
def log() -> Log:
    """A fresh log."""
    return Log()


def test_a_call_about_a_person_answers_the_news_about_them(log: Log) -> None:
    """`chat_member` rather than the service message that follows it."""
    log.world.join(log.zoe, log.group)
    assert log.call("restrictChatMember", chat_id=log.group, user_id=log.zoe).startswith("chat_member ")
    assert log.rows.rows[0].target == "Zoe in Bookworms"


def test_a_call_about_a_chat_answers_what_was_said_there(log: Log) -> None:
    """The last message in it."""
    log.world.say(log.scene.owner, log.group, "/status")
    log.world.say(log.scene.owner, log.scene.groups[1], "elsewhere")
    told = log.call("sendMessage", chat_id=log.group)
    assert told.startswith("message ")
    assert told != log.call("sendMessage", chat_id=log.scene.groups[1])


async def test_old_news_are_no_cause(log: Log) -> None:
    """What happened long ago is not claimed."""
    log.world.join(log.zoe, log.group)
    await log.clock.advance(FRESH_S + 1)
    assert log.call("restrictChatMember", chat_id=log.group, user_id=log.zoe) == ""


def test_the_only_update_of_the_moment_is_the_cause_of_what_has_none_nearer(log: Log) -> None:
    """Looking at the channel's admins answers the command in the group; of two updates neither is claimed."""
    log.world.say(log.scene.owner, log.group, "/protect @book_news")
    assert log.call("getChatAdministrators", chat_id=log.channel).startswith("message ")
    log.world.say(log.scene.owner, log.group, "and another")
    assert log.call("getChatAdministrators", chat_id=log.channel) == ""


def test_the_bots_own_deeds_cause_nothing(log: Log) -> None:
    """The echo of a mute is no reason for a call."""
    log.world.mute(log.group, log.scene.playing("member"), BOT)
    assert log.call("getChatMember", chat_id=log.channel, user_id=log.scene.playing("member")) == ""


def test_fetching_updates_and_other_bots_are_left_out(log: Log) -> None:
    """Only what the bot does is shown."""
    log.call("getUpdates")
    log.call("getMe", bot=None)
    assert log.rows.count == 0


def test_only_the_newest_rows_are_kept(log: Log) -> None:
    """Newest first."""
    for _ in range(KEPT + 5):
        log.call("getMe")
    assert [row.number for row in log.rows.rows][:2] == [KEPT + 5, KEPT + 4]
    assert len(log.rows.rows) == KEPT
