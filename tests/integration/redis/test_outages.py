"""Redis killed, restarted, wiped, hung, read-only, slow: no wrong verdict, and it heals by itself."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable

import pytest
from tests.contract.store.material import CHANNEL, USER
from tests.fixtures.processes import BOT, Process, running, until
from tests.fixtures.proxy import Proxy
from tests.fixtures.redis import RedisServer

from gmbot.adapters.redis.hub import Pace
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import UserId
from gmbot.domain.membership import MembershipState

IN, OUT = MembershipState.IN, MembershipState.OUT
HEALED_S = 5.0

Deed = Callable[[RedisServer], None]


def _kill(server: RedisServer) -> None:
    server.kill()


def _restart(server: RedisServer) -> None:
    server.kill()
    server.start()


def _pause(server: RedisServer) -> None:
    server.pause()


def _resume(server: RedisServer) -> None:
    server.resume()


def _start(server: RedisServer) -> None:
    server.start()


def _nothing(server: RedisServer) -> None:
    """Some troubles are over as soon as they have happened."""


def _wipe(server: RedisServer) -> None:
    server.ask("FLUSHALL")


def _read_only(server: RedisServer) -> None:
    server.ask("REPLICAOF 127.0.0.1 1")


def _writable(server: RedisServer) -> None:
    server.ask("REPLICAOF NO ONE")


def _full(server: RedisServer) -> None:
    server.ask("CONFIG SET maxmemory 1")


def _roomy(server: RedisServer) -> None:
    server.ask("CONFIG SET maxmemory 0")


TROUBLES = {
    "killed": (_kill, _start),
    "hung": (_pause, _resume),
    "read_only": (_read_only, _writable),
    "full": (_full, _roomy),
}
BLINKS = {"restarted": (_restart, _nothing), "wiped": (_wipe, _nothing)}


@pytest.fixture
async def pair(own_redis: RedisServer) -> AsyncIterator[list[Process]]:
    """Two processes that believe their memories."""
    async with running(own_redis.url) as processes:
        yield processes


@pytest.mark.parametrize(
    ("break_it", "mend_it"), (TROUBLES | BLINKS).values(), ids=(TROUBLES | BLINKS).keys()
)
async def test_no_wrong_verdict_in_any_state(
    pair: list[Process], own_redis: RedisServer, break_it: Deed, mend_it: Deed
) -> None:
    """Before, during and after, both believe what was stored, whoever stored it."""
    one, other = pair
    await one.sees(IN)
    assert await other.lets_pass()
    break_it(own_redis)
    await one.sees(OUT)
    await other.heard()
    assert not await other.lets_pass()
    await other.sees(IN)
    await one.heard()
    assert await one.lets_pass()
    await other.sees(OUT)
    mend_it(own_redis)
    for _ in range(50):
        assert not await one.lets_pass()
        assert not await other.lets_pass()
        await asyncio.sleep(0.02)
    await one.trusting()
    await other.trusting()
    assert not await one.lets_pass()


async def test_it_is_found_again_within_five_seconds(own_redis: RedisServer) -> None:
    """At the pace of the real thing, until memory counts again; and the probe tells the truth throughout."""
    async with running(own_redis.url, 1, pace=Pace()) as [process]:
        hub = process.hub
        assert hub is not None
        for name in ("killed", "hung"):
            break_it, mend_it = TROUBLES[name]
            await hub.probe()
            break_it(own_redis)
            await until(lambda: not hub.connected)
            with pytest.raises(Unavailable):
                await hub.probe()
            mend_it(own_redis)
            await until(lambda: process.shared.trusted, within_s=HEALED_S)
            await hub.probe()


async def test_a_hung_redis_holds_up_messages_once_at_most(
    pair: list[Process], own_redis: RedisServer
) -> None:
    """Nobody waits longer than a moment, and after that nobody waits at all."""
    one = pair[0]
    await one.sees(IN)
    own_redis.pause()
    first = await _seconds_of(one)
    await until(lambda: not one.shared.trusted)
    rest = [await _seconds_of(one) for _ in range(50)]
    own_redis.resume()
    assert first < 0.5
    assert sorted(rest)[-5] < 0.05


async def _seconds_of(process: Process) -> float:
    began = time.perf_counter()
    assert await process.lets_pass()
    return time.perf_counter() - began


async def test_a_hung_redis_holds_up_updates_once_at_most(
    pair: list[Process], own_redis: RedisServer
) -> None:
    """Telling the others is given up for good after the first time, until Redis is back."""
    one = pair[0]
    own_redis.pause()
    waits = []
    for number in range(20):
        began = time.perf_counter()
        await one.sees(IN, UserId(100 + number))
        waits.append(time.perf_counter() - began)
    own_redis.resume()
    assert sum(waits) < 2.5
    assert sorted(waits)[-4] < 0.05


async def test_without_redis_from_the_start_the_database_decides(own_redis: RedisServer) -> None:
    """A Redis that is down when GMBot starts delays nothing, and is used once it is there."""
    own_redis.kill()
    began = time.monotonic()
    async with running(own_redis.url, 1, trusting=False) as [process]:
        assert time.monotonic() - began < 1.0
        await process.sees(IN)
        assert await process.lets_pass()
        own_redis.start()
        await process.trusting()
        assert await process.lets_pass()


async def test_a_slow_redis_is_not_waited_for(own_redis: RedisServer) -> None:
    """At 150 ms an answer, the database is quicker; verdicts stay right and nobody waits for Redis twice."""
    async with Proxy(own_redis.url) as proxy, running(proxy.url) as [one, other]:
        await one.sees(IN)
        assert await other.lets_pass()
        proxy.delay_s = 0.15
        await one.sees(OUT)
        await other.heard()
        assert not await other.lets_pass()
        rest = []
        for number in range(30):
            began = time.perf_counter()
            await one.lets_pass(UserId(500 + number))
            rest.append(time.perf_counter() - began)
        assert sorted(rest)[-5] < 0.05


async def test_a_process_that_nobody_can_reach_any_more_stops_believing(own_redis: RedisServer) -> None:
    """When a network swallows everything, no error tells: the lack of answers does."""
    async with Proxy(own_redis.url) as proxy, running(proxy.url, 1) as [one]:
        await one.sees(IN)
        proxy.delay_s = 3600.0
        await until(lambda: not one.shared.trusted, within_s=1.0)
        assert await one.lets_pass()


async def test_nothing_kept_before_an_outage_is_believed_after_it(
    pair: list[Process], own_redis: RedisServer
) -> None:
    """What Redis still has from before is from another era: somebody may have left unheard since."""
    one, other = pair
    await one.sees(IN)
    own_redis.pause()
    await until(lambda: not (_connected(one) or _connected(other)))
    await one.sees(OUT)
    own_redis.resume()
    await one.trusting()
    await other.trusting()
    assert own_redis.ask(f"EXISTS verify:{BOT}:{USER}:{CHANNEL}") == ":1"
    assert not await other.lets_pass()


def _connected(process: Process) -> bool:
    return process.hub is not None and process.hub.connected


async def test_under_load_and_constant_trouble_no_verdict_is_ever_wrong(own_redis: RedisServer) -> None:
    """Forty people come and go, seen by any of three processes, while Redis goes through everything."""
    dice = random.Random(4)
    async with running(own_redis.url, 3) as processes:
        over = asyncio.Event()
        people = [
            asyncio.create_task(_come_and_go(UserId(1000 + n), processes, random.Random(n), over))
            for n in range(40)
        ]
        for name in ("hung", "wiped", "killed", "read_only", "restarted", "hung"):
            break_it, mend_it = (TROUBLES | BLINKS)[name]
            await asyncio.sleep(dice.uniform(0.2, 0.5))
            break_it(own_redis)
            await asyncio.sleep(dice.uniform(0.1, 0.7))
            mend_it(own_redis)
            await asyncio.sleep(dice.uniform(0.0, 1.2))
        over.set()
        checks = sum(await asyncio.gather(*people))
        for process in processes:
            await process.trusting()
    assert checks > 500


async def _come_and_go(
    user: UserId, processes: list[Process], dice: random.Random, over: asyncio.Event
) -> int:
    checks = 0
    while not over.is_set():
        inside = dice.random() < 0.5
        await dice.choice(processes).sees(IN if inside else OUT, user)
        await asyncio.gather(*(process.heard() for process in processes))
        for process in processes:
            assert await process.lets_pass(user) is inside, f"{user} is {'in' if inside else 'out'}"
            checks += 1
        await asyncio.sleep(dice.uniform(0.0, 0.05))
    return checks
