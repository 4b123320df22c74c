"""Mixed traffic: 97 % ordinary messages, 1 % joins, 1 % leaves, 1 % commands and taps."""

from __future__ import annotations

import random
import time

import msgspec

from benchmarks.children import BASELINE, Ground, Subject, at_work
from benchmarks.figures import Figure, sample
from benchmarks.floor import messages
from benchmarks.lean import updates
from benchmarks.ordinary import polled

ROUNDS = 5
COMINGS = 0.01
GOINGS = 0.01
REQUESTS = 0.01
SEED = 7
UNLIMITED = {"SEND_RATE": "10000", "SEND_BURST": "10000", "GROUP_MESSAGES_PER_MINUTE": "10000"}
"""At thousands of updates a second, what Telegram allows to be sent would be measured, not GMBot."""


class Crossroads:
    """Makes mixed traffic. Half of those who join are strangers; whoever leaves has joined before."""

    def __init__(self, ground: Ground) -> None:
        self._town = ground.town
        self._dice = random.Random(SEED)
        self._next_id = ground.first_id
        self._newcomers = ground.town.people
        self._inside: list[int] = []

    def updates(self, count: int, now: int) -> list[bytes]:
        """Return so many updates, numbered on from the last."""
        made = [self._one(number, now) for number in range(self._next_id, self._next_id + count)]
        self._next_id += count
        return made

    def skip(self, next_id: int) -> None:
        """Leave out numbers that others used."""
        self._next_id = next_id

    def _one(self, number: int, now: int) -> bytes:
        throw = self._dice.random()
        if throw < COMINGS:
            return self._join(number, now)
        if throw < COMINGS + GOINGS and self._inside:
            return self._leave(number, now)
        person = self._dice.randrange(self._town.people)
        group, user = self._town.group(person), self._town.person(person)
        if throw < COMINGS + GOINGS + REQUESTS:
            if self._dice.random() < 0.5:
                return updates.tap(number, group, user, now, "verify")
            return updates.command(number, group, user, now, "/status")
        return updates.message(number, group, user, now)

    def _join(self, number: int, now: int) -> bytes:
        """Somebody new, or somebody known who comes to another group that requires the same channel."""
        town = self._town
        if self._dice.random() < 0.5:
            person = self._newcomers
            self._newcomers += 1
        else:
            person = self._dice.randrange(town.people)
        self._inside.append(person)
        return self._moves(number, person, now, came=True)

    def _leave(self, number: int, now: int) -> bytes:
        place = self._dice.randrange(len(self._inside))
        self._inside[place], self._inside[-1] = self._inside[-1], self._inside[place]
        return self._moves(number, self._inside.pop(), now, came=False)

    def _moves(self, number: int, person: int, now: int, *, came: bool) -> bytes:
        user = self._town.person(person)
        change = (updates.standing(user, "left"), updates.standing(user, "member"))
        where = updates.chat(self._town.group(person))
        return updates.member_changed(number, where, change if came else change[::-1], now)


async def rounds(ground: Ground, count: int) -> list[tuple[float, float]]:
    """Return CPU and time per update, in µs, of several rounds."""
    traffic = Crossroads(ground)
    async with at_work(ground) as subject:
        people = ground.town.people
        await polled(subject, messages(ground.town, ground.first_id, people, int(time.time())))
        await subject.quiet()
        return [await _round(subject, traffic, count) for _ in range(ROUNDS)]


async def _round(subject: Subject, traffic: Crossroads, count: int) -> tuple[float, float]:
    mailbox = subject.telegram.mailbox
    traffic.skip(mailbox.next_id)
    made = traffic.updates(count, int(time.time()))
    cpu_s, began = subject.cpu_s(), time.perf_counter()
    await polled(subject, made)
    took = time.perf_counter() - began
    # What is owed for them is part of the price.
    await subject.quiet(0.2)
    return (subject.cpu_s() - cpu_s) / count * 1e6, took / count * 1e6


async def of_mixed(count: int = 10_000, theirs: int = 300) -> list[Figure]:
    """Return what mixed traffic costs."""
    ground = Ground(environ=UNLIMITED)
    seen = await rounds(ground, count)
    plain = await _plain(msgspec.structs.replace(ground, module=BASELINE), theirs)
    rates, their_rates = ([1e6 / wall for _, wall in of] for of in (seen, plain))
    return [
        sample(cpu for cpu, _ in seen).figure(
            "mixed traffic: CPU", "µs", elsewhere=sample(cpu for cpu, _ in plain).median
        ),
        sample(rates).figure(
            "mixed traffic: rate", "/s", aim=4_000, at_least=True, elsewhere=sample(their_rates).median
        ),
    ]


async def _plain(ground: Ground, count: int) -> list[tuple[float, float]]:
    """The other bot confirms before it handles, so it is over when nothing more is asked."""
    traffic = Crossroads(ground)
    async with at_work(ground) as subject:
        seen = []
        for _ in range(ROUNDS):
            traffic.skip(subject.telegram.mailbox.next_id)
            made = traffic.updates(count, int(time.time()))
            cpu_s, began = subject.cpu_s(), time.perf_counter()
            subject.telegram.mailbox.put(made)
            await subject.quiet(1.0, patience_s=60.0)
            took = subject.telegram.last_call_s - began
            seen.append(((subject.cpu_s() - cpu_s) / count * 1e6, took / count * 1e6))
        return seen
