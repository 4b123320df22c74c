"""A circuit breaker: who keeps failing is left alone for a while, then tried by one call at a time.

closed ──too many failures, or too many slow calls──► open ──after a while──► half-open
   ▲                                                    ▲                          │
   └───────────── three successes ──────────────────────┼──────────────────────────┤
                                                        └──── one failure ─────────┘
"""

from __future__ import annotations

import enum
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from gmbot.domain.errors import CircuitOpen, GMBotError, Unavailable
from gmbot.resilience.tally import Tally

T = TypeVar("T")

_MOST_DOUBLINGS = 32
_NO_ERA = -1


class State(enum.StrEnum):
    """How a circuit stands; an operator isolates it, and restores it."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"
    ISOLATED = "isolated"

    @property
    def level(self) -> int:
        """How bad that is, from 0."""
        return _LEVELS[self]


_LEVELS = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2, State.ISOLATED: 3}


class Outcome(enum.Enum):
    """What a call tells of the other side: nothing, if its caller gave up."""

    ANSWERED = enum.auto()
    FAILED = enum.auto()
    VOID = enum.auto()


class CircuitLimits(msgspec.Struct, frozen=True, kw_only=True):
    """When a circuit opens, and how it closes again. Times are in seconds, shares from 0 to 1.

    It opens when, of at least `least_calls` within `window_s`, a share of `failing` failed or a share of
    `slow` took `slow_s` or longer; so it does over the last `quick_window_s`, if there is one. It stays open
    for `open_s`, twice as long after each failed probe up to `longest_open_s`, give or take the share
    `jitter`; `successes` close it. `trial_every_s`: how often somebody tries it meanwhile, if anybody does.
    """

    window_s: float = 30.0
    quick_window_s: float | None = None
    least_calls: int = 10
    failing: float = 0.5
    slow: float = 0.8
    slow_s: float = math.inf
    open_s: float = 5.0
    longest_open_s: float = 60.0
    jitter: float = 0.2
    successes: int = 3
    trial_every_s: float = math.inf


class Move(msgspec.Struct, frozen=True):
    """A circuit went from one state to another; `open_s`: for how long it is open now."""

    was: State
    to: State
    open_s: float | None = None


class Permit:
    """Leave to make one call, to be settled once. A `probe` is the only call that is let through."""

    __slots__ = ("began", "era", "late", "patient", "probe")

    def __init__(self, began: float, era: int, *, probe: bool = False, patient: bool = False) -> None:
        self.began = began
        self.era = era
        self.probe = probe
        self.patient = patient
        self.late = False


_NOBODY = Permit(math.inf, _NO_ERA)


class Circuit:
    """One circuit. `now` returns monotonic seconds, `random` numbers from 0 to 1; `on_move` must not raise.

    A call that is under way counts as slow as soon as it is, so that one which hangs need not end first;
    a probe that is slow has failed. With `metrics_only` it moves as ever, and lets everybody through.
    """

    def __init__(
        self,
        limits: CircuitLimits,
        *,
        now: Callable[[], float],
        random: Callable[[], float],
        on_move: Callable[[Move], None] = lambda move: None,
        metrics_only: bool = False,
    ) -> None:
        self._limits = limits
        self._now = now
        self._random = random
        self._on_move = on_move
        self._metrics_only = metrics_only
        self._tallies = [Tally(limits.window_s)]
        if limits.quick_window_s is not None:
            self._tallies.append(Tally(limits.quick_window_s))
        self._state = State.CLOSED
        self._era = 0
        self._under_way: dict[Permit, None] = {}
        self._probe: Permit | None = None
        self._successes = 0
        self._openings = 0
        self._open_until = -math.inf
        self._silent_since = math.inf

    @property
    def state(self) -> State:
        """How the circuit stands."""
        return self._state

    @property
    def silence_s(self) -> float:
        """For how long nobody was answered although somebody asked; 0 if nobody did, or it is not closed.

        Whoever asked and failed, or gave up, counts like those who wait: only an answer ends it.
        Too few may be asking for a judgement: whoever asks something harmless now finds out sooner. A patient
        call is waited for only if it was made while there was much to do.
        """
        return max(0.0, self._now() - self._silent_since)

    async def call(
        self,
        work: Callable[[], Awaitable[T]],
        *,
        failed: Callable[[T], bool] = lambda result: False,
        patient: bool = False,
    ) -> T:
        """Return what `work` does, unless the circuit is open: raises CircuitOpen then.

        Unavailable is a failure, and so is a result that has `failed`; every other of GMBot's errors is an
        answer. A `patient` call waits by design: it is never slow, and never the probe.
        """
        return await self._run(self.admit(patient=patient), work, failed)

    async def trial(
        self, work: Callable[[], Awaitable[T]], *, failed: Callable[[T], bool] = lambda result: False
    ) -> T:
        """As `call`, for who only wants to know whether the other side answers: while open, it is the probe.

        If it succeeds then, the circuit is half-open before its time; if not, nothing changes.
        """
        return await self._run(self.admit(trial=True), work, failed)

    def admit(self, *, patient: bool = False, trial: bool = False) -> Permit:
        """Return the leave to make a call now. Raises CircuitOpen, with the time to come again."""
        self.look()
        now = self._now()
        if self._state is State.CLOSED:
            permit = Permit(now, self._era, patient=patient)
            if not patient:
                self._under_way[permit] = None
            if now < self._silent_since and (not patient or self._busy(now)):
                self._silent_since = now
            return permit
        if not patient and self._may_probe(now, trial=trial):
            self._probe = Permit(now, self._era, probe=True)
            return self._probe
        if self._metrics_only and self._state is not State.ISOLATED:
            return Permit(now, _NO_ERA)
        raise CircuitOpen(f"circuit {self._state.replace('_', '-')}", retry_after_s=self._retry_after_s(now))

    def settle(self, permit: Permit, outcome: Outcome) -> None:
        """Say what became of a call. A permit of another time, or one that was lost, changes nothing."""
        now = self._now()
        if permit.probe:
            if permit is self._probe:
                self._probe = None
                self._judge(outcome, slow=self._late(permit, now))
        elif permit.era == self._era:
            self._under_way.pop(permit, None)
            if outcome is Outcome.ANSWERED:
                # For those who still wait it begins anew; a poll waits by design.
                self._silent_since = now if self._under_way else math.inf
            self._count(permit, outcome, now)

    def look(self) -> None:
        """Notice what has become late meanwhile."""
        now, late = self._now(), 0
        # They began in this order, so the first that is in time ends the search.
        while self._late(oldest := next(iter(self._under_way), _NOBODY), now):
            oldest.late = True
            del self._under_way[oldest]
            late += 1
        if late:
            self._add(now, late, 0, late)
        if self._probe is not None and self._late(self._probe, now):
            self._probe = None
            self._judge(Outcome.FAILED, slow=True)

    def isolate(self) -> None:
        """Refuse every call until `restore`: an operator's switch."""
        if self._state is not State.ISOLATED:
            self._move(State.ISOLATED)

    def restore(self) -> None:
        """Close the circuit, and forget what was."""
        if self._state is not State.CLOSED:
            self._close()

    def trip(self) -> None:
        """Open a closed or half-open circuit, as somebody knows that the other side is gone."""
        if self._state in {State.CLOSED, State.HALF_OPEN}:
            self._open()

    async def _run(self, permit: Permit, work: Callable[[], Awaitable[T]], failed: Callable[[T], bool]) -> T:
        outcome = Outcome.VOID
        try:
            result = await work()
            outcome = Outcome.FAILED if failed(result) else Outcome.ANSWERED
        except CircuitOpen:
            # Another circuit within this one: nobody was asked.
            raise
        except GMBotError as error:
            outcome = Outcome.FAILED if isinstance(error, Unavailable) else Outcome.ANSWERED
            raise
        finally:
            self.settle(permit, outcome)
        return result

    def _may_probe(self, now: float, *, trial: bool) -> bool:
        if self._probe is not None or self._state is State.ISOLATED:
            return False
        if self._state is State.OPEN and now >= self._open_until and not trial:
            self._successes = 0
            self._move(State.HALF_OPEN)
        return trial or self._state is State.HALF_OPEN

    def _retry_after_s(self, now: float) -> float | None:
        if self._state is State.ISOLATED:
            return None
        left_s = self._open_until - now
        if self._state is State.HALF_OPEN or left_s <= 0:
            # Somebody else is the probe: if it fails, the circuit will be open for this long at least.
            left_s = self._limits.open_s
        return min(left_s, self._limits.trial_every_s)

    def _busy(self, now: float) -> bool:
        return self._tallies[0].counts(now).calls >= self._limits.least_calls

    def _late(self, permit: Permit, now: float) -> bool:
        return not permit.patient and now - permit.began >= self._limits.slow_s

    def _count(self, permit: Permit, outcome: Outcome, now: float) -> None:
        """Count a call in a closed circuit; one that was counted as slow before is not counted again."""
        failed, slow = outcome is Outcome.FAILED, self._late(permit, now)
        if permit.late:
            self._add(now, 0, failed, 0)
        elif outcome is not Outcome.VOID or slow:
            self._add(now, 1, failed, slow)

    def _add(self, now: float, calls: int, failures: int, slow: int) -> None:
        too_bad = False
        for tally in self._tallies:
            tally.add(now, calls, failures, slow)
            too_bad |= tally.calls >= self._limits.least_calls and self._too_bad(tally)
        if too_bad:
            self._open()

    def _too_bad(self, tally: Tally) -> bool:
        failing = tally.failures >= self._limits.failing * tally.calls
        return failing or tally.slow >= self._limits.slow * tally.calls

    def _judge(self, outcome: Outcome, *, slow: bool) -> None:
        """Take what a probe tells; one that tells nothing leaves its place to the next."""
        if outcome is Outcome.ANSWERED and not slow:
            self._succeed()
        elif (outcome is Outcome.FAILED or slow) and self._state is State.HALF_OPEN:
            self._open()

    def _succeed(self) -> None:
        if self._state is State.OPEN:
            self._successes = 0
            self._move(State.HALF_OPEN)
        self._successes += 1
        if self._successes >= self._limits.successes:
            self._close()

    def _open(self) -> None:
        limits = self._limits
        doubled_s = limits.open_s * 2.0 ** min(self._openings, _MOST_DOUBLINGS)
        open_s = min(doubled_s, limits.longest_open_s) * (1 + limits.jitter * (2 * self._random() - 1))
        self._openings += 1
        self._open_until = self._now() + open_s
        self._move(State.OPEN, open_s)

    def _close(self) -> None:
        self._openings = 0
        for tally in self._tallies:
            tally.clear()
        self._move(State.CLOSED)

    def _move(self, to: State, open_s: float | None = None) -> None:
        was, self._state = self._state, to
        self._era += 1
        self._probe = None
        self._under_way.clear()
        self._silent_since = math.inf
        self._on_move(Move(was, to, open_s))
