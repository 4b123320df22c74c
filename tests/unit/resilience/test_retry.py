"""What is called again, how often, and how soon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmbot.domain.errors import CircuitOpen, RefusedError, TooManyRequests, Unavailable
from gmbot.resilience.backoff import Backoff
from gmbot.resilience.clock import SystemClock
from gmbot.resilience.deadline import deadline
from gmbot.resilience.retry import Retry, RetryBudget, async_retry


class Naps:
    """A clock on which sleeping takes no time and is written down."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        """Return when it is: as late as it was slept."""
        return 1_000.0 + sum(self.slept)

    async def sleep(self, delay_s: float) -> None:
        """Note it."""
        self.slept.append(delay_s)


class Flaky:
    """Raises what it is told, one after another, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        """Answer, or not."""
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "yes"


def gone() -> Unavailable:
    return Unavailable("gone")


def retry(naps: Naps, attempts: int = 3, *, most: float = 100.0) -> Retry:
    """Return a retry that waits as long as it may, and can afford a hundred repetitions."""
    budget = RetryBudget(most=most, first=most)
    return async_retry(attempts, clock=naps, random=lambda: 1.0, budget=budget)


async def test_what_succeeds_is_called_once() -> None:
    """And nobody waits."""
    naps, work = Naps(), Flaky()
    assert await retry(naps).call(work) == "yes"
    assert (work.calls, naps.slept) == (1, [])


async def test_what_fails_for_a_while_is_called_again() -> None:
    """After a wait that doubles."""
    naps, work = Naps(), Flaky(gone(), gone())
    assert await retry(naps).call(work) == "yes"
    assert naps.slept == [0.05, 0.1]


async def test_after_the_last_attempt_its_error_is_raised() -> None:
    """Three calls in all, unless told otherwise."""
    naps, work = Naps(), Flaky(gone(), gone(), Unavailable("the last"), gone())
    with pytest.raises(Unavailable, match="the last"):
        await retry(naps).call(work)
    assert work.calls == 3
    assert len(naps.slept) == 2


async def test_waits_are_capped_and_jittered() -> None:
    """From nothing up to the longest."""
    naps, work = Naps(), Flaky(*(gone() for _ in range(6)))
    chances = iter((0.0, 0.5, 1.0, 1.0, 1.0, 1.0))
    budget = RetryBudget(first=10.0)
    patient = async_retry(7, clock=naps, random=lambda: next(chances), budget=budget, longest_s=0.5)
    assert await patient.call(work) == "yes"
    assert naps.slept == [0.0, 0.05, 0.2, 0.4, 0.5, 0.5]


async def test_whoever_says_when_to_return_is_obeyed() -> None:
    """Not sooner."""
    naps, work = Naps(), Flaky(TooManyRequests("slow down", retry_after_s=3.0))
    assert await retry(naps).call(work) == "yes"
    assert naps.slept == [3.0]


@pytest.mark.parametrize("error", [RefusedError("no"), KeyError("ours"), CircuitOpen("open")])
async def test_what_would_fail_again_is_not_repeated(error: Exception) -> None:
    """A refusal is an answer, a mistake stays one, and an open circuit refuses the next call too."""
    naps, work = Naps(), Flaky(error)
    with pytest.raises(type(error)):
        await retry(naps).call(work)
    assert work.calls == 1


async def test_it_does_not_wait_beyond_the_callers_deadline() -> None:
    """There would be nobody left to hear."""
    naps, work = Naps(), Flaky(TooManyRequests("slow down", retry_after_s=60.0))
    with pytest.raises(TooManyRequests):
        async with deadline(60.0):
            await retry(naps).call(work)
    assert (work.calls, naps.slept) == (1, [])


async def test_within_the_deadline_it_repeats() -> None:
    """As there is time."""
    naps, work = Naps(), Flaky(TooManyRequests("slow down", retry_after_s=50.0))
    async with deadline(60.0):
        assert await retry(naps).call(work) == "yes"


