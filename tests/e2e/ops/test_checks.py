"""What `/health` notices of GMBot's own work."""

from __future__ import annotations

import pytest
from tests.fixtures.stage import Stage, raised_stage

from gmbot.adapters.telegram.send_queue import SendLimits
from gmbot.bootstrap.bot_at_work import BotAtWork
from gmbot.bootstrap.checks import STUCK_S, Intake, Sending
from gmbot.domain.ids import BotId, UpdateId
from gmbot.entrypoints.ops.findings import NotWell
from gmbot.gate.events import UpdateHandled

SLOWEST = SendLimits(rate_per_s=0.001, burst=3)
"""Three calls at once, then one in a quarter of an hour."""


def work_of(stage: Stage) -> BotAtWork:
    """Return the bot that is at work on a stage."""
    assert stage.work is not None
    return stage.work


async def test_an_empty_queue_is_well() -> None:
    """Nobody waits."""
    async with raised_stage() as stage:
        assert await Sending([work_of(stage)]).probe() == {"depth": 0, "oldest_wait_seconds": 0.0}


async def test_a_queue_in_which_nobodys_turn_comes_is_not_well() -> None:
    """Waiting is what a queue is for; waiting for minutes is not."""
    async with raised_stage(limits=SLOWEST) as stage:
        await stage.protect()
        for number in range(5):
            stage.person(f"Sam {number}")
        await stage.advance(20)
        queue = Sending([work_of(stage)])
        waiting = await queue.probe()
        assert waiting["depth"] != 0
        assert waiting["oldest_wait_seconds"] == pytest.approx(20, abs=15)
        await stage.clock.advance(STUCK_S)
        with pytest.raises(NotWell, match="stuck"):
            await queue.probe()


async def test_before_updates_are_taken_the_intake_is_not_well() -> None:
    """Whoever asks learns that GMBot is not at work yet."""
    with pytest.raises(NotWell, match="starting"):
        await Intake("polling", []).probe()


async def test_a_refused_token_is_told() -> None:
    """The other bots of the process go on; this one needs its operator."""
    intake = Intake("polling", [])
    intake.begin()
    intake.refused = 1
    with pytest.raises(NotWell, match="token_refused"):
        await intake.probe()


async def test_the_last_update_is_dated() -> None:
    """However it was dealt with, on the long way or the short one."""
    seconds = 100.0
    async with raised_stage() as stage:
        work = work_of(stage)
        intake = Intake("webhook", [work], timer=lambda: seconds)
        intake.begin()
        assert (await intake.probe())["last_update_seconds_ago"] is None
        intake.listen(UpdateHandled(BotId(1), UpdateId(2), "message", "stored", 0.1))
        seconds = 130.0
        assert (await intake.probe())["last_update_seconds_ago"] == 30.0
        work.passes.last_at = 125.0
        assert (await intake.probe())["last_update_seconds_ago"] == 5.0
