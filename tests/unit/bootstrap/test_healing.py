"""Whether a bot's circuits heal although something went wrong that nobody foresaw."""

from __future__ import annotations

from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.adapters.telegram.transport import Reply
from gmbot.bootstrap import Parts, assemble
from gmbot.bootstrap.circuits import get_telegram_circuit, open_circuits
from gmbot.domain.ids import BotId
from gmbot.gate.events import Event, Unforeseen
from gmbot.resilience.circuit import State
from gmbot.simulator import VirtualClock

BOT = BotId(123456)
ME = b'{"ok":true,"result":{"id":123456,"is_bot":true,"first_name":"GMBot","username":"gm_bot"}}'


class Odd:
    """A Telegram that answers, unless our own code is at fault."""

    at_fault = False

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Say who the bot is."""
        if self.at_fault:
            raise ValueError("nobody foresaw this")
        return Reply(200, ME, 1_790_000_000.0)


async def test_a_mistake_of_ours_does_not_end_the_healing_of_circuits() -> None:
    """It is told of, and begins anew: who is left alone is tried again for as long as the bot is at work."""
    clock, events, road = VirtualClock(1_790_000_000.0), list[Event](), Odd()
    circuits = open_circuits(clock.now, lambda: 0.5, events.append)
    parts = Parts(
        clock=clock,
        random=lambda: 0.5,
        transport=lambda token: road,
        open_store=lambda bot_id, emit: MemoryStore(bot_id, MemoryDatabase()),
        emit=events.append,
        circuits=circuits,
    )
    work = await assemble("123456:" + "R" * 35, parts)
    circuit = circuits[get_telegram_circuit(BOT)]
    road.at_fault = True
    circuit.trip()
    for _ in range(10):
        await clock.advance(1)
    road.at_fault = False
    for _ in range(20):
        await clock.advance(1)
    await work.stop(0.0)
    assert [event.where for event in events if isinstance(event, Unforeseen)][:1] == ["healing"]
    assert circuit.state is State.CLOSED
