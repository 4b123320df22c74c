"""A sweep at work: whether it keeps to its budget, and uses it."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure
from benchmarks.rig import BOT_RIGHTS, TOKEN
from gmbot.adapters.sql.database import open_database
from gmbot.adapters.sql.store import SqlStore
from gmbot.domain.group import Channel, Group
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing, Status
from gmbot.gate.changes import Changes, LearntStanding
from gmbot.simulator import Simulator, WallClock, World

PEOPLE = 100
RATE_PER_S = 5.0
WINDOW_S = 10.0
PATIENCE_S = 60.0


async def of_sweeps() -> list[Figure]:
    """Return how many questions a second `gmbot warm` asks at a budget of five, and for how long."""
    asked = await _warmed()
    windows = [sum(start <= at < start + WINDOW_S for at in asked) / WINDOW_S for start in asked]
    return [
        Figure("sweep, busiest 10 s, budget 5/s", max(windows), "questions/s", RATE_PER_S + 1 / WINDOW_S),
        Figure("sweep of 100 people, budget 5/s", asked[-1] - asked[0], "s", PEOPLE / RATE_PER_S * 1.05),
    ]


async def _warmed() -> list[float]:
    """Return when each question came, of a group in which everybody is to be asked about."""
    world = World(WallClock(), seed=9)
    bot = world.add_bot(TOKEN, "gm_bot", first_name="GMBot")
    owner = world.add_user("Olga")
    channel = ChannelId(world.create_channel(owner, "News", username="news"))
    group = GroupId(world.create_supergroup(owner, "Group", username="group"))
    world.add_bot_to_chat(channel, bot, owner, rights={"can_invite_users"})
    world.add_bot_to_chat(group, bot, owner, rights=BOT_RIGHTS)
    people = [UserId(world.add_user(f"Person {number}")) for number in range(PEOPLE)]
    for person in people:
        world.join(person, group)
        world.subscribe(person, channel)
    simulator = Simulator(world)
    await simulator.start()
    asked: list[float] = []
    forget = simulator.calls.listen(
        lambda call: asked.append(time.perf_counter()) if call.method == "getChatMember" else None
    )
    with TemporaryDirectory() as folder:
        database = Path(folder) / "bench.db"
        guarded = Group(group, UserId(owner), "Group", Rule((channel,)))
        await _store(database, BotId(bot), guarded, people)
        await _run(simulator.url, database)
    forget()
    await simulator.stop()
    return asked


async def _store(path: Path, bot: BotId, group: Group, people: list[UserId]) -> None:
    database = await open_database(f"sqlite:///{path}")
    seen = Standing(Status.MEMBER, Stamp(int(time.time()), Source.EVENT, 1))
    await SqlStore(database, bot, lambda event: None).apply(
        Changes(
            groups=(group,),
            channels=(Channel(group.rule.channels[0], "News", "news"),),
            standings=tuple(LearntStanding(group.group_id, person, seen) for person in people),
        )
    )
    await database.close()


async def _run(url: str, database: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": url,
        "DATABASE_URL": f"sqlite:///{database}",
    }
    arguments = (sys.executable, "-m", "gmbot", "warm", "--all", "--rate", f"{RATE_PER_S:g}")
    process = await asyncio.create_subprocess_exec(
        *arguments,
        env=environ,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=database.parent,
    )
    async with asyncio.timeout(PATIENCE_S):
        code = await process.wait()
    if code:
        raise RuntimeError(f"gmbot warm ended with {code}")
