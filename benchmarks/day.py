"""Days in the life of GMBot, faster than life: what is asked of Telegram, and how often memory knows.

Everything from `Dispatcher.handle` down to the Bot API's JSON is the product's own; the clock is virtual, the
database in memory, and Telegram a table that answers at once.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections import Counter
from typing import TypeVar

import msgspec

from benchmarks.figures import Figure
from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.adapters.telegram.transport import Reply
from gmbot.bootstrap import BotAtWork, Parts, assemble
from gmbot.domain.group import Channel, Group
from gmbot.domain.ids import BotId, ChannelId, GroupId, MessageId, UpdateId, UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing, Status
from gmbot.gate.changes import Changes
from gmbot.gate.events import Event, MembershipRecalled
from gmbot.gate.incoming import Chat, ChatKind, Incoming, MemberChanged, MessageSeen, Person

T = TypeVar("T")

TOKEN = "123456:" + "D" * 35
BOT = BotId(123456)
GROUPS, CHANNELS, PEOPLE = 100, 30, 3_000
DAYS, MESSAGES_A_DAY = 4, 40_000
CHURN_A_DAY = 60
"""How many people join a channel a day, and how many leave one."""

NEWCOMERS_A_DAY = 20
STRANGERS = 0.08
"""Which share of a group's people is not in its channels, and so cannot speak."""

LOST = 0.02
"""Which share of the channels' `chat_member` updates never comes."""

RESTARTS = (0.0,)
"""When the process is restarted, as shares of each day: its memory is empty then."""

START = 1_790_000_000.0
DAY_S = 86_400


class Day(msgspec.Struct, frozen=True):
    """What one day took. `calls` are those that messages led to, by method."""

    messages: int
    without_call: int
    remembered: int
    calls: dict[str, int]


