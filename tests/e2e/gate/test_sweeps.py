"""Sweeps: what events never told is found out, within a budget, and by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest_asyncio
from tests.e2e.gate.dialogue import ask, group_of, leap, now_reads, replies, tapped
from tests.fixtures.mishaps import lose_events
from tests.fixtures.stage import UNSWEPT, Stage, raised_stage

from gmbot.domain.group import PauseReason
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.standing import Standing, Status
from gmbot.gate.changes import Changes, LearntMembership, LearntStanding
from gmbot.gate.events import SweepEnded
from gmbot.gate.sweeps import Sweep, SweepKind, SweepPlan
from gmbot.simulator import Fault, FaultKind
from gmbot.simulator.chats import Message

OLD_S = 3 * 86_400
ROUNDS = SweepPlan(rate_per_s=1e6, every_s=3_600)
SLOW = SweepPlan(rate_per_s=1.0, every_s=3_600)


@pytest_asyncio.fixture
async def quiet() -> AsyncIterator[Stage]:
    """Yield a guarded group that is swept when somebody asks for it only."""
    async with raised_stage(sweeps=UNSWEPT) as stage:
        await stage.protect()
        yield stage


@pytest_asyncio.fixture
async def swept() -> AsyncIterator[Stage]:
    """Yield a guarded group that is swept every hour, as fast as can be."""
    async with raised_stage(sweeps=ROUNDS) as stage:
        await stage.protect()
        await stage.advance(120)
        yield stage


@pytest_asyncio.fixture
async def slow() -> AsyncIterator[Stage]:
    """Yield a guarded group that is swept at one question a second."""
    async with raised_stage(sweeps=SLOW) as stage:
        await stage.protect()
        await stage.advance(120)
        yield stage


async def unseen(
    stage: Stage, name: str, believed: MembershipState | None, *, subscribed: bool = False, age_s: int = OLD_S
) -> int:
    """Return somebody who came without any update; what is stored of them was learnt so long ago."""
    assert stage.work is not None
    await stage.stop()
    user = stage.person(name, subscribed=subscribed)
    stage.world.bots[stage.bot_id].mailbox.clear()
    await stage.start()
    stamp = Stamp(int(stage.clock.now()) - age_s, Source.EVENT, 1)
    facts = [] if believed is None else [Membership(stamp, believed)]
    await stage.work.bot.store.apply(
        Changes(
            standings=(LearntStanding(GroupId(stage.group), UserId(user), Standing(Status.MEMBER, stamp)),),
            memberships=tuple(LearntMembership(UserId(user), ChannelId(stage.channel), f) for f in facts),
        )
    )
    return user


async def long_heard(stage: Stage) -> None:
    """Have the channel's news reach back to before what these tests store."""
    assert stage.work is not None
    channel = stage.work.bot.guarded.channel(stage.channel)
    assert channel is not None
    heard = msgspec.structs.replace(channel, heard_since=0)
    await stage.work.bot.ledger.write(Changes(channels=(heard,)))


async def next_round(stage: Stage) -> None:
    """Let time pass until the next round is over, and all that followed from it."""
    await leap(stage, 3_700)
    for _ in range(200):
        (last,) = await sweeps(stage, SweepKind.ROUND)
        if last.finished_at is not None and last.finished_at > stage.clock.now() - 3_600:
            break
        await stage.clock.advance(0.3)
        await stage.rest()
    await stage.advance(2)


async def sweeps(stage: Stage, kind: SweepKind) -> list[Sweep]:
    """Return the stored sweeps of a kind."""
    assert stage.work is not None
    return [sweep for sweep in await stage.work.bot.store.sweeps() if sweep.kind is kind]


async def asked_for(stage: Stage) -> Message:
    """Have the owner ask for a sweep; return what it would do."""
    (told,) = await replies(stage, stage.owner, "/sweep")
    return told


async def test_who_left_unseen_is_found_and_held(swept: Stage) -> None:
    """An IN is not believed for ever."""
    await long_heard(swept)
    member = await unseen(swept, "Mia", MembershipState.IN)
    await next_round(swept)
    assert swept.muted(member)


async def test_who_never_was_seen_in_the_channel_is_found(swept: Stage) -> None:
    """Somebody of whom only the group told."""
    stranger = await unseen(swept, "Sam", None)
    await next_round(swept)
    assert swept.muted(stranger)


