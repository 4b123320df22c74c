"""The brake: nobody is muted en masse before an admin has looked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.e2e.gate.dialogue import group_admin, group_of, now_reads, tapped
from tests.fixtures.stage import Stage, raised_stage

from gmbot.domain.group import PauseReason
from gmbot.gate.events import BrakePulled
from gmbot.simulator.chats import Message

MEMBERS = 40


@pytest_asyncio.fixture
async def full_house() -> AsyncIterator[tuple[Stage, list[int]]]:
    """Yield a guarded group of forty subscribers, an hour after they came."""
    async with raised_stage() as stage:
        await stage.protect()
        members = [stage.person(f"Member {number}", subscribed=True) for number in range(MEMBERS)]
        await stage.rest()
        await stage.advance(120)
        yield stage, members


House = tuple[Stage, list[int]]


def alarms(stage: Stage, chat: int | None = None) -> list[Message]:
    """Return the brake's messages in a chat (the group)."""
    return [message for message in stage.said(chat) if "seemed to have left" in message.text]


def data_of(message: Message, text: str) -> str:
    """Return what a button's tap brings."""
    (data,) = [str(button["callback_data"]) for button in message.buttons if text in str(button["text"])]
    return data


def muted(stage: Stage, members: list[int]) -> int:
    """Return how many are muted."""
    return sum(stage.muted(member) for member in members)


async def swept(stage: Stage, members: list[int]) -> None:
    """Let the sweep that follows a Resume take its time: it stands back while others ask."""
    for _ in range(200):
        if muted(stage, members) == len(members):
            return
        await stage.clock.advance(0.3)
        await stage.rest()


async def kicked_at_once(stage: Stage, members: list[int]) -> Message:
    """Have all of them kicked from the channel in one moment; return what the group was asked."""
    for member in members:
        stage.world.kick(stage.channel, member, stage.owner)
    await stage.rest()
    (alarm,) = alarms(stage)
    return alarm


async def test_when_all_are_kicked_at_once_few_are_muted(full_house: House) -> None:
    """Fewer than ten are muted before it is noticed, and none after that."""
    stage, members = full_house
    await kicked_at_once(stage, members)
    await stage.advance(60)
    assert muted(stage, members) < 10
    group = group_of(stage)
    assert group is not None
    assert group.paused is PauseReason.MASS_FLIP


async def test_the_admins_are_asked_once(full_house: House) -> None:
    """One message in the group and one to its owner, with what was seen and two buttons."""
    stage, members = full_house
    alarm = await kicked_at_once(stage, members)
    await stage.advance(60)
    assert len(alarms(stage)) == 1
    assert "10 of the 10" in alarm.text or "of the 40" in alarm.text
    assert data_of(alarm, "Resume")
    assert data_of(alarm, "Stop")
    assert sum(isinstance(event, BrakePulled) for event in stage.events) == 1


async def test_nobody_is_muted_while_the_group_waits(full_house: House) -> None:
    """Neither those who left, when they write, nor strangers who join meanwhile."""
    stage, members = full_house
    await kicked_at_once(stage, members)
    before = muted(stage, members)
    free = [member for member in members if not stage.muted(member)]
    for member in free[:5]:
        stage.world.say(member, stage.group, "what happened?")
    stranger = stage.person("Sam")
    await stage.advance(30)
    assert muted(stage, members) == before
    assert not stage.muted(stranger)


async def test_whoever_comes_back_is_freed_while_the_group_waits(full_house: House) -> None:
    """A pause never keeps somebody muted who qualifies."""
    stage, members = full_house
    await kicked_at_once(stage, members)
    early = [member for member in members if stage.muted(member)]
    for member in early:
        stage.world.unban(stage.channel, member, stage.owner)
        stage.world.subscribe(member, stage.channel)
    await stage.rest()
    assert early
    assert muted(stage, members) == 0


async def test_stop_asks_again_and_then_ends_it(full_house: House) -> None:
    """A tap on the wrong button ends nothing."""
    stage, members = full_house
    alarm = await kicked_at_once(stage, members)
    await tapped(stage, stage.owner, alarm, data_of(alarm, "Stop"))
    question = stage.world.message(stage.group, alarm.id)
    assert question is not None
    assert group_of(stage) is not None
    await tapped(stage, stage.owner, question, data_of(question, "Yes"))
    assert group_of(stage) is None
    assert muted(stage, members) == 0


async def test_no_leads_back_to_the_choice(full_house: House) -> None:
    """With the same numbers as before."""
    stage, members = full_house
    alarm = await kicked_at_once(stage, members)
    await tapped(stage, stage.owner, alarm, data_of(alarm, "Stop"))
    question = stage.world.message(stage.group, alarm.id)
    assert question is not None
    await tapped(stage, stage.owner, question, data_of(question, "No"))
    assert now_reads(stage, alarm) == alarm.text


async def test_only_admins_may_decide(full_house: House) -> None:
    """A member's tap changes nothing, whichever button it is."""
    stage, members = full_house
    alarm = await kicked_at_once(stage, members)
    for text in ("Resume", "Stop"):
        answer = await tapped(stage, members[-1], alarm, data_of(alarm, text))
        assert answer == "Only admins of this group can do that."
    group = group_of(stage)
    assert group is not None
    assert group.paused is PauseReason.MASS_FLIP


