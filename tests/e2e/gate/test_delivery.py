"""SEMANTICS, limits and delivery: updates that come twice, late, in another order, or to another door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.fixtures.mishaps import fail, lose_events, mend, mutes
from tests.fixtures.stage import Stage, raised_stage

from gmbot.gate.events import UpdateHandled
from gmbot.simulator import Fault, FaultKind
from gmbot.simulator.members import Wire


@pytest_asyncio.fixture(params=["polling", "webhook"])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """Yield a guarded stage that takes updates by polling, then one that takes them by webhook."""
    async with raised_stage(webhook=request.param == "webhook") as raised:
        await raised.protect()
        yield raised


@pytest_asyncio.fixture
async def on_disk(tmp_path: Path) -> AsyncIterator[Stage]:
    """Yield a guarded stage whose store is SQLite."""
    async with raised_stage(tmp_path / "gate.sqlite") as raised:
        await raised.protect()
        yield raised


def twice(stage: Stage) -> None:
    """Have every update delivered twice."""
    stage.simulator.faults.add(Fault(kind=FaultKind.DUPLICATE_UPDATE))


def outcomes(stage: Stage, kind: str) -> list[str]:
    """Return how the updates of a kind ended."""
    handled = (event for event in stage.events if isinstance(event, UpdateHandled))
    return [event.outcome for event in handled if event.kind == kind]


async def life_of_a_stranger(stage: Stage) -> list[bool]:
    """Join, speak, subscribe, unsubscribe, subscribe; return whether muted after each."""
    stranger = stage.person("Sam", joined=False)
    seen = []
    for step in (stage.world.join, stage.world.subscribe, stage.world.unsubscribe, stage.world.subscribe):
        step(stranger, stage.group if step == stage.world.join else stage.channel)
        await stage.advance(10)
        seen.append(stage.muted(stranger))
    return seen


async def test_polling_and_webhook_do_the_same(door: Stage) -> None:
    """Whichever way updates come, the same happens."""
    assert await life_of_a_stranger(door) == [True, False, True, False]
    assert len(door.calls("restrictChatMember")) == 4
    assert door.prompts() == []


async def test_updates_that_come_twice_happen_once(door: Stage) -> None:
    """Answers get lost, so Telegram repeats updates."""
    twice(door)
    assert await life_of_a_stranger(door) == [True, False, True, False]
    assert len(door.calls("restrictChatMember")) == 4


async def test_a_command_that_comes_twice_is_answered_once(door: Stage) -> None:
    """The answer belongs to the update."""
    twice(door)
    before = len(door.said())
    door.world.say(door.owner, door.group, "/status")
    await door.advance(5)
    assert len(door.said()) == before + 1


async def test_a_message_that_comes_twice_costs_one_deletion_and_one_prompt(door: Stage) -> None:
    """Its author is held once, and told once."""
    lost = lose_events(door, door.group)
    stranger = door.person("Sam")
    await door.rest()
    door.simulator.faults.remove(lost)
    twice(door)
    message = door.world.say(stranger, door.group)
    await door.advance(10)
    assert len(door.calls("deleteMessage", message_id=message.id)) == 1
    assert mutes(door, stranger) == 1
    assert len(door.prompts()) == 1


async def test_a_message_heard_before_its_authors_join_is_judged(door: Stage) -> None:
    """There is no order between a chat's messages and its `chat_member`s."""
    door.simulator.faults.add(
        Fault(kind=FaultKind.REORDER_UPDATE, update="chat_member", chat=door.group, times=1)
    )
    stranger = door.person("Sam")
    message = door.world.say(stranger, door.group)
    await door.advance(10)
    assert door.muted(stranger)
    assert door.world.message(door.group, message.id) is None
    assert len(door.prompts()) == 1


