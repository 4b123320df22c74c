"""Every visit of the store to a large database: 10,000 groups, a million memberships, on both engines.

The rows are put there by bulk, the visits are the product's own, each with other people in other groups.
PostgreSQL runs as in the tests, without waiting for the disk; SQLite as in production.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.fixtures.postgres import running_postgres

from benchmarks.figures import Figure
from benchmarks.filling import fill_postgres, fill_sqlite
from gmbot.adapters.sql import rows
from gmbot.adapters.sql.check import examine
from gmbot.adapters.sql.database import Database, open_database
from gmbot.adapters.sql.migrate import upgrade
from gmbot.adapters.sql.sizes import row_counts
from gmbot.adapters.sql.store import SqlStore
from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import EndReason, Hold, HoldState
from gmbot.domain.ids import BotId, ChannelId, GroupId, MessageId, UpdateId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing, Status
from gmbot.gate.ages import Aging, Page
from gmbot.gate.changes import AuditEntry, Changes, LearntMembership, LearntStanding
from gmbot.gate.intents import Judge, Owed, Settle

BOT = BotId(123456)
NOW = 1_790_000_000
GROUPS, CHANNELS = 10_000, 4_000
PEOPLE = 500_000
CHANNELS_EACH = 2
STANDINGS, HOLDS, ACTIVE_HOLDS = 1_000_000, 100_000, 20_000
INTENTS, DUE = 100_000, 50_000
AUDIT, UPDATES = 100_000, 200_000
ROUNDS, VISITS, PAGE = 3, 150, 100
AIM_MS, PAGE_AIM_MS, START_AIM_MS = 5.0, 20.0, 2_000.0
SEED: Final = 4

Rows = Iterator[dict[str, Any]]


def _group(number: int) -> GroupId:
    return GroupId(-1_000_000_000_000 - number)


def _channel(number: int) -> ChannelId:
    return ChannelId(-1_500_000_000_000 - number % CHANNELS)


def _required(number: int) -> tuple[ChannelId, ...]:
    return (_channel(number), _channel(number * 7 + 1))[: 1 + number % 2]


def _a_group(number: int) -> Group:
    rule = Rule(tuple(dict.fromkeys(_required(number))))
    return Group(_group(number), UserId(number + 1), f"Group {number}", rule, protected_at=NOW)


def _a_hold(number: int) -> Hold:
    group = number % GROUPS
    hold = Hold(
        _group(group),
        UserId(1 + number * 5),
        NOW - number,
        NOW + 30_000_000,
        _required(group),
        HoldState.PLACED,
        name=f"Somebody {number}",
        prompted_at=NOW - number,
    )
    if number >= ACTIVE_HOLDS:
        return hold.ended(EndReason.QUALIFIED, NOW - number)
    return hold.prompted(MessageId(number), NOW - number) if number % 4 else hold


def _an_intent(number: int) -> Owed:
    group, user = _group(number % GROUPS), UserId(number + 1)
    due = NOW - number if number < DUE else NOW + number
    intent = Settle(group, user) if number % 3 else Judge(group, user, MessageId(number), NOW)
    return Owed(intent, due, NOW - number, number)


def _memberships() -> Rows:
    for user in range(1, PEOPLE + 1):
        for place in range(CHANNELS_EACH):
            fact = Membership(Stamp(NOW - user, Source.EVENT, user), MembershipState(1 + user % 2))
            learnt = LearntMembership(
                UserId(user), _channel(user + place * (CHANNELS // CHANNELS_EACH)), fact
            )
            yield rows.membership_values(BOT, learnt)


def _standings() -> Rows:
    each = STANDINGS // GROUPS
    for group in range(GROUPS):
        for place in range(each):
            user = UserId(1 + (group * 50 + place * 37) % PEOPLE)
            standing = Standing(Status.MEMBER, Stamp(NOW - user, Source.EVENT, user))
            yield rows.standing_values(BOT, LearntStanding(_group(group), user, standing))


def _tables() -> dict[str, Callable[[], Rows]]:
    return {
        "owners": lambda: (
            {"bot_id": BOT, "owner_id": number, "first_seen_at": NOW} for number in range(1, GROUPS + 1)
        ),
        "groups": lambda: (rows.group_values(BOT, _a_group(number)) for number in range(GROUPS)),
        "channels": lambda: (
            rows.channel_values(BOT, Channel(_channel(number), f"Channel {number}"))
            for number in range(CHANNELS)
        ),
        "links": lambda: (
            link for number in range(GROUPS) for link in rows.link_values(BOT, _a_group(number))
        ),
        "memberships": _memberships,
        "standings": _standings,
        "holds": lambda: (rows.hold_values(BOT, _a_hold(number)) for number in range(HOLDS)),
        "intents": lambda: (rows.owed_values(BOT, _an_intent(number)) for number in range(INTENTS)),
        "applied_updates": lambda: (
            {"bot_id": BOT, "update_id": number, "applied_at": NOW - UPDATES + number}
            for number in range(UPDATES)
        ),
        "audit": lambda: (
            {
                "entry_id": number + 1,
                **rows.audit_values(
                    BOT, AuditEntry(NOW - AUDIT + number, _group(number % GROUPS), UserId(1), "protect")
                ),
            }
            for number in range(AUDIT)
        ),
    }


class Visitor:
    """Somebody else each time."""

    def __init__(self, database: Database) -> None:
        self.store = SqlStore(database, BOT, lambda event: None)
        self._database = database
        self._random = random.Random(SEED)
        self._numbers = count(10**9)

    def anybody(self) -> UserId:
        return UserId(self._random.randint(1, PEOPLE))

    def anywhere(self) -> int:
        return self._random.randrange(GROUPS)

    def _batch(self) -> list[tuple[UserId, ChannelId]]:
        people = (self.anybody() for _ in range(PAGE))
        return [(user, _required(self.anywhere())[0]) for user in people]

    def hot(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """Return the visits that people wait for, or that are paid all the time."""
        store, anywhere = self.store, self.anywhere
        return {
            "memberships, a batch": lambda: store.memberships(self._batch()),
            "standing": lambda: store.standing(_group(anywhere()), self.anybody()),
            "hold": lambda: store.hold(_group(anywhere()), self.anybody()),
            "person": lambda: store.person(_group(anywhere()), self.anybody(), _required(anywhere())),
            "holds_in": lambda: store.holds_in(_group(anywhere()), UserId(0), PAGE),
            "told": lambda: store.told(_group(anywhere())),
            "untold": lambda: store.untold(_group(anywhere()), NOW, PAGE),
            "holds_of": lambda: store.holds_of(self.anybody()),
            "revision": store.revision,
            "count_holds": store.count_holds,
            "next_due": store.next_due,
            "audit": lambda: store.audit(_group(anywhere()), PAGE),
            "claim, nothing due": lambda: store.claim(0, 60.0, PAGE),
            "claim, five due": lambda: store.claim(NOW, 60.0, 5),
            **self._writes(),
        }

    def in_background(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """Return the visits for which nobody waits, or only an admin; a page is a hundred rows or people."""
        return {
            "claim, a hundred due": lambda: self.store.claim(NOW, 60.0, PAGE),
            "apply: a group": lambda: self.store.apply(self._protected()),
            "known, a page": lambda: self.store.known(
                _group(self.anywhere()), _required(self.anywhere()), self.anybody(), PAGE
            ),
            **{f"prune {table}, a page": partial(self._prune, table) for table in Aging},
        }

    def _writes(self) -> dict[str, Callable[[], Awaitable[object]]]:
        return {
            "apply: facts": lambda: self.store.apply(self._facts()),
            "apply: a hold": lambda: self.store.apply(self._hold()),
            "apply: paid": lambda: self.store.apply(Changes(paid=(self._debt(),))),
            "apply: postponed": lambda: self.store.apply(Changes(postponed=(self._debt(),))),
        }

    def at_start(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """Return the visits that read a whole table, at a start or every few minutes."""
        return {
            "groups": self.store.groups,
            "channels": self.store.channels,
            "sweeps": self.store.sweeps,
            "row_counts": lambda: self._database.read(row_counts),
        }

    def _facts(self) -> Changes:
        user, group = self.anybody(), self.anywhere()
        stamp = Stamp(NOW + 60, Source.EVENT, next(self._numbers))
        fact = Membership(stamp, MembershipState.IN)
        return Changes(
            update_id=UpdateId(next(self._numbers)),
            at=NOW,
            memberships=(LearntMembership(user, _channel(user), fact),),
            standings=(LearntStanding(_group(group), user, Standing(Status.MEMBER, stamp)),),
        )

    def _hold(self) -> Changes:
        hold = Hold(_group(self.anywhere()), self.anybody(), NOW, NOW + 1, (_channel(1),))
        return Changes(holds=(hold,), owed=(Owed(Settle(hold.group_id, hold.user_id), NOW, NOW, 1),))

    def _debt(self) -> Owed:
        return _an_intent(self._random.randrange(INTENTS))

    def _protected(self) -> Changes:
        group = _a_group(self.anywhere())
        channel = Channel(group.rule.channels[0], "Renamed")
        note = AuditEntry(NOW, group.group_id, group.owner_id, "protect")
        return Changes(groups=(group,), channels=(channel,), audit=(note,))

    async def _prune(self, table: Aging) -> object:
        after = {
            Aging.APPLIED_UPDATES: (self._random.randrange(UPDATES),),
            Aging.AUDIT: (self.anywhere(),),
            Aging.SET_ASIDE: (0,),
        }
        facts = (int(self.anybody()), 0) if table is Aging.MEMBERSHIPS else (_group(self.anywhere()), 0)
        page = Page(table=table, before=NOW - PEOPLE // 2, after=after.get(table, facts))
        return await self.store.prune(page)


async def _timed(visit: Callable[[], Awaitable[object]], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await visit()
        taken.append((time.perf_counter() - began) * 1_000)
    return taken


async def _p95(visit: Callable[[], Awaitable[object]]) -> float:
    """Return the best of several rounds: what else the machine does comes in bursts."""
    rounds = [await _timed(visit, VISITS) for _ in range(ROUNDS)]
    return min(statistics.quantiles(taken, n=100, method="inclusive")[94] for taken in rounds)


async def _measured(url: str) -> list[Figure]:
    database = await open_database(url)
    visitor = Visitor(database)
    figures = []
    for visits, aim in ((visitor.hot(), AIM_MS), (visitor.in_background(), PAGE_AIM_MS)):
        for name, visit in visits.items():
            await _timed(visit, 10)
            figures.append(Figure(f"{database.dialect} {name} p95", await _p95(visit), "ms", aim))
    for name, visit in visitor.at_start().items():
        median = statistics.median(await _timed(visit, 3))
        figures.append(Figure(f"{database.dialect} {name}", median, "ms", START_AIM_MS))
    await database.close()
    return [*figures, await _by_index(database.dialect, url)]


async def _by_index(dialect: str, url: str) -> Figure:
    seen = await examine(url)
    wrong = len(seen.missing) + sum(len(query.problems) for query in seen.queries)
    return Figure(f"{dialect} queries that no index serves", wrong, "", 0)


async def of_sqlite() -> list[Figure]:
    """Return the figures of SQLite, on a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "gmbot.db"
        url = f"sqlite:///{path}"
        await upgrade(url)
        await asyncio.to_thread(fill_sqlite, path, _tables())
        return await _measured(url)


async def of_postgres() -> list[Figure]:
    """Return the figures of PostgreSQL, on a server of its own."""
    with running_postgres() as server:
        url = server.url(server.create())
        await upgrade(url)
        await fill_postgres(url, _tables())
        server.run(f"SELECT setval('audit_numbers', {AUDIT})", url.rpartition("/")[2])
        return await _measured(url)


async def of_databases() -> list[Figure]:
    """Return the figures of both."""
    return await of_sqlite() + await of_postgres()
