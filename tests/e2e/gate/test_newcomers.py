"""Newcomers are settled while their coming is stored: it costs one write, and loses nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.fixtures.mishaps import fail, mend
from tests.fixtures.stage import Stage, raised_stage

from gmbot.gate.events import ApiCalled, QueryRan
from gmbot.simulator import FaultKind


@pytest_asyncio.fixture
async def on_disk(tmp_path: Path) -> AsyncIterator[Stage]:
    """Yield a guarded stage whose store is SQLite, which tells of its queries."""
    async with raised_stage(tmp_path / "gate.sqlite") as raised:
        await raised.protect()
        yield raised


async def test_a_stranger_is_held_with_one_write(on_disk: Stage) -> None:
    """What happened, what is owed, what Telegram said and the hold are one transaction."""
    on_disk.events.clear()
    on_disk.person("Sam")
    await on_disk.rest()
    told = [event for event in on_disk.events if isinstance(event, QueryRan | ApiCalled)]
    muted = next(n for n, event in enumerate(told) if getattr(event, "method", "") == "restrictChatMember")
    assert [event.query for event in told[:muted] if isinstance(event, QueryRan)] == ["person", "apply"]


@pytest.mark.parametrize("kind", [FaultKind.HANG, FaultKind.SERVER_ERROR, FaultKind.TOO_MANY_REQUESTS])
async def test_their_coming_is_confirmed_while_telegram_does_not_answer(
    guarded: Stage, kind: FaultKind
) -> None:
    """What is not known yet is owed, and the next update is not kept waiting."""
    fail(guarded, kind, "getChatMember")
    sam = guarded.person("Sam")
    await guarded.rest()
    assert len(guarded.world.bots[guarded.bot_id].mailbox) == 0
    mend(guarded)
    await guarded.advance(60)
    assert guarded.muted(sam)


async def test_a_store_that_fails_meanwhile_holds_nobody_twice(guarded: Stage) -> None:
    """The update comes again, and then all is done once."""
    guarded.outage.down = True
    sam = guarded.person("Sam")
    await guarded.rest()
    assert not guarded.muted(sam)
    guarded.outage.down = False
    await guarded.advance(60)
    assert guarded.muted(sam)
    assert len(guarded.calls("restrictChatMember", user_id=sam)) == 1


async def test_whoever_was_muted_since_they_came_is_left_to_whoever_did_it(guarded: Stage) -> None:
    """Other bots mute newcomers too: what happened next is looked at first."""
    sam = guarded.person("Sam")
    guarded.world.mute(guarded.group, sam, guarded.owner)
    await guarded.rest()
    assert guarded.calls("restrictChatMember", user_id=sam) == []
