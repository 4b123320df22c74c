"""The client on a virtual clock, with the simulator in process: what takes long takes no time."""

from __future__ import annotations

import asyncio

import pytest
from tests.fixtures.telegram import TOKEN, SimulatedTransport, client_of

from gmbot.domain.errors import TooManyRequests, Unavailable
from gmbot.domain.ids import UserId
from gmbot.gate.events import Event
from gmbot.gate.outgoing import Address, Note
from gmbot.simulator import Fault, FaultKind, Simulator, VirtualClock, World


class Quiet:
    """A simulator without sockets, and a client of its bot."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.world = World(self.clock)
        self.world.add_bot(TOKEN, "gate_bot")
        self.olga = self.world.add_user("Olga")
        self.talk = self.world.create_supergroup(self.olga, "Talk")
        self.world.add_bot_to_chat(self.talk, 42, self.olga)
        self.simulator = Simulator(self.world)
        self.events: list[Event] = []
        transport = SimulatedTransport(self.simulator, TOKEN, self.clock)
        self.client = client_of(transport, self.events, clock=self.clock)

    def strike(self, fault: Fault) -> None:
        """Let something go wrong."""
        self.simulator.faults.add(fault)


async def test_one_clock_for_both_needs_no_correction() -> None:
    """Seconds without fractions in headers do not shift the time."""
    box = Quiet()
    await box.clock.advance(0.7)
    await box.client.me()
    assert box.client.now() == box.clock.now()


async def test_a_silence_ends_with_the_deadline() -> None:
    """10 s, to the second, and no second attempt."""
    box = Quiet()
    box.strike(Fault(kind=FaultKind.HANG))
    began = box.clock.now()
    asking = asyncio.ensure_future(box.client.member(box.talk, UserId(box.olga)))
    await box.clock.advance(9.9)
    assert not asking.done()
    await box.clock.advance(0.1)
    with pytest.raises(Unavailable):
        await asking
    assert round(box.clock.now() - began, 3) == 10
    assert len(box.simulator.calls) == 1


async def test_a_call_kept_back_by_a_429_goes_out_when_it_may() -> None:
    """Not before, and while it waits nothing else does."""
    box = Quiet()
    box.strike(Fault(kind=FaultKind.TOO_MANY_REQUESTS, retry_after_s=5, times=1))
    with pytest.raises(TooManyRequests):
        await box.client.send(Address(box.talk), Note("one"))
    sending = asyncio.ensure_future(box.client.send(Address(box.talk), Note("two")))
    await box.clock.advance(4.9)
    assert len(box.simulator.calls) == 1
    await box.client.me()
    await box.clock.advance(0.1)
    await sending
    assert [call.status for call in box.simulator.calls.of("sendMessage")] == [429, 200]