async def test_a_message_heard_before_its_authors_subscription_stays(door: Stage) -> None:
    """Whoever had subscribed when they wrote is not punished for the order of news."""
    lost = lose_events(door, door.group)
    member = door.person("Mia")
    door.simulator.faults.remove(lost)
    door.simulator.faults.add(
        Fault(kind=FaultKind.REORDER_UPDATE, update="chat_member", chat=door.channel, times=1)
    )
    door.world.subscribe(member, door.channel)
    message = door.world.say(member, door.group)
    await door.advance(10)
    assert not door.muted(member)
    assert door.world.message(door.group, message.id) is not None
    assert mutes(door, member) == 0


async def test_a_subscription_heard_while_gmbot_asks_holds_nobody(door: Stage) -> None:
    """The answer "not subscribed" was true when it was given; what came after it counts."""
    lost = lose_events(door, door.group)
    member = door.person("Mia")
    door.simulator.faults.remove(lost)
    door.simulator.faults.add(Fault(kind=FaultKind.SLOW, method="getChatMember", chat=door.group, delay_s=3))
    door.world.say(member, door.group)
    await door.rest()
    await door.clock.advance(1)
    door.world.subscribe(member, door.channel)
    await door.rest()
    await door.advance(10)
    assert mutes(door, member) == 0
    assert not door.muted(member)


async def test_subscribed_and_gone_again_told_backwards_ends_out(door: Stage) -> None:
    """An older fact never overwrites a newer one."""
    stranger = door.person("Sam")
    await door.advance(10)
    door.simulator.faults.add(
        Fault(kind=FaultKind.REORDER_UPDATE, update="chat_member", chat=door.channel, times=1)
    )
    door.world.subscribe(stranger, door.channel)
    await door.clock.advance(2)
    door.world.unsubscribe(stranger, door.channel)
    await door.advance(10)
    assert door.muted(stranger)


async def test_gone_and_subscribed_again_told_backwards_ends_in(door: Stage) -> None:
    """The same the other way round."""
    member = door.person("Mia", subscribed=True)
    await door.advance(10)
    door.simulator.faults.add(
        Fault(kind=FaultKind.REORDER_UPDATE, update="chat_member", chat=door.channel, times=1)
    )
    door.world.unsubscribe(member, door.channel)
    await door.clock.advance(2)
    door.world.subscribe(member, door.channel)
    await door.advance(10)
    assert not door.muted(member)


async def test_what_happens_while_gmbot_is_down_is_made_up_for(door: Stage) -> None:
    """A restart keeps the pending updates."""
    early = door.person("Eve")
    await door.advance(10)
    await door.stop()
    door.world.subscribe(early, door.channel)
    late = door.person("Lou")
    await door.clock.advance(20)
    await door.start()
    await door.advance(10)
    assert not door.muted(early)
    assert door.muted(late)


async def test_old_messages_are_left_alone_but_their_authors_are_judged(door: Stage) -> None:
    """After an hour of silence nobody is surprised by vanishing messages."""
    lost = lose_events(door, door.group)
    stranger = door.person("Sam")
    door.simulator.faults.remove(lost)
    await door.rest()
    await door.stop()
    message = door.world.say(stranger, door.group)
    await door.clock.advance(3600)
    await door.start()
    await door.advance(10)
    assert door.muted(stranger)
    assert door.world.message(door.group, message.id) is not None


async def test_a_message_of_four_minutes_ago_is_deleted(door: Stage) -> None:
    """Five minutes are the limit."""
    lost = lose_events(door, door.group)
    stranger = door.person("Sam")
    door.simulator.faults.remove(lost)
    await door.rest()
    await door.stop()
    message = door.world.say(stranger, door.group)
    await door.clock.advance(240)
    await door.start()
    await door.advance(10)
    assert door.world.message(door.group, message.id) is None


@pytest.mark.parametrize(("age_s", "answers"), [(240, 1), (360, 0)])
async def test_an_old_command_is_not_carried_out(door: Stage, age_s: int, answers: int) -> None:
    """Nobody waits for its answer any more; whoever still wants it types it again."""
    before = len(door.calls("sendMessage"))
    await door.stop()
    door.world.say(door.owner, door.group, "/status")
    await door.clock.advance(age_s)
    await door.start()
    await door.advance(10)
    assert len(door.calls("sendMessage")) - before == answers


