"""Which circuits there are, when each opens, and who hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final

from gmbot.domain.errors import GMBotError
from gmbot.domain.ids import BotId
from gmbot.gate.events import CircuitMoved, CircuitsSeen
from gmbot.gate.ports import Clock, Emit
from gmbot.resilience.circuit import Circuit, CircuitLimits, Move, State
from gmbot.resilience.circuits import CircuitName, Circuits

TRIAL_EVERY_S: Final = 2.0
"""How often a dependency that is left alone is looked at, so that it heals without anybody's call."""

TRIAL_WITHIN_S: Final = 2.0
LOOK_EVERY_S: Final = 1.0
TELL_EVERY_S: Final = 5.0

SUSPICIOUS_S: Final = 0.5
"""After so long without an answer to anybody, the other side is sounded: others may ask too rarely."""

FIRST_SOUNDING_S, SOUND_EVERY_S = 0.3, 0.05
"""One that is well answers the first sounding before there is a second."""

SLOW_S: Final = 4.0
"""With the quick window, an outage in which everything hangs is noticed within five seconds."""

SUCCESSES: Final = 3

_USUAL: Final = CircuitLimits(
    quick_window_s=3.0, successes=SUCCESSES, slow_s=SLOW_S, trial_every_s=TRIAL_EVERY_S
)

READ, WRITE = "read", "write"
ASK, ACT = "ask", "act"

LIMITS: Final = dict.fromkeys(
    ("database_read", "database_write", "redis", "telegram_ask", "telegram_act"), _USUAL
)
"""Every kind of circuit; those of Telegram are each bot's own."""


def get_database_circuit(operation: str = WRITE) -> CircuitName:
    """Return the name of the circuit that reads or writes go through."""
    return CircuitName(f"database_{operation}")


def get_redis_circuit() -> CircuitName:
    """Return the name of the circuit of the link with Redis."""
    return CircuitName("redis")


def get_telegram_circuit(bot_id: BotId, operation: str = ACT) -> CircuitName:
    """Return the name of the circuit that a bot's questions (`ask`) or effects (`act`) go through."""
    return CircuitName(f"telegram_{operation}", bot_id)


def open_circuits(
    now: Callable[[], float], random: Callable[[], float], emit: Emit, *, metrics_only: bool = False
) -> Circuits:
    """Return all circuits, closed, with their moves told by `emit`."""

    def tell(name: CircuitName, move: Move) -> None:
        worst = circuits.worst(name.kind)
        owner = None if name.owner is None else BotId(name.owner)
        emit(CircuitMoved(name.kind, move.was, move.to, worst, owner, move.open_s))

    circuits = Circuits(LIMITS, now=now, random=random, on_move=tell, metrics_only=metrics_only)
    return circuits


def switch(circuits: Circuits, kind: str, state: str | None = None) -> str:
    """Isolate all circuits of a kind, or close them, or (None) leave them; return how the worst stands then.

    Raises LookupError if there is no such kind, ValueError if nobody can put it into that state.
    """
    if kind not in LIMITS:
        raise LookupError(kind)
    if state not in {None, State.ISOLATED, State.CLOSED}:
        raise ValueError(state)
    for circuit in circuits.of_kind(kind):
        if state == State.ISOLATED:
            circuit.isolate()
        elif state == State.CLOSED:
            circuit.restore()
    return circuits.worst(kind)


async def tell_states(circuits: Circuits, emit: Emit, clock: Clock) -> None:
    """Tell again and again how the circuits stand."""
    while True:
        emit(CircuitsSeen(dict(circuits.states())))
        await clock.sleep(TELL_EVERY_S)


Probe = Callable[[], Awaitable[object]]


async def heal(circuit: Circuit, probe: Probe, clock: Clock, *, others: Sequence[Circuit] = ()) -> None:
    """Notice what hangs, sound who is silent, and while the circuit is not closed try `probe`, for ever.

    After a success the next trial follows at once: nobody need wait for callers to close it. `others` lead to
    the same other side: if it is silent to them, it may be to these callers, who ask less often.
    """
    while True:
        for _ in range(int(TRIAL_EVERY_S / LOOK_EVERY_S)):
            await clock.sleep(LOOK_EVERY_S)
            circuit.look()
            if max(one.silence_s for one in (circuit, *others)) >= SUSPICIOUS_S:
                await _sound(circuit, probe, clock)
        for _ in range(SUCCESSES):
            if circuit.state not in {State.OPEN, State.HALF_OPEN} or not await _succeeds(
                circuit.trial(probe)
            ):
                break


async def _sound(circuit: Circuit, probe: Probe, clock: Clock) -> None:
    """Ask as often as a judgement takes, until one is answered; each counts like anybody's call."""
    heard: list[bool] = []

    async def ask() -> None:
        heard.append(await _succeeds(circuit.call(probe)))

    async with asyncio.TaskGroup() as soundings:
        for number in range(_USUAL.least_calls):
            if circuit.state is not State.CLOSED or any(heard):
                break
            soundings.create_task(ask())
            await clock.sleep(SOUND_EVERY_S if number else FIRST_SOUNDING_S)


async def _succeeds(attempt: Coroutine[Any, Any, object]) -> bool:
    try:
        await attempt
    except GMBotError:
        return False
    return True
