"""GMBot as a process of its own, and a simulated Telegram in this one."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import machine
from gmbot.simulator import Call, Limits, Simulator, WallClock, World

TOKEN = "123456:" + "B" * 35
BOT_RIGHTS = frozenset({"can_restrict_members", "can_delete_messages", "can_invite_users"})
PATIENCE_S = 30.0


@dataclass(kw_only=True)
class Rig:
    """A world with one channel and one group, and GMBot guarding it; times are `time.perf_counter()`."""

    world: World
    simulator: Simulator
    process: asyncio.subprocess.Process
    bot_id: int
    owner: int
    channel: int
    group: int

    async def protect(self) -> None:
        """Have the owner protect the group, and wait for the answer."""
        self.world.say(self.owner, self.group, "/protect @news")
        await self.call("createChatInviteLink", "sendMessage", text="is required from now on")

    async def call(self, *methods: str, text: str = "", user_id: int | None = None) -> float:
        """Return when the next call of one of these methods is answered."""
        heard: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        def hear(call: Call) -> None:
            about = user_id is None or call.arguments.get("user_id") == user_id
            if not heard.done() and call.method in methods and about and text in str(call.arguments):
                heard.set_result(time.perf_counter())

        forget = self.simulator.calls.listen(hear)
        try:
            return await asyncio.wait_for(heard, PATIENCE_S)
        finally:
            forget()

    async def drained(self) -> None:
        """Return once every update is confirmed."""
        mailbox = self.world.bots[self.bot_id].mailbox
        async with asyncio.timeout(PATIENCE_S * 4):
            while len(mailbox):  # noqa: ASYNC110 - the mailbox tells of arrivals, not of confirmations
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running(limits: Limits | None = None) -> AsyncIterator[Rig]:
    """Yield a rig on which GMBot polls; it is ended afterwards. What exceeds `limits` is answered 429."""
    world = World(WallClock(), seed=3)
    bot_id = world.add_bot(TOKEN, "gm_bot", first_name="GMBot")
    owner = world.add_user("Olga")
    channel = world.create_channel(owner, "News", username="news")
    group = world.create_supergroup(owner, "Group", username="group")
    world.add_bot_to_chat(channel, bot_id, owner, rights={"can_invite_users"})
    world.add_bot_to_chat(group, bot_id, owner, rights=BOT_RIGHTS)
    simulator = Simulator(world, limits=limits)
    await simulator.start()
    polled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    world.bots[bot_id].mailbox.clear()
    with TemporaryDirectory() as folder:
        database = Path(folder) / "bench.db"
        await _migrated(database)
        process = await _spawn(simulator.url, database)
        try:
            await _first_poll(world, bot_id, simulator, polled)
            yield Rig(
                world=world,
                simulator=simulator,
                process=process,
                bot_id=bot_id,
                owner=owner,
                channel=channel,
                group=group,
            )
        finally:
            process.terminate()
            await process.wait()
            await simulator.stop()


async def _first_poll(world: World, bot_id: int, simulator: Simulator, polled: asyncio.Future[None]) -> None:
    """A first poll with nothing to fetch would wait: a message in private makes it answer at once."""
    user = world.add_user("Early")
    world.start_private(user, bot_id)

    def hear(call: Call) -> None:
        if call.method == "getUpdates" and not polled.done():
            polled.set_result(None)

    forget = simulator.calls.listen(hear)
    try:
        await asyncio.wait_for(polled, PATIENCE_S)
    finally:
        forget()


async def _spawn(url: str, database: Path) -> asyncio.subprocess.Process:
    environ = {
        "PATH": os.environ["PATH"],
        "BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": url,
        "DATABASE_URL": f"sqlite:///{database}",
        "OPS_PORT": "0",
        "ENVIRONMENT": "production",
    }
    return await asyncio.create_subprocess_exec(
        *machine.on_product_core(sys.executable, "-m", "gmbot", "run"),
        env=environ,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=database.parent,
    )


async def _migrated(database: Path) -> None:
    """A start is measured as every start but the first: with the tables there."""
    from gmbot.adapters.sql.migrate import upgrade

    await upgrade(f"sqlite:///{database}")