@pytest.mark.parametrize(("within_s", "calls"), [(0.04, 1), (0.06, 2)])
async def test_it_does_not_begin_again_when_it_took_too_long(within_s: float, calls: int) -> None:
    """Counted from the first call."""
    naps, work = Naps(), Flaky(gone(), gone())
    hasty = async_retry(2, clock=naps, random=lambda: 1.0, within_s=within_s)
    with pytest.raises(Unavailable):
        await hasty.call(work)
    assert work.calls == calls


async def test_it_does_not_begin_again_at_the_very_end() -> None:
    """There would be no time for an answer."""
    naps, work = Naps(), Flaky(gone(), gone())
    with pytest.raises(Unavailable):
        await async_retry(2, clock=naps, random=lambda: 1.0, first_s=0.5, within_s=0.5).call(work)
    assert work.calls == 1


async def test_without_budget_it_does_not_repeat() -> None:
    """In an outage one call in five is repeated at most, after the first."""
    naps, calls = Naps(), 0
    told: list[str] = []
    sparing = async_retry(3, clock=naps, random=lambda: 1.0, on_retry=lambda: told.append("again"))

    async def fail() -> None:
        nonlocal calls
        calls += 1
        raise gone()

    for _ in range(100):
        with pytest.raises(Unavailable):
            await sparing.call(fail)
    assert calls <= 121
    assert len(told) == calls - 100 >= 20


async def test_it_decorates() -> None:
    """Arguments and name are kept."""
    naps = Naps()
    failures = [gone()]

    @async_retry(max_attempts=3, clock=naps, random=lambda: 1.0)
    async def look(what: str, *, times: int) -> str:
        if failures:
            raise failures.pop()
        return what * times

    assert await look("a", times=2) == "aa"
    assert look.__name__ == "look"
    assert naps.slept == [0.05]


async def test_without_a_clock_it_takes_the_machines() -> None:
    """And its chances."""
    work = Flaky(gone())

    @async_retry(max_attempts=2, first_s=0.001)
    async def look() -> str:
        return await work()

    assert await look() == "yes"


def test_nobody_attempts_nothing() -> None:
    """That would be a mistake."""
    with pytest.raises(ValueError, match=r"^whoever calls at all attempts it once$"):
        Retry(0, clock=SystemClock(), backoff=Backoff(random=lambda: 1.0))


async def test_by_default_there_are_three_attempts() -> None:
    """The last wait of many is two seconds long."""
    naps, budget = Naps(), RetryBudget(most=100.0, first=100.0)
    for retrying in (
        Retry(clock=naps, backoff=Backoff(random=lambda: 1.0), budget=budget),
        async_retry(clock=naps, random=lambda: 1.0, budget=budget),
    ):
        work = Flaky(*(gone() for _ in range(9)))
        with pytest.raises(Unavailable):
            await retrying.call(work)
        assert work.calls == 3
    naps = Naps()
    await async_retry(9, clock=naps, random=lambda: 1.0, budget=budget).call(
        Flaky(*(gone() for _ in range(8)))
    )
    assert naps.slept[-1] == 2.0


async def test_one_attempt_is_a_plain_call() -> None:
    """Nothing is repeated."""
    naps, work = Naps(), Flaky(gone())
    with pytest.raises(Unavailable):
        await retry(naps, 1).call(work)
    assert work.calls == 1


def test_a_budget_saves_up_to_its_most() -> None:
    """And no more."""
    budget = RetryBudget(share=0.5, most=2.0, first=0.0)
    assert not budget.spend()
    budget.earn()
    assert not budget.spend()
    budget.earn()
    assert budget.spend()
    for _ in range(100):
        budget.earn()
    assert [budget.spend() for _ in range(3)] == [True, True, False]


@given(st.lists(st.booleans(), max_size=400))
def test_a_budget_never_exceeds_its_share(wants: list[bool]) -> None:
    """Whatever is asked for: a fifth of the calls, and the first one."""
    budget, spent = RetryBudget(), 0
    for calls, want in enumerate(wants, 1):
        budget.earn()
        spent += want and budget.spend()
        assert spent <= 1 + 0.2 * calls + 1e-9