async def test_any_admin_may_resume(full_house: House) -> None:
    """Not only the owner."""
    stage, members = full_house
    admin = group_admin(stage)
    alarm = await kicked_at_once(stage, members)
    await tapped(stage, admin, alarm, data_of(alarm, "Resume"))
    group = group_of(stage)
    assert group is not None
    assert group.paused is None
    assert "guard" in now_reads(stage, alarm)


async def test_a_second_resume_changes_nothing(full_house: House) -> None:
    """The owner decides in private, and then in the group, where the question still stands."""
    stage, members = full_house
    stage.world.start_private(stage.owner, stage.bot_id)
    await stage.rest()
    alarm = await kicked_at_once(stage, members)
    (private,) = alarms(stage, stage.owner)
    await tapped(stage, stage.owner, private, data_of(private, "Resume"))
    await tapped(stage, stage.owner, alarm, data_of(alarm, "Resume"))
    assert "guard" in now_reads(stage, private)
    assert "decided already" in now_reads(stage, alarm)


async def test_churn_never_trips_it(full_house: House) -> None:
    """People who leave one after the other are muted each, however many there are in the end."""
    stage, members = full_house
    for member in members:
        stage.world.unsubscribe(member, stage.channel)
        await stage.advance(10)
    assert muted(stage, members) == MEMBERS
    assert alarms(stage) == []


async def test_a_busy_group_takes_more(full_house: House) -> None:
    """Ten of forty who write and of whom thirty are still there are no mass flip."""
    stage, members = full_house
    for member in members:
        stage.world.say(member, stage.group, "good morning")
    await stage.rest()
    for member in members[:10]:
        stage.world.unsubscribe(member, stage.channel)
    await stage.rest()
    assert muted(stage, members) == 10
    assert alarms(stage) == []


async def test_a_raid_of_strangers_does_not_trip_it(full_house: House) -> None:
    """They never were subscribed: muting them is the gate's job."""
    stage, _ = full_house
    strangers = [stage.person(f"Stranger {number}") for number in range(50)]
    await stage.rest()
    assert muted(stage, strangers) == 50
    assert alarms(stage) == []


async def test_subscribers_who_are_not_in_the_group_do_not_count(full_house: House) -> None:
    """A channel may lose as many readers as it likes elsewhere."""
    stage, _ = full_house
    readers = [stage.person(f"Reader {number}", subscribed=True, joined=False) for number in range(50)]
    await stage.rest()
    for reader in readers:
        stage.world.unsubscribe(reader, stage.channel)
    await stage.rest()
    assert alarms(stage) == []


async def test_who_left_unheard_counts_when_they_are_found_out(full_house: House) -> None:
    """A channel that is heard again doubts what it knew: those who write then are the same mass flip."""
    stage, members = full_house
    stage.world.demote(stage.channel, stage.bot_id, stage.owner)
    await stage.rest()
    for member in members:
        stage.world.unsubscribe(member, stage.channel)
    await stage.advance(60)
    stage.world.promote(stage.channel, stage.bot_id, stage.owner, {"can_invite_users"})
    await stage.rest()
    for member in members:
        stage.world.say(member, stage.group, "still here")
    await stage.rest()
    assert muted(stage, members) < 10
    assert len(alarms(stage)) == 1


async def test_resume_mutes_everybody_who_left(full_house: House) -> None:
    """The admin says that it is real: all forty are held, and nobody is asked a second time."""
    stage, members = full_house
    alarm = await kicked_at_once(stage, members)
    await stage.advance(120)
    await tapped(stage, stage.owner, alarm, data_of(alarm, "Resume"))
    await swept(stage, members)
    assert muted(stage, members) == MEMBERS
    assert len([message for message in stage.said() if "seemed to have left" in message.text]) == 0


async def test_buttons_of_a_group_that_is_no_longer_guarded_do_nothing(full_house: House) -> None:
    """It was decided in another way meanwhile."""
    stage, members = full_house
    alarm = await kicked_at_once(stage, members)
    data = data_of(alarm, "Resume")
    await stage.unprotect()
    assert await tapped(stage, stage.owner, alarm, data) == "This button is no longer in use."


async def test_the_pause_outlives_a_restart(full_house: House) -> None:
    """What admins were asked still stands."""
    stage, members = full_house
    alarm = await kicked_at_once(stage, members)
    before = muted(stage, members)
    await stage.stop()
    await stage.start()
    await stage.advance(60)
    assert muted(stage, members) == before
    await tapped(stage, stage.owner, alarm, data_of(alarm, "Resume"))
    await swept(stage, members)
    assert muted(stage, members) == MEMBERS


async def test_after_resume_further_flips_are_not_asked_about(full_house: House) -> None:
    """The same incident goes on; the admin has decided."""
    stage, members = full_house
    alarm = await kicked_at_once(stage, members[:20])
    await tapped(stage, stage.owner, alarm, data_of(alarm, "Resume"))
    for member in members[20:]:
        stage.world.kick(stage.channel, member, stage.owner)
    await stage.rest()
    assert muted(stage, members) == MEMBERS
    assert alarms(stage) == []