async def test_an_old_join_still_counts(door: Stage) -> None:
    """However late it is heard, what somebody is now is what counts."""
    await door.stop()
    stranger, member, passer_by = (door.person(name) for name in ("Sam", "Mia", "Pat"))
    await door.clock.advance(3600)
    door.world.subscribe(member, door.channel)
    door.world.leave(passer_by, door.group)
    await door.start()
    await door.advance(10)
    assert [door.muted(person) for person in (stranger, member)] == [True, False]
    assert mutes(door, member) == mutes(door, passer_by) == 0


async def test_somebody_who_unsubscribed_and_returned_while_gmbot_was_down_is_not_held(door: Stage) -> None:
    """An old "left" is not believed without asking."""
    member = door.person("Mia", subscribed=True)
    await door.rest()
    await door.stop()
    door.world.unsubscribe(member, door.channel)
    await door.clock.advance(3600)
    door.world.subscribe(member, door.channel)
    await door.start()
    await door.advance(10)
    assert mutes(door, member) == 0


async def test_what_is_owed_outlives_a_restart(on_disk: Stage) -> None:
    """Telegram was down, then GMBot; neither makes anybody stay muted."""
    stranger = on_disk.person("Sam")
    await on_disk.advance(10)
    fail(on_disk, FaultKind.SERVER_ERROR, "restrictChatMember")
    on_disk.world.subscribe(stranger, on_disk.channel)
    await on_disk.rest()
    await on_disk.stop()
    mend(on_disk)
    await on_disk.start()
    await on_disk.advance(70)
    assert not on_disk.muted(stranger)


async def test_on_disk_admins_are_told_once_too(on_disk: Stage) -> None:
    """Many who are refused at the same time are one occasion."""
    on_disk.world.start_private(on_disk.owner, on_disk.bot_id)
    lose_events(on_disk, on_disk.group, "my_chat_member")
    on_disk.world.promote(on_disk.group, on_disk.bot_id, on_disk.owner, rights={"can_delete_messages"})
    for n in range(10):
        on_disk.person(f"P{n}")
    await on_disk.advance(30)
    assert sum("stopped guarding" in message.text for message in on_disk.said(on_disk.owner)) == 1


async def test_unknown_updates_are_confirmed_and_forgotten(door: Stage) -> None:
    """A newer Telegram breaks nothing."""
    mailbox = door.world.bots[door.bot_id].mailbox
    mailbox.allowed |= {"message_reaction", "chat_boost"}
    strange: Wire = {"chat": {"id": door.group}, "what": "ever"}
    for kind in ("message_reaction", "chat_boost"):
        mailbox.push(kind, strange)
    await door.rest()
    assert len(mailbox) == 0
    assert outcomes(door, "other") == ["ignored", "ignored"]


async def test_a_malformed_update_stops_no_other(door: Stage) -> None:
    """It is confirmed, and the next one is dealt with."""
    mailbox = door.world.bots[door.bot_id].mailbox
    mailbox.push("message", {"message_id": "x", "chat": {"id": door.group}})
    stranger = door.person("Sam")
    await door.rest()
    assert door.muted(stranger)


async def test_a_429_is_obeyed_to_the_second(guarded: Stage) -> None:
    """`retry_after` is law, for that method and chat alone."""
    guarded.simulator.faults.add(
        Fault(kind=FaultKind.TOO_MANY_REQUESTS, method="sendMessage", retry_after_s=40, times=1)
    )
    await guarded.advance(5)
    began = guarded.clock.now()
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert guarded.muted(stranger)
    await guarded.advance(120)
    tries = [call.at - began for call in guarded.calls("sendMessage") if call.at >= began]
    assert tries[0] < 1
    assert tries[1] >= 40
    assert len(guarded.prompts()) == 1
