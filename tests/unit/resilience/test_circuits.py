"""Circuits by name: whose they are, and how functions find them."""

from __future__ import annotations

import asyncio

import pytest

from gmbot.domain.errors import CircuitOpen, Unavailable
from gmbot.resilience.circuit import CircuitLimits, Move, State
from gmbot.resilience.circuits import CircuitName, Circuits, circuit_protected

DATABASE = CircuitName("database")
LIMITS = {"database": CircuitLimits(least_calls=2), "bot": CircuitLimits(least_calls=2, slow_s=1.0)}


class Office:
    """Something that carries circuits, with one way out."""

    def __init__(self, circuits: Circuits) -> None:
        self.circuits = circuits

    @circuit_protected(DATABASE)
    async def look(self, what: str, *, politely: bool = True) -> str:
        """Look something up."""
        return f"{what} {politely}"

    @circuit_protected(DATABASE)
    async def fail(self) -> None:
        """Fail."""
        raise Unavailable("gone")


@circuit_protected(DATABASE)
async def ask(what: str) -> str:
    """Ask."""
    return what


class Stand:
    """Circuits whose time stands still until it is moved, and every move they made."""

    def __init__(self, *, metrics_only: bool = False) -> None:
        self.time = 0.0
        self.moves: list[tuple[CircuitName, Move]] = []
        self.circuits = Circuits(
            LIMITS,
            now=lambda: self.time,
            random=lambda: 0.5,
            on_move=lambda name, move: self.moves.append((name, move)),
            metrics_only=metrics_only,
        )


def test_a_name_has_one_circuit() -> None:
    """However often it is asked for, and whoever names it."""
    circuits = Stand().circuits
    assert circuits[DATABASE] is circuits[CircuitName("database")]
    assert circuits[CircuitName("bot", 1)] is not circuits[CircuitName("bot", 2)]


def test_what_nobody_foresaw_has_no_circuit() -> None:
    """A kind without limits is a mistake."""
    with pytest.raises(KeyError):
        Stand().circuits[CircuitName("printer")]


def test_every_kind_has_limits_of_its_own() -> None:
    """A bot's calls may be slow; the database's never are."""
    stand = Stand()
    for name in (DATABASE, CircuitName("bot", 1)):
        stand.circuits[name].admit()
        stand.circuits[name].admit()
    stand.time = 1.0
    stand.circuits.look()
    assert stand.circuits.states() == {"database": State.CLOSED, "bot": State.OPEN}


def test_the_worst_of_a_kind_is_shown() -> None:
    """So many bots, one line; a kind that nobody uses is closed."""
    stand = Stand()
    assert stand.circuits.worst("bot") is State.CLOSED
    stand.circuits[CircuitName("bot", 1)].trip()
    stand.circuits[CircuitName("bot", 2)].admit()
    stand.circuits[CircuitName("bot", 3)].isolate()
    assert stand.circuits.worst("bot") is State.ISOLATED
    assert [circuit.state for circuit in stand.circuits.of_kind("bot")] == ["open", "closed", "isolated"]
    assert stand.circuits.worst("database") is State.CLOSED


def test_every_move_is_told_with_its_name() -> None:
    """To one hook."""
    stand = Stand()
    stand.circuits[CircuitName("bot", 7)].trip()
    assert stand.moves == [(CircuitName("bot", 7), Move(State.CLOSED, State.OPEN, 5.0))]


@circuit_protected(DATABASE)
async def hear() -> str:
    """Hear."""
    return "heard"


async def test_a_function_without_arguments_is_protected_too() -> None:
    """There is no object to carry circuits."""
    with Stand().circuits.active():
        assert await hear() == "heard"


def test_circuits_refuse_unless_they_are_told_not_to() -> None:
    """That is what they are for."""
    circuits = Circuits(LIMITS, now=lambda: 0.0, random=lambda: 0.5)
    circuits[DATABASE].trip()
    with pytest.raises(CircuitOpen):
        circuits[DATABASE].admit()


async def test_metrics_only_holds_for_all() -> None:
    """Nobody is refused."""
    stand = Stand(metrics_only=True)
    stand.circuits[DATABASE].trip()
    assert await Office(stand.circuits).look("rules") == "rules True"


async def test_a_method_goes_through_its_objects_circuits() -> None:
    """Which is found at the call, not where the method is written."""
    stand = Stand()
    office = Office(stand.circuits)
    assert await office.look("rules", politely=False) == "rules False"
    with pytest.raises(Unavailable, match="gone"):
        await office.fail()
    with pytest.raises(CircuitOpen):
        await office.look("rules")
    assert await Office(Stand().circuits).look("rules") == "rules True"
    assert Office.look.__name__ == "look"


async def test_a_function_goes_through_the_active_circuits() -> None:
    """In this context and the tasks it starts, and nowhere else."""
    stand = Stand()
    stand.circuits[DATABASE].trip()
    with stand.circuits.active():
        with pytest.raises(CircuitOpen):
            await ask("why")
        with pytest.raises(CircuitOpen):
            await asyncio.create_task(ask("why"))
        with Stand().circuits.active():
            assert await ask("why") == "why"
        with pytest.raises(CircuitOpen):
            await ask("why")
    with pytest.raises(LookupError):
        await ask("why")
