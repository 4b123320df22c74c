"""Something less good, rather than nothing."""

from __future__ import annotations

import pytest

from gmbot.domain.errors import RefusedError, TransientError, Unavailable
from gmbot.resilience.fallback import with_fallback


async def good() -> str:
    return "good"


async def less_good() -> str:
    return "less good"


async def test_what_works_is_enough() -> None:
    """Nobody is asked twice."""

    async def never() -> str:
        raise AssertionError

    assert await with_fallback(good, never) == "good"


async def test_what_is_down_is_replaced() -> None:
    """And the hook hears why."""
    heard: list[TransientError] = []
    gone = Unavailable("gone")

    async def fail() -> str:
        raise gone

    assert await with_fallback(fail, less_good, on_fallback=heard.append) == "less good"
    assert await with_fallback(fail, less_good) == "less good"
    assert heard == [gone]


async def test_a_refusal_is_an_answer() -> None:
    """It is raised."""

    async def refuse() -> str:
        raise RefusedError("no")

    with pytest.raises(RefusedError):
        await with_fallback(refuse, less_good)


async def test_when_both_fail_the_second_is_heard_of() -> None:
    """It was the last hope."""

    async def fail() -> str:
        raise Unavailable("first")

    async def fail_too() -> str:
        raise Unavailable("second")

    with pytest.raises(Unavailable, match="second"):
        await with_fallback(fail, fail_too)
