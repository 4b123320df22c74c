"""Runs paths of GMBot and has callgrind count their instructions alone: `python -m benchmarks.driver`.

Each path runs in a child of its own, so that all share one costly import and none another's state.
"""

from __future__ import annotations

import asyncio
import ctypes
import mmap
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from benchmarks.inprocess import Inside
    from benchmarks.town import Town

NOW: Final = 1_795_000_000
SMALL_TOWN_PEOPLE: Final = 500

_REQUEST = bytes.fromhex("4889f831d248c1c70348c1c70d48c1c73d48c1c7334887db4889d0c3")
"""x86-64: rax = the arguments, rdx = 0, valgrind's mark (four rotations that change nothing, xchg rbx, rbx),
return rdx. Without valgrind it does nothing (valgrind/valgrind.h, VALGRIND_DO_CLIENT_REQUEST_EXPR).
"""
_START, _STOP = (0x43 << 24 | 0x54 << 16) + 4, (0x43 << 24 | 0x54 << 16) + 5
"""callgrind.h: CALLGRIND_START_INSTRUMENTATION and CALLGRIND_STOP_INSTRUMENTATION."""


class Counter:
    """Counts instructions between `start` and `stop`, when valgrind looks."""

    def __init__(self) -> None:
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(_REQUEST)
        self._page = ctypes.c_char.from_buffer(page)
        self._call = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)(ctypes.addressof(self._page))

    def start(self) -> None:
        """Count from here."""
        self._ask(_START)

    def stop(self) -> None:
        """Count to here."""
        self._ask(_STOP)

    def _ask(self, number: int) -> None:
        arguments = (ctypes.c_ulong * 6)(number)
        self._call(ctypes.addressof(arguments))


Path = Callable[[Counter], None]


def floor(counter: Counter, times: int = 1) -> None:
    """Decode messages and do nothing with them."""
    from benchmarks.floor import decode_all
    from benchmarks.lean.updates import message

    bodies = [message(n, -1_001_000_000_000 - n % 100, 5_000_000_000 + n, NOW) for n in range(500)]
    decode_all(bodies)
    counter.start()
    for _ in range(times):
        decode_all(bodies)
    counter.stop()


def twice_the_floor(counter: Counter) -> None:
    """Decode everything twice: what a test sees fail."""
    floor(counter, 2)


def polled(counter: Counter) -> None:
    """Take ordinary messages from getUpdates."""
    _inside(counter, lambda town, first: _messages(town, first, 1_000), lambda bot: bot.polled)


def posted(counter: Counter) -> None:
    """Take ordinary messages at the webhook, behind its server."""
    _inside(counter, lambda town, first: _messages(town, first, 500), lambda bot: bot.posted)


def first_sight(counter: Counter) -> None:
    """Take the first messages of people whom only the database knows."""
    _inside(counter, lambda town, first: _messages(town, first, 100), lambda bot: bot.polled, remembers=False)


def joined(counter: Counter) -> None:
    """See strangers join, ask about them, write it down and mute them."""
    _inside(counter, _strangers, lambda bot: bot.polled)


def _messages(town: Town, first: int, count: int) -> list[bytes]:
    from benchmarks.floor import messages

    return messages(town, first, count, NOW, start=first)


def _strangers(town: Town, first: int) -> list[bytes]:
    from benchmarks.lean import updates

    def join(number: int) -> bytes:
        person = town.person(town.people + number)
        change = (updates.standing(person, "left"), updates.standing(person, "member"))
        return updates.member_changed(number, updates.chat(town.group(number)), change, NOW)

    return [join(number) for number in range(first, first + 50)]


Deliver = Callable[[Sequence[bytes]], Awaitable[None]]


def _inside(
    counter: Counter,
    made: Callable[[Town, int], list[bytes]],
    way: Callable[[Inside], Deliver],
    *,
    remembers: bool = True,
) -> None:
    """Count what a second batch takes; the first one warms everything up."""
    import uvloop

    from benchmarks.inprocess import inside
    from benchmarks.town import Town
    from gmbot.simulator import VirtualClock

    town = Town(groups=20, channels=7, people=SMALL_TOWN_PEOPLE, learnt_at=NOW - 3_600)

    async def run() -> None:
        # A clock that stands still: what is due is the same at each run, however slow valgrind is.
        async with inside(town, remembers=remembers, clock=VirtualClock(NOW)) as bot:
            first = made(town, 1)
            await way(bot)(first)
            second = made(town, 1 + len(first))
            counter.start()
            await way(bot)(second)
            counter.stop()
            # Nothing that ends things in order is of interest.
            os._exit(0)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


PATHS: Final[Mapping[str, tuple[Path, int]]] = {
    "floor": (floor, 500),
    "polled": (polled, 1_000),
    "posted": (posted, 500),
    "first_sight": (first_sight, 100),
    "joined": (joined, 50),
    "twice_the_floor": (twice_the_floor, 500),
}
"""Each path, and how many updates it counts."""


def main(names: Sequence[str]) -> int:
    """Run paths one after the other; print the process that each ran in."""
    if set(names) - {"floor", "twice_the_floor"}:
        # Before the children are made, so that they need not.
        import uvloop

        import benchmarks.inprocess

        del uvloop, benchmarks
    for name in names:
        child = os.fork()
        if child == 0:
            PATHS[name][0](Counter())
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            return 1
        sys.stdout.write(f"{name} {child}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