async def test_who_is_no_admin_any_more_is_found(swept: Stage) -> None:
    """They stepped down where the bot could not see it: an admin's freedom is not for ever."""
    assert swept.work is not None
    ann = swept.person("Ann")
    swept.world.promote(swept.group, ann, swept.owner, {"can_pin_messages"})
    await swept.rest()
    assert not swept.muted(ann)
    lose_events(swept, swept.group)
    swept.world.demote(swept.group, ann, swept.owner)
    await leap(swept, 90_000)
    await next_round(swept)
    assert swept.muted(ann)


async def test_who_joined_unseen_is_found_and_freed(swept: Stage) -> None:
    """Nobody stays muted because an update went missing."""
    stranger = swept.person("Sam")
    await swept.rest()
    assert swept.muted(stranger)
    await swept.stop()
    swept.world.subscribe(stranger, swept.channel)
    swept.world.bots[swept.bot_id].mailbox.clear()
    await swept.start()
    swept.clock.set(swept.clock.now() + 90_000)
    await next_round(swept)
    assert not swept.muted(stranger)


async def test_who_is_known_well_is_not_asked_about(swept: Stage) -> None:
    """A round over people of whom the channel has told asks nothing."""
    for number in range(5):
        swept.person(f"Member {number}", subscribed=True)
    await swept.rest()
    asked = len(swept.calls("getChatMember"))
    await next_round(swept)
    (last,) = await sweeps(swept, SweepKind.ROUND)
    assert last.people >= 5
    assert len(swept.calls("getChatMember")) == asked


async def test_a_round_ends_and_waits_for_the_next(swept: Stage) -> None:
    """One pass an hour."""
    for _ in range(2):
        await next_round(swept)
    rounds = [event for event in swept.events if isinstance(event, SweepEnded)]
    assert len(rounds) == 3


async def test_a_failed_question_is_no_verdict(swept: Stage) -> None:
    """Whoever cannot be asked about stays as they were."""
    await long_heard(swept)
    member = await unseen(swept, "Mia", MembershipState.IN)
    swept.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="getChatMember"))
    await next_round(swept)
    (last,) = await sweeps(swept, SweepKind.ROUND)
    assert last.failed >= 1
    assert not swept.muted(member)


async def test_questions_keep_to_their_budget(slow: Stage) -> None:
    """One a second is one a second."""
    for number in range(12):
        await unseen(slow, f"Stranger {number}", None)
    slow.clock.set(slow.clock.now() + 3_600)
    await slow.rest()
    before = len(slow.calls("getChatMember", chat_id=slow.channel))
    for _ in range(20):
        await slow.clock.advance(0.5)
        await slow.rest()
    asked = len(slow.calls("getChatMember", chat_id=slow.channel)) - before
    assert 6 <= asked <= 11


async def test_a_round_goes_on_where_a_restart_interrupted_it(slow: Stage) -> None:
    """What was asked before is not asked again."""
    for number in range(6):
        await unseen(slow, f"Stranger {number}", None)
    slow.clock.set(slow.clock.now() + 3_600)
    for _ in range(8):
        await slow.clock.advance(0.5)
        await slow.rest()
    (begun,) = await sweeps(slow, SweepKind.ROUND)
    assert begun.finished_at is None
    await slow.stop()
    await slow.start()
    await slow.advance(120)
    (ended,) = await sweeps(slow, SweepKind.ROUND)
    assert ended.started_at == begun.started_at
    assert ended.finished_at is not None
    assert ended.checked == 6


async def test_a_round_that_finds_a_mass_flip_pauses_the_group(swept: Stage) -> None:
    """An implausible share of a sweep is not acted upon."""
    await long_heard(swept)
    members = [await unseen(swept, f"Member {number}", MembershipState.IN) for number in range(15)]
    await next_round(swept)
    assert sum(swept.muted(member) for member in members) < 10
    group = group_of(swept)
    assert group is not None
    assert group.paused is PauseReason.MASS_FLIP


async def test_many_who_never_were_subscribed_are_left_to_the_gate(swept: Stage) -> None:
    """A channel required since yesterday: neither are all muted at once, nor is the guard taken away."""
    strangers = [await unseen(swept, f"Stranger {number}", None) for number in range(15)]
    await next_round(swept)
    assert sum(swept.muted(stranger) for stranger in strangers) < 10
    group = group_of(swept)
    assert group is not None
    assert group.paused is None


