"""A circuit through thick and thin: whatever happens in whatever order, its promises hold."""

from __future__ import annotations

import itertools
import math

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
)

from gmbot.domain.errors import CircuitOpen
from gmbot.resilience.circuit import Circuit, CircuitLimits, Move, Outcome, Permit, State

LIMITS = CircuitLimits(slow_s=4.0, quick_window_s=3.0, least_calls=4)
ALLOWED = {
    (State.CLOSED, State.OPEN),
    (State.OPEN, State.HALF_OPEN),
    (State.HALF_OPEN, State.CLOSED),
    (State.HALF_OPEN, State.OPEN),
    *((state, State.ISOLATED) for state in State if state is not State.ISOLATED),
    *((state, State.CLOSED) for state in State if state is not State.CLOSED),
}


class CircuitMachine(RuleBasedStateMachine):
    """Callers, trials, an operator and time, in any order; the model knows who is let through."""

    permits: Bundle[Permit] = Bundle("permits")

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0
        self.moves: list[tuple[float, Move]] = []
        self.circuit = Circuit(LIMITS, now=lambda: self.time, random=lambda: 0.5, on_move=self.moved)
        self.probes: dict[Permit, float] = {}
        self.asked_since_closed = 0
        self.asking: dict[Permit, float] = {}
        self.heard_at = 0.0

    def moved(self, move: Move) -> None:
        assert move.was is self.circuit.state or move.to is self.circuit.state
        self.moves.append((self.time, move))
        self.probes.clear()
        self.asking.clear()
        self.heard_at = self.time
        if move.to is State.CLOSED:
            self.asked_since_closed = 0

    @rule(target=permits, patient=st.booleans())
    def call(self, patient: bool) -> Permit | MultipleResults[Permit]:
        return self.admitted(patient=patient, trial=False)

    @rule(target=permits)
    def try_it(self) -> Permit | MultipleResults[Permit]:
        return self.admitted(patient=False, trial=True)

    def admitted(self, *, patient: bool, trial: bool) -> Permit | MultipleResults[Permit]:
        try:
            permit = self.circuit.admit(patient=patient, trial=trial)
        except CircuitOpen as refusal:
            self.refused(refusal)
            return multiple()
        assert self.circuit.state is not State.ISOLATED
        if self.circuit.state is State.CLOSED:
            self.asked_since_closed += 1
            self.asking[permit] = math.inf if patient else self.time
        else:
            assert trial or self.circuit.state is State.HALF_OPEN
            assert not patient
            self.probes[permit] = self.time
        return permit

    def refused(self, refusal: CircuitOpen) -> None:
        assert self.circuit.state is not State.CLOSED
        assert (refusal.retry_after_s is None) == (self.circuit.state is State.ISOLATED)
        assert refusal.retry_after_s is None or 0 < refusal.retry_after_s <= LIMITS.longest_open_s

    @rule(permit=consumes(permits), outcome=st.sampled_from(Outcome))
    def end(self, permit: Permit, outcome: Outcome) -> None:
        known = self.probes.pop(permit, None) is not None
        before = self.circuit.state
        if self.asking.pop(permit, None) is not None and outcome is Outcome.ANSWERED:
            self.heard_at = self.time
        self.circuit.settle(permit, outcome)
        if permit.probe and not known:
            assert self.circuit.state is before, "a probe of another time was heard"

    @rule(permit=permits, outcome=st.sampled_from(Outcome))
    def end_twice(self, permit: Permit, outcome: Outcome) -> None:
        if permit.probe and permit not in self.probes:
            before = self.circuit.state
            self.circuit.settle(permit, outcome)
            assert self.circuit.state is before

    @rule(seconds=st.sampled_from((0.01, 0.5, 1.0, 3.0, 5.0, 31.0, 73.0)))
    def wait(self, seconds: float) -> None:
        self.time += seconds
        self.circuit.look()

    @rule()
    def isolate(self) -> None:
        self.circuit.isolate()
        assert self.circuit.state is State.ISOLATED

    @rule()
    def restore(self) -> None:
        self.circuit.restore()
        assert self.circuit.state is State.CLOSED

    @rule()
    def trip(self) -> None:
        self.circuit.trip()
        assert self.circuit.state in {State.OPEN, State.ISOLATED}

    @precondition(lambda self: self.circuit.state is not State.ISOLATED)
    @rule()
    def heal(self) -> None:
        """Whatever was, an outage that is over ends within three probes, once the present one is lost."""
        self.time += 1.5 * LIMITS.slow_s
        self.circuit.look()
        if self.closed():
            # An answer may still open it: what went before counts for as long as its window.
            return
        for _ in range(LIMITS.successes):
            self.circuit.settle(self.circuit.admit(trial=True), Outcome.ANSWERED)
        assert self.closed()

    def closed(self) -> bool:
        return self.circuit.state is State.CLOSED

    @invariant()
    def one_probe_at_a_time(self) -> None:
        in_time = [permit for permit, began in self.probes.items() if self.time - began < LIMITS.slow_s]
        assert len(in_time) <= 1

    @invariant()
    def whoever_waits_in_silence_is_noticed(self) -> None:
        """Nobody waits unnoticed until they are late, and an answer ends the silence."""
        waited_s = [self.time - began for began in self.asking.values() if self.time - began >= 0]
        in_time = [seconds for seconds in waited_s if seconds < LIMITS.slow_s]
        since_heard_s = self.time - self.heard_at
        assert min(max(in_time, default=0.0), since_heard_s) <= self.circuit.silence_s <= since_heard_s

    @invariant()
    def it_moves_as_drawn(self) -> None:
        moves = [move for _, move in self.moves]
        assert all((move.was, move.to) in ALLOWED for move in moves)
        assert all(before.to is after.was for before, after in itertools.pairwise(moves))

    @invariant()
    def openings_last_between_five_and_sixty_seconds(self) -> None:
        for _, move in self.moves:
            assert (move.open_s is not None) == (move.to is State.OPEN)
            assert move.open_s is None or LIMITS.open_s <= move.open_s <= LIMITS.longest_open_s


TestCircuitMachine = CircuitMachine.TestCase
TestCircuitMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
