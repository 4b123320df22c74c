"""`gmbot sweep` and `gmbot warm`: ask Telegram about many people, within a budget, from where it stopped."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Final

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from gmbot.adapters.sql.database import open_database
from gmbot.adapters.sql.store import SqlStore
from gmbot.adapters.telegram.http import HttpPool
from gmbot.bootstrap import BotAtWork, Parts, assemble
from gmbot.bootstrap.circuits import get_redis_circuit, open_circuits
from gmbot.bootstrap.limits import flip_limits, send_limits
from gmbot.bootstrap.protection import ProtectedDatabase
from gmbot.bootstrap.sharing import open_hub, shared_budget
from gmbot.domain.errors import ConfigurationError
from gmbot.domain.group import Group
from gmbot.domain.ids import GroupId
from gmbot.gate.changes import Changes
from gmbot.gate.ports import Emit
from gmbot.gate.sweep_group import Estimate, estimate
from gmbot.gate.sweeps import Sweep, SweepKind, SweepPlan
from gmbot.resilience.clock import SystemClock
from gmbot.settings import Settings

DAY_S: Final = 86_400
WIDE: Final = 160


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: in these groups (all if none is named), how fast, and how."""

    kind: SweepKind
    groups: Sequence[int] = ()
    rate_per_s: float = 5.0
    active_days: float = 30.0
    dry_run: bool = False


Place = tuple[BotAtWork, Group]


async def run_batch(settings: Settings, wanted: Wanted) -> int:
    """Do what is wanted, show how far it is, report; return the exit code: 1 if anybody was not learnt about.

    Raises ConfigurationError for a group that no bot guards.
    """
    async with _bots(settings, wanted.rate_per_s) as bots:
        places = _places(bots, wanted.groups)
        if wanted.dry_run:
            terms = bots[0].bot.sweeping.ages.terms(wanted.kind)
            _show_estimates([(g, await estimate(w.bot, g, terms)) for w, g in places], wanted.rate_per_s)
            return 0
        done = [await _sweep(work, group, wanted) for work, group in places]
        for work in bots:
            await work.settled()
    _show_report([(group, sweep) for (_, group), sweep in zip(places, done, strict=True)])
    return 1 if any(sweep.failed for sweep in done) else 0


@asynccontextmanager
async def _bots(settings: Settings, rate_per_s: float) -> AsyncIterator[list[BotAtWork]]:
    """Yield every bot, without taking updates from whoever does."""
    async with contextlib.AsyncExitStack() as exits:
        clock, random = SystemClock(), Random().random
        emit: Emit = lambda event: None  # noqa: E731
        circuits = open_circuits(time.monotonic, random, emit)
        opened = await open_database(settings.database_url.reveal())
        exits.push_async_callback(opened.close)
        database = ProtectedDatabase(opened, circuits, clock=clock, random=random, emit=emit)
        hub = open_hub(settings, clock, emit, random, circuits[get_redis_circuit()])
        if hub is not None:
            exits.push_async_callback(hub.stop)
            await hub.start()
        pool = HttpPool(settings.telegram_api_url)
        exits.push_async_callback(pool.close)
        limits = send_limits(settings)
        parts = Parts(
            clock=clock,
            random=random,
            transport=pool.bot,
            open_store=lambda bot_id, emit: SqlStore(database, bot_id, emit),
            emit=emit,
            circuits=circuits,
            open_shared=hub.memory if hub is not None else None,
            limits=limits,
            shared_budget=shared_budget(hub, limits),
            flips=flip_limits(settings),
            sweeps=SweepPlan(rate_per_s=rate_per_s, serve=False),
        )
        bots = [await assemble(token.reveal(), parts) for token in settings.bot_tokens]
        for work in bots:
            exits.push_async_callback(work.stop)
        yield bots


def _places(bots: Sequence[BotAtWork], wanted: Sequence[int]) -> list[Place]:
    guarded = [(work, group) for work in bots for group in work.bot.guarded.groups]
    if not wanted:
        return guarded
    found = [place for place in guarded if place[1].group_id in wanted]
    missing = sorted(set(wanted) - {group.group_id for _, group in found})
    if missing:
        raise ConfigurationError(f"no bot of BOT_TOKEN guards group {missing[0]}; /status there tells more")
    return found


async def _sweep(work: BotAtWork, group: Group, wanted: Wanted) -> Sweep:
    sweep = await _begun(work, group, wanted)
    if sweep.people:
        sys.stderr.write(f"{group.title}: going on after {sweep.people} people.\n")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(group.title, total=sweep.total, completed=sweep.people)
        show: Callable[[Sweep], None] = lambda now: bar.update(task, completed=now.people)  # noqa: E731
        return await work.reconciler.sweep(sweep, show)


async def _begun(work: BotAtWork, group: Group, wanted: Wanted) -> Sweep:
    """Return the sweep that was interrupted, or a new one."""
    bot = work.bot
    for sweep in await bot.store.sweeps():
        if sweep.key == (group.group_id, wanted.kind) and sweep.finished_at is None:
            return sweep
    now = bot.clock.now()
    people = (await estimate(bot, group, bot.sweeping.ages.terms(wanted.kind))).people
    since = now - wanted.active_days * DAY_S if wanted.kind is SweepKind.WARM else 0
    sweep = Sweep(GroupId(group.group_id), wanted.kind, now, total=people, since=since)
    await bot.ledger.write(Changes(sweeps=(sweep,)))
    return sweep


def _show_estimates(seen: Sequence[tuple[Group, Estimate]], rate_per_s: float) -> None:
    headings = ("group", "people", "to ask about", "questions", "seconds", "to mute", "to free")
    table = _table("What a sweep would do", headings)
    for group, one in seen:
        seconds = round(one.questions / rate_per_s)
        figures = (one.people, one.asked, one.questions, seconds, one.held, one.freed)
        table.add_row(group.title, *map(str, figures))
    _print(table)


def _show_report(done: Sequence[tuple[Group, Sweep]]) -> None:
    headings = (
        "group",
        "people",
        "verified",
        "not verified",
        "errors",
        "questions",
        "to mute",
        "to free",
        "seconds",
    )
    table = _table("What was learnt", headings)
    for group, one in done:
        took_s = (one.finished_at or one.touched_at) - one.started_at
        figures = (one.people, one.inside, one.outside, one.failed, one.asked, one.held, one.freed)
        table.add_row(group.title, *map(str, figures), f"{took_s:.1f}")
    _print(table)


def _print(table: Table) -> None:
    """Print a table; where no terminal has a width, nothing is cut."""
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)


def _table(title: str, headings: Sequence[str]) -> Table:
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "group" else "right", no_wrap=True)
    return table