async def test_sweep_first_tells_what_it_would_do(quiet: Stage) -> None:
    """Nobody is asked about, or muted, before an admin says so."""
    stranger = await unseen(quiet, "Sam", None)
    asked = len(quiet.calls("getChatMember", chat_id=quiet.channel))
    told = await asked_for(quiet)
    assert "would ask" in told.text
    assert len(quiet.calls("getChatMember", chat_id=quiet.channel)) == asked
    assert not quiet.muted(stranger)


async def test_do_it_does_it_and_tells(quiet: Stage) -> None:
    """The same message shows the progress, and in the end the result."""
    stranger = await unseen(quiet, "Sam", None)
    told = await asked_for(quiet)
    await tapped(quiet, quiet.owner, told, "sweep:go")
    await quiet.advance(5)
    assert quiet.muted(stranger)
    assert "1 to be muted" in now_reads(quiet, told)
    assert "I have looked at" in now_reads(quiet, told)


async def test_no_leaves_everything(quiet: Stage) -> None:
    """And says so."""
    told = await asked_for(quiet)
    await tapped(quiet, quiet.owner, told, "sweep:no")
    assert now_reads(quiet, told) == "Nothing was changed."
    assert await sweeps(quiet, SweepKind.DEMAND) == []


async def test_progress_is_told_at_most_every_three_seconds(slow: Stage) -> None:
    """Telegram allows few edits."""
    for number in range(12):
        await unseen(slow, f"Stranger {number}", None)
    told = await asked_for(slow)
    await tapped(slow, slow.owner, told, "sweep:go")
    before = len(slow.calls("editMessageText", message_id=told.id))
    for _ in range(24):
        await slow.clock.advance(0.5)
        await slow.rest()
    edits = len(slow.calls("editMessageText", message_id=told.id)) - before
    assert 2 <= edits <= 6


async def test_a_sweep_goes_on_after_a_restart_in_the_same_message(slow: Stage) -> None:
    """Its message is stored with it."""
    strangers = [await unseen(slow, f"Stranger {number}", None) for number in range(4)]
    told = await asked_for(slow)
    await tapped(slow, slow.owner, told, "sweep:go")
    await slow.clock.advance(1)
    await slow.rest()
    await slow.stop()
    await slow.start()
    await slow.advance(90)
    assert all(slow.muted(stranger) for stranger in strangers)
    assert "I have looked at" in now_reads(slow, told)


async def test_members_may_not_sweep(quiet: Stage) -> None:
    """Neither by command nor by tapping an admin's button."""
    member = quiet.person("Mia", subscribed=True)
    await quiet.rest()
    assert await ask(quiet, member, "/sweep") == "Only admins of this group can do that."
    told = await asked_for(quiet)
    assert await tapped(quiet, member, told, "sweep:go") == "Only admins of this group can do that."
    assert await sweeps(quiet, SweepKind.DEMAND) == []


async def test_a_group_that_is_not_guarded_has_nothing_to_sweep(stage: Stage) -> None:
    """It says how to begin."""
    assert "not guarded" in await ask(stage, stage.owner, "/sweep")


async def test_a_paused_group_is_not_swept(quiet: Stage) -> None:
    """Nobody would be muted by it anyway."""
    quiet.world.demote(quiet.group, quiet.bot_id, quiet.owner)
    await quiet.rest()
    assert "is paused" in await ask(quiet, quiet.owner, "/sweep")


async def test_one_sweep_at_a_time(slow: Stage) -> None:
    """A second admin's tap begins no second one."""
    for number in range(4):
        await unseen(slow, f"Stranger {number}", None)
    first, second = await asked_for(slow), await asked_for(slow)
    await tapped(slow, slow.owner, first, "sweep:go")
    assert await tapped(slow, slow.owner, second, "sweep:go") == "I am at it already."


async def test_a_round_outlives_a_database_that_is_away(swept: Stage) -> None:
    """It is gone on with when the database answers again."""
    stranger = await unseen(swept, "Sam", None)
    swept.outage.down = True
    await leap(swept, 3_700)
    assert not swept.muted(stranger)
    swept.outage.down = False
    await leap(swept, 120)
    await next_round(swept)
    assert swept.muted(stranger)


async def test_one_failure_after_the_other_slows_a_round_down(swept: Stage) -> None:
    """While Telegram is down it is not asked as often as the budget allows."""
    for number in range(12):
        await unseen(swept, f"Stranger {number}", None)
    swept.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="getChatMember"))
    await leap(swept, 3_700)
    (begun,) = await sweeps(swept, SweepKind.ROUND)
    assert begun.finished_at is None or begun.failed < 12
    assert begun.failed >= 3
