"""A day of a large public service: who writes, joins and leaves where and when, as updates."""

from __future__ import annotations

import bisect
import functools
import itertools
import math
import random
from collections.abc import Callable, Iterator

import msgspec

from benchmarks.lean import updates
from benchmarks.town import Town

DAY_S = 86_400
SMALLEST_GROUP = 20
RAID = 30
"""So many strangers come at once."""

_Numbered = Callable[[int], bytes]
"""Makes an update once its number is known."""


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """What people do, for each 1,000 messages, but for the first three; docs/performance.md says why.

    `swing`: how far the hourly rate goes above and below its mean. `newcomers`: which share of those who
    join a group is subscribed already.
    """

    messages_a_day: int = 25_000_000
    swing: float = 0.8
    newcomers: float = 0.6
    edits: float = 20
    joins: float = 4
    leaves: float = 3
    subscriptions: float = 6
    unsubscriptions: float = 4
    commands: float = 2
    taps: float = 2
    raiders: float = 0.12

    def rate_at(self, second: float) -> float:
        """Return messages a second at a second of the day: most at 20:00, fewest at 8:00."""
        mean = self.messages_a_day / DAY_S
        return mean * (1 + self.swing * math.cos((second / DAY_S - 20 / 24) * 2 * math.pi))


class PublicService(Town, frozen=True):
    """Groups by Zipf: the second has half as many people and messages as the first, and so on."""

    groups: int = 13_000
    channels: int = 4_000
    people: int = 500_000

    def home(self, number: int) -> int:
        """Return the number of the group in which a person writes; strangers are spread over all."""
        if number >= self.people:
            return number % self.groups
        return bisect.bisect_right(self.offsets, number) - 1

    @property
    def offsets(self) -> list[int]:
        """The number of each group's first person."""
        return _offsets(self.groups, self.people)

    def members(self, home: int) -> range:
        """Return the numbers of a group's people."""
        offsets = self.offsets
        end = offsets[home + 1] if home + 1 < len(offsets) else self.people
        return range(offsets[home], max(end, offsets[home] + 1))


@functools.lru_cache(maxsize=4)
def _offsets(groups: int, people: int) -> list[int]:
    """Give each group a few people, and the rest by rank."""
    least = min(SMALLEST_GROUP, people // groups)
    rest = people - least * groups
    share = rest / sum(1 / rank for rank in range(1, groups + 1))
    sizes = [least + int(share / rank) for rank in range(1, groups + 1)]
    return [0, *itertools.accumulate(sizes[:-1])]


class Traffic:
    """Makes updates one after the other, numbered on, always the same for a seed."""

    def __init__(self, town: PublicService, habits: Habits, seed: int = 11) -> None:
        self._town = town
        self._habits = habits
        self._dice = random.Random(seed)
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, town.groups + 1)))
        self._strangers = itertools.count(town.people)
        self._kinds = _kinds(habits)
        self.messages = 0

    def updates(self, first_id: int, count: int, at: int) -> list[bytes]:
        """Return so many updates, of one moment."""
        homes = self._dice.choices(range(self._town.groups), cum_weights=self._weights, k=count)
        names, weights = zip(*self._kinds, strict=True)
        kinds = self._dice.choices(names, weights=weights, k=count)
        made = itertools.chain.from_iterable(
            self._of_kind(kind, home, at) for kind, home in zip(kinds, homes, strict=True)
        )
        return [update(number) for number, update in enumerate(itertools.islice(made, count), first_id)]

    def _of_kind(self, kind: str, home: int, at: int) -> Iterator[_Numbered]:
        group = self._town.group_id(home)
        person = self._town.person(self._somebody(home))
        match kind:
            case "message" | "edit":
                self.messages += kind == "message"
                write = updates.message if kind == "message" else updates.edited
                yield lambda number: write(number, group, person, at)
            case "command":
                yield lambda number: updates.command(number, group, person, at, "/status")
            case "tap":
                yield lambda number: updates.tap(number, group, person, at, "verify")
            case "raid":
                for _ in range(RAID):
                    yield self._moves(self._stranger(), group, at)
            case "join":
                known = self._dice.random() < self._habits.newcomers
                yield self._moves(person if known else self._stranger(), group, at)
            case "leave":
                yield self._moves(person, group, at, came=False)
            case _:
                channel = self._town.channel_id(home)
                reader = self._reader(person)
                yield self._moves(reader, channel, at, came=kind == "subscription", kind="channel")

    def _somebody(self, home: int) -> int:
        """By Zipf too: half of a group's messages come from the first few."""
        members = self._town.members(home)
        return members.start + min(int(len(members) ** self._dice.random()), len(members)) - 1

    def _stranger(self) -> int:
        return int(self._town.person(next(self._strangers)))

    def _reader(self, person: int) -> int:
        """Nine of ten who come to a channel or leave it never write in a group."""
        return person if self._dice.random() < 0.1 else self._stranger()

    def _moves(
        self, person: int, place: int, at: int, *, came: bool = True, kind: str = "supergroup"
    ) -> _Numbered:
        change = (updates.standing(person, "left"), updates.standing(person, "member"))
        where = updates.chat(place, kind)
        return lambda number: updates.member_changed(number, where, change if came else change[::-1], at)


def _kinds(habits: Habits) -> list[tuple[str, float]]:
    return [
        ("message", 1_000),
        ("edit", habits.edits),
        ("join", habits.joins),
        ("leave", habits.leaves),
        ("subscription", habits.subscriptions),
        ("unsubscription", habits.unsubscriptions),
        ("command", habits.commands),
        ("tap", habits.taps),
        ("raid", habits.raiders / RAID),
    ]
