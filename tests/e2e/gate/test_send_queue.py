"""Raids within Telegram's limits: no 429 is provoked, nobody is muted twice, and others do not notice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.fixtures.mishaps import fail, mend, mutes
from tests.fixtures.stage import BOT_RIGHTS, Stage, raised_stage

from gmbot.adapters.telegram.send_queue import SendLimits
from gmbot.bootstrap.bot_at_work import PER_CHAT
from gmbot.domain.hold import Hold
from gmbot.gate.events import RateLimitDelayed, SendWaited
from gmbot.simulator import TELEGRAM_LIMITS, Fault, FaultKind

RAIDERS = 120
LIMITS = SendLimits()


@pytest_asyncio.fixture
async def busy() -> AsyncIterator[Stage]:
    """Yield a stage with GMBot's and Telegram's real limits, on which the group is guarded."""
    async with raised_stage(limits=LIMITS, telegrams=TELEGRAM_LIMITS) as stage:
        await stage.protect()
        await passing(stage, 70)
        yield stage


async def passing(stage: Stage, seconds: float) -> None:
    """Let time pass in steps in which few calls are made, as in real time."""
    step = 0.2 if seconds <= 30 else 5.0
    for _ in range(round(seconds / step)):
        await stage.advance(step)


async def annex(stage: Stage) -> int:
    """Return another group of the owner's, guarded as well."""
    group = stage.world.create_supergroup(stage.owner, "Annex", username="annex")
    stage.world.add_bot_to_chat(group, stage.bot_id, stage.owner, rights=BOT_RIGHTS)
    await passing(stage, 3)
    stage.world.say(stage.owner, group, "/protect @news")
    await passing(stage, 70)
    return group


async def raid(stage: Stage, count: int = RAIDERS) -> list[int]:
    """Have many strangers join the group at once; return them."""
    raiders = [stage.person(f"Raider {number}") for number in range(count)]
    await stage.rest()
    return raiders


def still_speaking(stage: Stage, people: list[int]) -> int:
    """Count those who are not muted."""
    return sum(not stage.muted(person) for person in people)


def refused(stage: Stage) -> int:
    """Count Telegram's 429s."""
    return sum(call.status == 429 for call in stage.simulator.calls)


async def test_a_raid_is_muted_at_the_budgets_pace_and_nobody_twice(busy: Stage) -> None:
    """What is saved up at once, the rest at 25 a second."""
    raiders = await raid(busy)
    at_once = RAIDERS - still_speaking(busy, raiders)
    await passing(busy, RAIDERS / LIMITS.rate_per_s + 1)
    assert 0 < at_once <= LIMITS.burst
    assert still_speaking(busy, raiders) == 0
    assert {mutes(busy, raider) for raider in raiders} == {1}


async def test_a_raid_provokes_no_429(busy: Stage) -> None:
    """Neither its mutes, nor what is said about them."""
    await raid(busy)
    await passing(busy, 20)
    await passing(busy, 120)
    assert refused(busy) == 0


async def test_everybody_of_a_raid_is_named_or_counted_in_few_messages(busy: Stage) -> None:
    """A prompt is extended instead of repeated, and a minute has room for twenty of both."""
    raiders = await raid(busy)
    before = len(busy.simulator.calls)
    await passing(busy, 20)
    told = [c for c in list(busy.simulator.calls)[before:] if c.method in {"sendMessage", "editMessageText"}]
    assert len(told) <= LIMITS.group_messages_per_minute
    assert f"and {RAIDERS - 10} more" in str(busy.prompts()[-1].wire["text"])
    holds = [await busy.hold_of(raider) for raider in raiders]
    assert all(isinstance(hold, Hold) and hold.prompt_id is not None for hold in holds)


async def test_a_raid_on_one_group_does_not_delay_another(busy: Stage) -> None:
    """Whoever joins elsewhere is muted at once, while raiders still wait."""
    quiet = await annex(busy)
    raiders = await raid(busy)
    stranger = busy.world.add_user("Sam")
    busy.world.join(stranger, quiet)
    await busy.rest()
    assert still_speaking(busy, raiders) > RAIDERS / 2
    assert not busy.world.can_speak(stranger, quiet)


async def test_who_joins_the_channel_in_a_raid_is_free_at_once(busy: Stage) -> None:
    """A release goes before the mutes that still wait."""
    early = busy.person("Sam")
    await passing(busy, 10)
    raiders = await raid(busy)
    await passing(busy, 1)
    busy.world.subscribe(early, busy.channel)
    await passing(busy, 0.2)
    assert still_speaking(busy, raiders) > 0
    assert not busy.muted(early)


async def test_a_429_keeps_only_its_method_and_its_chat(busy: Stage) -> None:
    """Mutes elsewhere are placed, while those there wait as long as they were told to."""
    quiet = await annex(busy)
    busy.simulator.faults.add(
        Fault(
            kind=FaultKind.TOO_MANY_REQUESTS, method="restrictChatMember", chat=busy.group, retry_after_s=30
        )
    )
    raiders = await raid(busy, 20)
    stranger = busy.world.add_user("Sam")
    busy.world.join(stranger, quiet)
    await passing(busy, 1)
    tried = len(busy.calls("restrictChatMember", chat_id=busy.group))
    await passing(busy, 25)
    assert not busy.world.can_speak(stranger, quiet)
    assert still_speaking(busy, raiders) == len(raiders)
    assert len(busy.calls("restrictChatMember", chat_id=busy.group)) == tried <= PER_CHAT


async def test_after_a_storm_of_429s_everybody_is_muted(busy: Stage) -> None:
    """Nothing is lost by waiting."""
    fail(busy, FaultKind.TOO_MANY_REQUESTS)
    raiders = await raid(busy, 40)
    await passing(busy, 20)
    mend(busy)
    await passing(busy, 60)
    assert still_speaking(busy, raiders) == 0


async def test_a_restart_in_the_middle_of_a_raid_mutes_nobody_twice(busy: Stage) -> None:
    """What was not begun is handed back, and the next process takes it up at once."""
    raiders = await raid(busy)
    await passing(busy, 1)
    await busy.stop()
    muted_before = RAIDERS - still_speaking(busy, raiders)
    await busy.start()
    await passing(busy, RAIDERS / LIMITS.rate_per_s + 1)
    assert 0 < muted_before < RAIDERS
    assert still_speaking(busy, raiders) == 0
    assert {mutes(busy, raider) for raider in raiders} == {1}


async def test_a_raid_that_takes_longer_than_a_lease_mutes_nobody_twice() -> None:
    """What waits for its turn stays leased: no attempt is made twice."""
    async with raised_stage(limits=SendLimits(rate_per_s=2, burst=2)) as stage:
        await stage.protect()
        await stage.advance(30)
        raiders = await raid(stage, 60)
        await passing(stage, 40)
        for _ in range(10):
            await passing(stage, 2)
        assert still_speaking(stage, raiders) == 0
        assert {mutes(stage, raider) for raider in raiders} == {1}
        asked = [call.arguments["user_id"] for call in stage.calls("getChatMember", chat_id=stage.channel)]
        assert len(asked) == len(set(asked))


async def test_delays_and_depths_are_told(busy: Stage) -> None:
    """For the counters of whoever watches."""
    await raid(busy)
    await passing(busy, 10)
    waited = [event for event in busy.events if isinstance(event, SendWaited)]
    delayed = [event for event in busy.events if isinstance(event, RateLimitDelayed)]
    assert {event.priority for event in waited} >= {"mute"}
    assert len(delayed) > RAIDERS / 2