class LeapingClock:
    """A clock that leaps from one moment to the next; whoever is due on the way wakes."""

    def __init__(self) -> None:
        self._now = START
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        """Return the time."""
        return self._now

    async def sleep(self, delay_s: float) -> None:
        """Return when the clock has leapt so far."""
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + delay_s, next(self._numbers), woken))
        await woken

    def leap(self, moment: float) -> bool:
        """Leap to a moment, or to when the first sleeper is due before it; True once it is reached."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        due = self._sleepers[0][0] if self._sleepers else moment
        self._now = max(self._now, min(due, moment))
        if due > moment or not self._sleepers:
            return True
        heapq.heappop(self._sleepers)[2].set_result(None)
        return False


class Town:
    """Who is in which channel, and a Bot API that tells."""

    def __init__(self, clock: LeapingClock, dice: random.Random) -> None:
        self._clock = clock
        self.calls: Counter[str] = Counter()
        self.inside: set[tuple[int, int]] = set()
        self.channels = [ChannelId(-1_000_000_000_000 - n) for n in range(CHANNELS)]
        self.groups = [self._group(n, dice) for n in range(GROUPS)]
        self.members = {group.group_id: list[int]() for group in self.groups}
        for number in range(PEOPLE):
            self.settle(7_000_000_000 + number, dice)

    def settle(self, user: int, dice: random.Random) -> None:
        """Have somebody join a few groups, and the channels of most of them."""
        for group in set(_zipf(dice, self.groups, 1 + dice.randrange(3))):
            self.members[group.group_id].append(user)
            if dice.random() >= STRANGERS:
                self.inside.update((user, channel) for channel in group.rule.channels)

    def qualifies(self, user: int, group: Group) -> bool:
        """Whether somebody is in all of a group's channels."""
        return all((user, channel) in self.inside for channel in group.rule.channels)

    def _group(self, number: int, dice: random.Random) -> Group:
        channels = tuple(dice.sample(self.channels, 1 + (number % 4 == 0)))
        return Group(GroupId(-2_000_000_000_000 - number), UserId(5), "A group", Rule(channels))

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Answer a call at once."""
        self.calls[method] += 1
        arguments = msgspec.json.decode(body) if body else {}
        answer = {"ok": True, "result": self._result(method, arguments)}
        return Reply(200, msgspec.json.encode(answer), self._clock.now() // 1)

    def _result(self, method: str, arguments: dict[str, int]) -> object:
        match method:
            case "getMe":
                return {"id": BOT, "is_bot": True, "first_name": "GMBot", "username": "gm_bot"}
            case "getChatMember":
                user, chat = arguments["user_id"], arguments["chat_id"]
                member = chat not in self.channels or (user, chat) in self.inside
                person = {"id": user, "is_bot": False, "first_name": "A"}
                return {"status": "member" if member else "left", "user": person}
            case "sendMessage":
                chat_of = {"id": arguments["chat_id"], "type": "supergroup", "title": "A group"}
                return {"message_id": self.calls["sendMessage"], "date": 1, "chat": chat_of}
            case _:
                return True


class Week:
    """GMBot in that town, over days."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._clock = LeapingClock()
        self._town = Town(self._clock, self._dice)
        self._database = MemoryDatabase()
        self._updates = itertools.count(1)
        self._remembered = 0
        self._work: BotAtWork | None = None

    async def run(self) -> list[Day]:
        """Return what each day took."""
        channels = tuple(Channel(c, "A channel", f"c{-c}") for c in self._town.channels)
        protected = Changes(groups=tuple(self._town.groups), channels=channels)
        await MemoryStore(BOT, self._database).apply(protected)
        days = [await self._day(number) for number in range(DAYS)]
        await self._stop()
        return days

    async def _day(self, number: int) -> Day:
        self._town.calls.clear()
        self._remembered = messages = without_call = 0
        for kind, at in self._schedule(START + number * DAY_S):
            await self._until(at)
            if kind == "restart":
                await self._restart()
            elif kind == "message":
                spoken = await self._message(int(at))
                messages += spoken is not None
                without_call += spoken == 0
            else:
                await self._come_or_go(kind, int(at))
        asked = {method: count for method, count in self._town.calls.items() if method != "getMe"}
        return Day(messages, without_call, self._remembered, asked)

    def _schedule(self, start: float) -> list[tuple[str, float]]:
        often = {
            "message": MESSAGES_A_DAY,
            "join": CHURN_A_DAY,
            "leave": CHURN_A_DAY,
            "newcomer": NEWCOMERS_A_DAY,
        }
        moments = [
            (kind, start + self._dice.random() * DAY_S) for kind, times in often.items() for _ in range(times)
        ]
        restarts = [("restart", start + share * DAY_S) for share in RESTARTS]
        return sorted(moments + restarts, key=lambda moment: (moment[1], moment[0]))

    async def _until(self, at: float) -> None:
        while not self._clock.leap(at):
            await asyncio.sleep(0)
            await self._rest()

    async def _rest(self) -> None:
        """Let whatever is under way end; what waits for time gets a little of it."""
        work = self._work
        while work is not None and len(work.outbox):
            await asyncio.sleep(0)
            self._clock.leap(self._clock.now() + 0.01)

    async def _message(self, at: int) -> int | None:
        """Return how many calls a message led to; None when nobody could write one."""
        group = _zipf(self._dice, self._town.groups, 1)[0]
        people = self._town.members[group.group_id]
        user = _zipf(self._dice, people, 1)[0] if people else None
        if user is None or not self._town.qualifies(user, group):
            return None
        before = self._town.calls.total()
        await self._handle(
            MessageSeen(
                update_id=UpdateId(next(self._updates)),
                at=at,
                chat=Chat(group.group_id, ChatKind.SUPERGROUP),
                message_id=MessageId(at),
                sender=Person(UserId(user), "A"),
            )
        )
        return self._town.calls.total() - before

    async def _come_or_go(self, kind: str, at: int) -> None:
        if kind == "newcomer":
            user = 8_000_000_000 + next(self._updates)
            self._town.settle(user, self._dice)
            for channel in [c for u, c in self._town.inside if u == user]:
                await self._tell(user, channel, at, joined=True)
            return
        pairs = self._town.inside
        user, channel = self._dice.choice(self._someone())
        (pairs.add if kind == "join" else pairs.discard)((user, channel))
        await self._tell(user, channel, at, joined=kind == "join")

    def _someone(self) -> list[tuple[int, int]]:
        group = _zipf(self._dice, self._town.groups, 1)[0]
        user = self._dice.choice(self._town.members[group.group_id])
        return [(user, channel) for channel in group.rule.channels]

    async def _tell(self, user: int, channel: int, at: int, *, joined: bool) -> None:
        if self._dice.random() < LOST:
            return
        number = UpdateId(next(self._updates))
        stamp = Stamp(at, Source.EVENT, number)
        person = Person(UserId(user), "A")
        states = [Standing(Status.LEFT, stamp, present=False), Standing(Status.MEMBER, stamp)]
        old, new = states if joined else states[::-1]
        chat = Chat(channel, ChatKind.CHANNEL)
        await self._handle(
            MemberChanged(update_id=number, at=at, chat=chat, actor=person, person=person, old=old, new=new)
        )

    async def _handle(self, incoming: Incoming) -> None:
        assert self._work is not None
        await self._work.dispatcher.handle(incoming)
        await self._rest()

    async def _restart(self) -> None:
        await self._stop()
        parts = Parts(
            clock=self._clock,
            random=self._dice.random,
            transport=lambda token: self._town,
            open_store=lambda bot_id, emit: MemoryStore(bot_id, self._database),
            emit=self._hear,
        )
        self._work = await assemble(TOKEN, parts)

    async def _stop(self) -> None:
        if self._work is not None:
            await self._work.stop(0.0)

    def _hear(self, event: Event) -> None:
        self._remembered += isinstance(event, MembershipRecalled) and event.hit


_WEIGHTS: dict[int, list[float]] = {}


def _zipf(dice: random.Random, things: list[T], count: int) -> list[T]:
    """Return some of the things: the second is half as likely as the first, the third a third, and so on."""
    if len(things) not in _WEIGHTS:
        _WEIGHTS[len(things)] = list(itertools.accumulate(1 / rank for rank in range(1, len(things) + 1)))
    return dice.choices(things, cum_weights=_WEIGHTS[len(things)], k=count)


async def week(seed: int = 20) -> list[Day]:
    """Return what each day of a week took, the first one starting with nothing known."""
    return await Week(seed).run()


async def of_a_day() -> list[Figure]:
    """Return what the last of a few days took, and how the first one differed, when nobody was known yet."""
    first, *_, last = await week()
    return [
        Figure("first day: messages with a call", 100 * _asking(first), "%", 20),
        Figure("a later day: messages with a call", 100 * _asking(last), "%", 1.0, 100),
        Figure(
            "a later day: calls per 1,000 messages", 1000 * sum(last.calls.values()) / last.messages, "", 50
        ),
        Figure(
            "a later day: getChatMember per 1,000", 1000 * last.calls["getChatMember"] / last.messages, "", 20
        ),
        Figure("a later day: verdicts not in memory", 100 * (1 - last.remembered / last.messages), "%", 15),
    ]


def _asking(day: Day) -> float:
    return 1 - day.without_call / day.messages
