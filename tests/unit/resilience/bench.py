"""Works for a pool that end when they are told, and what became of them."""

import asyncio

from gmbot.resilience.workers import TaskPool, Work


async def turns() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


class Bench:
    """Works that run until they are let go, and what became of them."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.ended: list[str] = []
        self.cancelled: list[str] = []
        self.errors: list[BaseException] = []
        self.gates: dict[str, asyncio.Event] = {}

    def pool(self, limit: int = 2) -> TaskPool:
        return TaskPool(limit, self.errors.append)

    def work(self, name: str) -> Work:
        gate = self.gates[name] = asyncio.Event()

        async def run() -> None:
            self.started.append(name)
            try:
                await gate.wait()
            except asyncio.CancelledError:
                self.cancelled.append(name)
                raise
            self.ended.append(name)

        return run
