"""Which circuits there are, and how they heal without anybody's call."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from tests.fixtures.telegram import LeapingClock, until

from gmbot.bootstrap.circuits import (
    ACT,
    ASK,
    LIMITS,
    READ,
    SUSPICIOUS_S,
    TRIAL_EVERY_S,
    get_database_circuit,
    get_redis_circuit,
    get_telegram_circuit,
    heal,
    open_circuits,
    tell_states,
)
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import BotId
from gmbot.gate.events import CircuitMoved, CircuitsSeen, Event
from gmbot.resilience.circuit import Outcome, State
from gmbot.resilience.circuits import Circuits, circuit_protected
from gmbot.telemetry.catalogue import CIRCUITS, OTHER


class Grid:
    """All circuits, on a clock that leaps, and what was told of them."""

    def __init__(self) -> None:
        self.clock = LeapingClock()
        self.events: list[Event] = []
        self.circuits: Circuits = open_circuits(self.clock.now, lambda: 0.5, self.events.append)


def test_metrics_know_every_circuit() -> None:
    """And no other."""
    assert {*CIRCUITS} == {*LIMITS, OTHER}


def test_every_name_has_a_circuit() -> None:
    """Writes, where nothing else is said; of Telegram each bot has its own."""
    circuits = Grid().circuits
    assert get_database_circuit().kind == "database_write"
    assert get_database_circuit(READ).kind == "database_read"
    assert get_telegram_circuit(BotId(1)).kind == "telegram_act"
    assert get_telegram_circuit(BotId(1), ASK).kind == "telegram_ask"
    names = (get_database_circuit(), get_redis_circuit(), get_telegram_circuit(BotId(1)))
    assert {circuits[name].state for name in names} == {State.CLOSED}
    assert circuits[get_telegram_circuit(BotId(1))] is not circuits[get_telegram_circuit(BotId(2))]


async def test_a_function_may_be_protected_where_it_is_written() -> None:
    """Names hold nothing: the circuit is found when it is called."""

    @circuit_protected(get_database_circuit())
    async def store() -> str:
        return "stored"

    with Grid().circuits.active():
        assert await store() == "stored"


def test_a_move_is_told_with_how_the_kind_stands_now() -> None:
    """One bot's circuit closes while another's is still open."""
    grid = Grid()
    one, other = (grid.circuits[get_telegram_circuit(BotId(number))] for number in (1, 2))
    one.trip()
    other.trip()
    one.restore()
    assert grid.events == [
        CircuitMoved("telegram_act", "closed", "open", "open", BotId(1), 5.0),
        CircuitMoved("telegram_act", "closed", "open", "open", BotId(2), 5.0),
        CircuitMoved("telegram_act", "open", "closed", "open", BotId(1), None),
    ]


async def test_states_are_told_again_and_again() -> None:
    """Those of kinds that nobody uses too."""
    grid = Grid()
    grid.circuits[get_redis_circuit()].isolate()
    telling = asyncio.create_task(tell_states(grid.circuits, grid.events.append, grid.clock))
    await until(lambda: len(grid.clock.naps) >= 3)
    telling.cancel()
    seen = [event.states for event in grid.events if isinstance(event, CircuitsSeen)]
    expected = dict.fromkeys(LIMITS, "closed") | {"redis": "isolated"}
    assert seen[:3] == [expected] * 3


class Patient:
    """Somebody who does not answer for a while."""

    def __init__(self, clock: LeapingClock, well_in_s: float) -> None:
        self._clock = clock
        self._well_at = clock.now() + well_in_s
        self.tried: list[float] = []

    async def probe(self) -> None:
        self.tried.append(self._clock.now())
        if self._clock.now() < self._well_at:
            raise Unavailable("not yet")


async def healed(grid: Grid, well_in_s: float) -> Patient:
    """Return who was tried until a tripped circuit closed."""
    circuit, patient = grid.circuits[get_redis_circuit()], Patient(grid.clock, well_in_s)
    circuit.trip()
    healing = asyncio.create_task(heal(circuit, patient.probe, grid.clock))
    await until(lambda: circuit.state is State.CLOSED)
    healing.cancel()
    await asyncio.gather(healing, return_exceptions=True)
    return patient


async def test_a_circuit_heals_by_trials_alone() -> None:
    """Within two seconds of its other side, however long that was gone, and with one try at a time."""
    grid = Grid()
    began = grid.clock.now()
    patient = await healed(grid, well_in_s=600.0)
    assert grid.clock.now() - began <= 600.0 + 2 * TRIAL_EVERY_S
    gaps = [later - earlier for earlier, later in zip(patient.tried, patient.tried[1:], strict=False)]
    assert all(gap >= TRIAL_EVERY_S for gap in gaps[:-2])


async def sounded(grid: Grid, patient: Patient, until_so: Callable[[], bool]) -> None:
    """Look after a circuit until something is so."""
    healing = asyncio.create_task(heal(grid.circuits[get_redis_circuit()], patient.probe, grid.clock))
    await until(until_so)
    healing.cancel()
    await asyncio.gather(healing, return_exceptions=True)


async def test_nobody_tries_a_closed_circuit() -> None:
    """It costs nothing while nobody asks, or all are answered."""
    grid = Grid()
    patient = Patient(grid.clock, math.inf)
    grid.circuits[get_redis_circuit()].settle(grid.circuits[get_redis_circuit()].admit(), Outcome.ANSWERED)
    await sounded(grid, patient, lambda: len(grid.clock.naps) >= 50)
    assert patient.tried == []


async def test_one_call_that_hangs_opens_it_within_five_seconds() -> None:
    """Others ask too rarely for a judgement: ten soundings are made, and none is answered either."""
    grid = Grid()
    patient, began = Patient(grid.clock, math.inf), grid.clock.now()
    grid.circuits[get_redis_circuit()].admit()
    await sounded(grid, patient, lambda: bool(grid.events))
    assert SUSPICIOUS_S <= grid.clock.now() - began <= 5.0
    assert isinstance(grid.events[0], CircuitMoved)
    assert len([at for at in patient.tried if at <= grid.clock.now()]) >= 10


async def test_a_silence_towards_others_is_looked_into() -> None:
    """Who acts less often than others ask is not left to wait for time-outs of their own."""
    grid = Grid()
    busy, idle = (grid.circuits[get_telegram_circuit(BotId(1), way)] for way in (ASK, ACT))
    patient, began = Patient(grid.clock, math.inf), grid.clock.now()
    busy.admit()
    healing = asyncio.create_task(heal(idle, patient.probe, grid.clock, others=[busy]))
    await until(lambda: idle.state is State.OPEN)
    healing.cancel()
    await asyncio.gather(healing, return_exceptions=True)
    assert grid.clock.now() - began <= 5.0


async def test_a_slow_call_is_no_outage() -> None:
    """The other side answers the first sounding, so it is asked once a second and nothing opens."""
    grid = Grid()
    patient, began = Patient(grid.clock, 0.0), grid.clock.now()
    grid.circuits[get_redis_circuit()].admit()
    await sounded(grid, patient, lambda: grid.clock.now() >= began + 60.0)
    assert grid.events == []
    assert 1 <= len(patient.tried) <= 5


async def test_an_outage_that_few_notice_is_noticed() -> None:
    """One call was refused, and nobody asks any more."""
    grid = Grid()
    circuit, patient = grid.circuits[get_redis_circuit()], Patient(grid.clock, math.inf)
    circuit.settle(circuit.admit(), Outcome.FAILED)
    began = grid.clock.now()
    await sounded(grid, patient, lambda: circuit.state is State.OPEN)
    assert grid.clock.now() - began <= 5.0


async def test_nobody_tries_an_isolated_circuit() -> None:
    """An operator has said so."""
    grid = Grid()
    circuit, patient = grid.circuits[get_redis_circuit()], Patient(grid.clock, 0.0)
    circuit.isolate()
    healing = asyncio.create_task(heal(circuit, patient.probe, grid.clock))
    await until(lambda: len(grid.clock.naps) >= 50)
    healing.cancel()
    await asyncio.gather(healing, return_exceptions=True)
    assert patient.tried == []
