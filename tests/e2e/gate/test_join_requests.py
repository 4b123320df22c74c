"""A group that is entered by request: who qualifies is let in, who does not is told what to join."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.fixtures.stage import Stage, raised_stage

from gmbot.gate.events import IntentFailed, RequestApproved, UpdateHandled
from gmbot.gate.join_requests import GIVE_UP_S
from gmbot.simulator import Fault, FaultKind
from gmbot.simulator.chats import Message


@pytest_asyncio.fixture
async def door() -> AsyncIterator[Stage]:
    """A guarded group that is entered by request, whose admins let GMBot approve."""
    async with raised_stage() as stage:
        await opened(stage)
        yield stage


async def opened(stage: Stage) -> None:
    """Guard the group, have it entered by request, and switch approving on in its settings."""
    await stage.protect()
    stage.world.place(stage.group).join_by_request = True
    await switch(stage)


async def later(stage: Stage, seconds: float) -> None:
    """Let time pass in one leap."""
    stage.clock.set(stage.clock.now() + seconds)
    await stage.advance(35)


async def switch(stage: Stage) -> None:
    """Tap the setting, as the owner."""
    stage.world.say(stage.owner, stage.group, "/settings")
    await stage.rest()
    stage.tap(stage.owner, stage.said()[-1], "set:approve_requests")
    await stage.rest()


async def asks(stage: Stage, name: str = "Ann", *, subscribed: bool = False) -> int:
    """Have somebody ask to be let in."""
    user = stage.person(name, subscribed=subscribed, joined=False)
    stage.world.request_join(user, stage.group)
    await stage.rest()
    return user


def inside(stage: Stage, user: int) -> bool:
    """Whether somebody is in the group."""
    return stage.world.member(stage.group, user).is_member


def told(stage: Stage, user: int) -> list[Message]:
    """What GMBot wrote to somebody in private."""
    return [m for m in stage.world.dialogue(user, stage.bot_id) if m.author == stage.bot_id]


@pytest.mark.parametrize("webhook", [False, True])
async def test_a_subscriber_is_let_in_at_once(webhook: bool) -> None:
    """And can speak, and hears nothing of it."""
    async with raised_stage(webhook=webhook) as stage:
        await opened(stage)
        ann = await asks(stage, subscribed=True)
        assert inside(stage, ann)
        assert not stage.muted(ann)
        assert told(stage, ann) == []
        assert [event.user_id for event in stage.events if isinstance(event, RequestApproved)] == [ann]


async def test_who_does_not_qualify_is_told_what_to_join_and_waits(door: Stage) -> None:
    """In private, once; GMBot never declines."""
    ann = await asks(door)
    await later(door, 600)
    assert not inside(door, ann)
    (message,) = told(door, ann)
    assert "News &amp; more" in str(message.wire.get("text")) or "News & more" in message.text
    assert [button.get("url") for button in message.buttons] == ["https://t.me/news"]
    assert door.calls("declineChatJoinRequest") == []
    assert ann in door.world.place(door.group).requests


async def test_whoever_subscribes_then_is_let_in_at_once(door: Stage) -> None:
    """Without asking again."""
    ann = await asks(door)
    await later(door, 3600)
    door.world.subscribe(ann, door.channel)
    await door.rest()
    assert inside(door, ann)
    assert not door.muted(ann)


async def test_a_subscription_that_nobody_told_of_is_found_out(door: Stage) -> None:
    """Events go missing; whoever waits is asked about again."""
    ann = await asks(door)
    fault = door.simulator.faults.add(Fault(kind=FaultKind.DROP_UPDATE, update="chat_member"))
    door.world.subscribe(ann, door.channel)
    await door.advance(120)
    door.simulator.faults.remove(fault)
    assert inside(door, ann)


async def test_a_request_outlives_a_restart(door: Stage) -> None:
    """It waits in the database."""
    ann = await asks(door)
    await door.stop()
    await door.start()
    door.world.subscribe(ann, door.channel)
    await door.advance(60)
    assert inside(door, ann)
    assert len(told(door, ann)) == 1


async def test_nobody_is_let_in_while_it_is_unknown_whether_they_qualify(door: Stage) -> None:
    """They are not told anything either; they are let in once Telegram answers."""
    fault = door.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="getChatMember"))
    ann = await asks(door, subscribed=False)
    assert not inside(door, ann)
    assert told(door, ann) == []
    door.simulator.faults.remove(fault)
    door.world.subscribe(ann, door.channel)
    await door.advance(120)
    assert inside(door, ann)


async def test_a_lost_answer_to_an_approval_ends_right(door: Stage) -> None:
    """Telegram did it: the second attempt hears that nobody asks any more, which is as good."""
    lost = Fault(kind=FaultKind.TIMEOUT_AFTER_EFFECT, method="approveChatJoinRequest", times=1)
    door.simulator.faults.add(lost)
    ann = await asks(door, subscribed=True)
    await door.advance(60)
    assert inside(door, ann)
    calls = len(door.calls("approveChatJoinRequest"))
    await later(door, 600)
    assert len(door.calls("approveChatJoinRequest")) == calls <= 2


async def test_whom_an_admin_let_in_or_declined_is_forgotten(door: Stage) -> None:
    """There is nothing left to approve, and that is no failure."""
    ann, bob = await asks(door), await asks(door, "Bob")
    door.world.approve(door.group, ann, door.owner)
    door.world.decline(door.group, bob, door.owner)
    door.world.subscribe(bob, door.channel)
    await door.advance(60)
    assert door.muted(ann)
    assert not inside(door, bob)
    assert [event for event in door.events if isinstance(event, IntentFailed)] == []


async def test_without_the_right_requests_are_left_to_admins(door: Stage) -> None:
    """Until the right comes back."""
    ann = await asks(door)
    rights = {"can_restrict_members", "can_delete_messages"}
    door.world.promote(door.group, door.bot_id, door.owner, rights)
    door.world.subscribe(ann, door.channel)
    await door.advance(60)
    assert not inside(door, ann)
    door.world.promote(door.group, door.bot_id, door.owner, rights | {"can_invite_users"})
    await later(door, 3600)
    assert inside(door, ann)


async def test_it_is_off_unless_an_admin_switches_it_on(door: Stage) -> None:
    """Requests are then the admins' alone, again when it is switched off."""
    await switch(door)
    ann = await asks(door, subscribed=True)
    await door.advance(60)
    assert not inside(door, ann)
    assert door.calls("approveChatJoinRequest") == []
    kinds = [(e.kind, e.outcome) for e in door.events if isinstance(e, UpdateHandled)]
    assert kinds[-1] == ("chat_join_request", "ignored")


