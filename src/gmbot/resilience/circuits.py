"""The circuits of one process, found by name; who is protected carries them, or its context does."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, ParamSpec, TypeVar

import msgspec

from gmbot.resilience.circuit import Circuit, CircuitLimits, Move, State

P = ParamSpec("P")
T = TypeVar("T")


class CircuitName(msgspec.Struct, frozen=True):
    """Which circuit: its kind, and whose it is if several have one of that kind."""

    kind: str
    owner: int | None = None


class Circuits:
    """One circuit for each name, made when it is first asked for; `limits` has those of each kind.

    `on_move` hears of every move, and must not raise. The rest is as for a Circuit.
    """

    def __init__(
        self,
        limits: Mapping[str, CircuitLimits],
        *,
        now: Callable[[], float],
        random: Callable[[], float],
        on_move: Callable[[CircuitName, Move], None] = lambda name, move: None,
        metrics_only: bool = False,
    ) -> None:
        self._limits = limits
        self._make = functools.partial(Circuit, now=now, random=random, metrics_only=metrics_only)
        self._on_move = on_move
        self._circuits: dict[CircuitName, Circuit] = {}

    def __getitem__(self, name: CircuitName) -> Circuit:
        """Return a circuit. Raises KeyError for a kind without limits."""
        circuit = self._circuits.get(name)
        if circuit is None:
            moved = functools.partial(self._on_move, name)
            circuit = self._circuits[name] = self._make(self._limits[name.kind], on_move=moved)
        return circuit

    def of_kind(self, kind: str) -> list[Circuit]:
        """Return the circuits of a kind, whoever's they are."""
        return [circuit for name, circuit in self._circuits.items() if name.kind == kind]

    def worst(self, kind: str) -> State:
        """Return how the worst circuit of a kind stands; closed, if nobody has one."""
        states = [circuit.state for circuit in self.of_kind(kind)]
        return max(states, key=lambda state: state.level, default=State.CLOSED)

    def states(self) -> dict[str, State]:
        """Return how the worst circuit of each kind stands."""
        return {kind: self.worst(kind) for kind in self._limits}

    def look(self) -> None:
        """Let every circuit notice what has become late, though nobody calls."""
        for circuit in list(self._circuits.values()):
            circuit.look()

    @contextmanager
    def active(self) -> Iterator[None]:
        """Make these the circuits of functions that carry none, in this context and the tasks it starts."""
        token = _ACTIVE.set(self)
        try:
            yield
        finally:
            _ACTIVE.reset(token)


_ACTIVE: Final[ContextVar[Circuits]] = ContextVar("gmbot_circuits")


def circuit_protected(
    name: CircuitName,
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """Let an async function or method be called through a circuit: it raises CircuitOpen while that is open.

    A name holds nothing, so this may be used where nothing runs yet. The circuit is found at each call:
    among those that the method's object carries (`circuits`), else among those that are `active`. Raises
    LookupError if there are none.
    """

    def protect(work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        @functools.wraps(work)
        async def protected(*args: P.args, **kwargs: P.kwargs) -> T:
            return await _circuits_of(args)[name].call(lambda: work(*args, **kwargs))

        return protected

    return protect


def _circuits_of(args: tuple[Any, ...]) -> Circuits:
    carried = getattr(args[0], "circuits", None) if args else None
    return carried if isinstance(carried, Circuits) else _ACTIVE.get()
