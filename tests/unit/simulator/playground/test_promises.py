"""The strip of promises: judged by the world's truth, whatever a bot does."""

from __future__ import annotations

import pytest

from gmbot.simulator import BotApi, Call, VirtualClock, World
from gmbot.simulator.playground import Scene, furnish
from gmbot.simulator.playground.promises import Promises

TOKEN = "123:secret"


class Judge:
    """A scene whose first group requires its first channel, and a bot that does what it is told."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.world = World(self.clock)
        self.scene: Scene = furnish(self.world, self.world.add_bot(TOKEN, "the_bot"))
        self.group, self.channel = self.scene.groups[0], self.scene.channels[0]
        self.promises = Promises(self.world, self.scene.groups)
        self.promises.requirements = {self.group: ((self.channel,), 1)}
        self.zoe, self.tom = self.scene.playing("stranger"), self.scene.playing("member")

    def bot_mutes(self, person: int, *, allowed: bool = False) -> None:
        """Have the bot restrict somebody."""
        arguments: dict[str, object] = {
            "chat_id": self.group,
            "user_id": person,
            "permissions": {"can_send_messages": allowed, "can_send_other_messages": allowed},
        }
        BotApi(self.world).call(TOKEN, "restrictChatMember", arguments)
        self.promises.called(Call(self.clock.now(), 123, "restrictChatMember", arguments, 200, 1.0))

    def subscribe(self, person: int) -> None:
        """Have somebody join the channel in the page."""
        self.world.subscribe(person, self.channel)
        self.promises.subscribed(person, self.channel)

    def __getitem__(self, key: str) -> int:
        return next(promise.count for promise in self.promises.judge(0) if promise.key == key)


@pytest.fixture
def judge() -> Judge:
    """A scene in which Tom is subscribed and Zoe is outside."""
    return Judge()


def test_whoever_is_not_subscribed_is_open_until_held(judge: Judge) -> None:
    """First not judged, then rightly held."""
    judge.world.join(judge.zoe, judge.group)
    assert (judge["open"], judge["held"]) == (1, 0)
    judge.bot_mutes(judge.zoe)
    assert (judge["open"], judge["held"], judge["wrong"]) == (0, 1, 0)


def test_muting_a_subscriber_is_a_broken_promise_until_mended(judge: Judge) -> None:
    """Tom has been subscribed for long: muting him is wrong, and shows."""
    judge.bot_mutes(judge.tom)
    assert judge["wrong"] == 1
    assert any(promise.broken for promise in judge.promises.judge(0))
    judge.bot_mutes(judge.tom, allowed=True)
    assert judge["wrong"] == 0


def test_a_mute_that_crosses_with_the_subscription_is_no_mistake(judge: Judge) -> None:
    """Zoe subscribed this very second: she is to be freed."""
    judge.world.join(judge.zoe, judge.group)
    judge.subscribe(judge.zoe)
    judge.bot_mutes(judge.zoe)
    assert (judge["wrong"], judge["freeing"]) == (0, 1)


async def test_a_mute_long_after_the_subscription_is_a_mistake(judge: Judge) -> None:
    """A minute later there is no excuse."""
    judge.world.join(judge.zoe, judge.group)
    judge.subscribe(judge.zoe)
    await judge.clock.advance(60)
    judge.bot_mutes(judge.zoe)
    assert judge["wrong"] == 1


def test_lifting_an_admins_mute_is_a_broken_promise(judge: Judge) -> None:
    """An admin's mute is nobody else's to lift; the admin's own lifting is."""
    judge.world.mute(judge.group, judge.tom, judge.scene.owner)
    judge.promises.muted_by_hand(judge.group, judge.tom)
    assert (judge["undone"], judge["held"], judge["freeing"]) == (0, 0, 0)
    judge.bot_mutes(judge.tom, allowed=True)
    assert judge["undone"] == 1
    judge.promises.lifted_by_hand(judge.group, judge.tom)
    assert judge["undone"] == 0


def test_an_unguarded_group_has_nobody_to_judge(judge: Judge) -> None:
    """Without a requirement everybody may speak."""
    judge.promises.requirements = {}
    judge.world.join(judge.zoe, judge.group)
    assert (judge["open"], judge["held"]) == (0, 0)


def test_a_failed_mute_is_none(judge: Judge) -> None:
    """Only what Telegram accepted counts."""
    arguments = {"chat_id": judge.group, "user_id": judge.tom}
    judge.promises.called(Call(judge.clock.now(), 123, "restrictChatMember", arguments, 500, 1.0))
    assert judge["wrong"] == 0