async def test_a_request_that_waited_when_it_was_switched_off_is_left_alone(door: Stage) -> None:
    """Each look decides anew."""
    ann = await asks(door)
    await switch(door)
    door.world.subscribe(ann, door.channel)
    await later(door, 3600)
    assert not inside(door, ann)


async def test_old_news_of_a_request_say_nothing(door: Stage) -> None:
    """After five minutes nobody may be written to; they are let in all the same when they qualify."""
    await door.stop()
    ann = door.person("Ann", joined=False)
    door.world.request_join(ann, door.group)
    await door.clock.advance(400)
    await door.start()
    assert told(door, ann) == []
    door.world.subscribe(ann, door.channel)
    await door.advance(60)
    assert inside(door, ann)


async def test_after_a_week_a_request_is_left_to_the_admins(door: Stage) -> None:
    """Nothing waits for ever."""
    ann = await asks(door)
    door.clock.set(door.clock.now() + GIVE_UP_S)
    await later(door, 3700)
    assert door.work is not None
    assert await door.work.bot.store.next_due() is None
    assert not inside(door, ann)


async def test_who_was_let_in_and_unsubscribed_meanwhile_is_held(door: Stage) -> None:
    """Being let in by GMBot is a way in like any other."""
    ann = await asks(door, subscribed=True)
    door.world.unsubscribe(ann, door.channel)
    await door.rest()
    assert door.muted(ann)
