"""Circuits of the real product, with the real thing killed: open in time, closed in time, one probe each."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import msgspec
import pytest
import pytest_asyncio
from tests.fixtures.metrics import scraped, seconds_until
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.redis import RedisServer

from gmbot.adapters.sql.migrate import upgrade
from gmbot.bootstrap import Product
from gmbot.demo.box import TOKEN, Box, opened_box
from gmbot.domain.errors import RefusedError, TransientError
from gmbot.domain.ids import ChannelId, UserId
from gmbot.gate.changes import Changes
from gmbot.resilience.circuit import State
from gmbot.settings import Secret, Settings
from gmbot.simulator import Fault, FaultKind

OPENS_WITHIN_S = 5.0
CLOSES_WITHIN_S = 15.0
EVERY_S = 0.05
"""How often each of those who ask does so: twenty times a second, or as often as they are answered."""

Ask = Callable[[], Awaitable[object]]


@pytest_asyncio.fixture
async def box() -> AsyncIterator[Box]:
    """A Telegram in a box."""
    async with opened_box() as opened:
        yield opened


@pytest_asyncio.fixture
async def product(
    box: Box, postgres_server: PostgresServer, postgres_url: str, own_redis: RedisServer
) -> AsyncIterator[Product]:
    """GMBot at work on PostgreSQL and Redis."""
    await upgrade(postgres_url)
    settings = Settings(
        bot_tokens=(Secret(TOKEN),),
        database_url=Secret(postgres_url),
        redis_url=Secret(own_redis.url),
        ops_port=0,
        telegram_api_url=box.simulator.url,
    )
    async with Product(settings, stream=io.BytesIO()) as running:
        yield running


async def again_and_again(ask: Ask) -> None:
    """Ask as people would: each who is not answered gives way to the next."""
    asking: set[asyncio.Task[None]] = set()
    try:
        while True:
            task = asyncio.create_task(once(ask))
            asking.add(task)
            task.add_done_callback(asking.discard)
            await asyncio.sleep(EVERY_S)
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


async def once(ask: Ask) -> None:
    """Ask, and take whatever comes."""
    with suppress(TransientError, RefusedError):
        await ask()


@pytest_asyncio.fixture
async def load(product: Product) -> AsyncIterator[None]:
    """People who read, write, ask and act without pause."""
    bot = product.bots[0].bot
    telegram, store = bot.telegram, bot.store
    asks: list[Ask] = [
        lambda: store.memberships([(UserId(7), ChannelId(-1002))]),
        lambda: store.apply(Changes()),
        lambda: telegram.member(-1002, UserId(7)),
        lambda: telegram.answer("8", "yes"),
    ]
    crowd = [asyncio.create_task(again_and_again(ask)) for ask in asks]
    yield
    for one in crowd:
        one.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)


async def stands(product: Product, state: State, *circuits: str, within_s: float) -> float:
    """Return how long it took until these circuits stood like that."""
    return await seconds_until(
        lambda: all(product.circuits.worst(circuit) is state for circuit in circuits), within_s
    )


async def shown(product: Product, circuit: str) -> float:
    """Return what the page of metrics shows of a circuit."""
    samples = [sample for family in await scraped(product) for sample in family.samples]
    return next(
        sample.value
        for sample in samples
        if sample.name == "bot_circuit_state" and sample.labels["circuit"] == circuit
    )


@pytest.mark.usefixtures("load")
async def test_all_that_is_killed_is_left_alone_and_taken_up_again(
    product: Product, box: Box, postgres_server: PostgresServer, own_redis: RedisServer
) -> None:
    """PostgreSQL, Redis and Telegram at once: each opens within five seconds and closes within fifteen."""
    everything = tuple(product.circuits.states())
    await stands(product, State.CLOSED, *everything, within_s=5.0)
    await asyncio.sleep(1.0)
    gone = box.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR))
    postgres_server.stop()
    own_redis.kill()
    try:
        await stands(product, State.OPEN, *everything, within_s=OPENS_WITHIN_S)
        assert await shown(product, "database_read") == State.OPEN.level
    finally:
        own_redis.start()
        postgres_server.start()
        box.simulator.faults.remove(gone)
    await stands(product, State.CLOSED, *everything, within_s=CLOSES_WITHIN_S)


@pytest.mark.usefixtures("load")
async def test_a_telegram_that_hangs_is_asked_by_one_probe_at_a_time(product: Product, box: Box) -> None:
    """Nothing else of what people want reaches it while its circuits are open."""
    hang = box.simulator.faults.add(Fault(kind=FaultKind.HANG))
    await stands(product, State.OPEN, "telegram_ask", "telegram_act", within_s=OPENS_WITHIN_S + 1.0)
    began = time.time()
    await asyncio.sleep(2.5)
    ended = time.time()
    box.simulator.faults.remove(hang)
    await stands(product, State.CLOSED, "telegram_ask", "telegram_act", within_s=CLOSES_WITHIN_S)
    # A call is noted when it has ended: some that end now were on their way when the circuits opened.
    came = [call.at - call.ms / 1_000 for call in box.simulator.calls if call.method != "getUpdates"]
    probes = sum(began < moment < ended for moment in came)
    assert probes <= 2 * (1 + (ended - began) / 2.0)


async def test_a_telegram_that_hangs_is_noticed_by_one_call(product: Product, box: Box) -> None:
    """Ten are needed for a judgement: whoever looks after the circuits makes the others."""
    circuits = ("telegram_ask", "telegram_act")
    await stands(product, State.CLOSED, *circuits, within_s=5.0)
    hang = box.simulator.faults.add(Fault(kind=FaultKind.HANG))
    waiting = asyncio.create_task(once(lambda: product.bots[0].bot.telegram.answer("8", "yes")))
    await stands(product, State.OPEN, *circuits, within_s=OPENS_WITHIN_S + 1.0)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    box.simulator.faults.remove(hang)
    await stands(product, State.CLOSED, *circuits, within_s=CLOSES_WITHIN_S)


async def test_what_an_operator_isolates_hears_nothing(product: Product, box: Box) -> None:
    """Neither from people nor from the background; afterwards all is as before."""
    await stands(product, State.CLOSED, *product.circuits.states(), within_s=5.0)
    for kind in product.circuits.states():
        for circuit in product.circuits.of_kind(kind):
            circuit.isolate()
    await asyncio.sleep(0.2)
    before = len([call for call in box.simulator.calls if call.method != "getUpdates"])
    box.world.say(box.owner, box.group, "/status")
    await asyncio.sleep(1.0)
    assert len([call for call in box.simulator.calls if call.method != "getUpdates"]) == before
    assert msgspec.json.decode(msgspec.json.encode(product.circuits.states()))["redis"] == "isolated"
    for kind in product.circuits.states():
        for circuit in product.circuits.of_kind(kind):
            circuit.restore()
    await seconds_until(lambda: not box.unconfirmed, 10.0)
