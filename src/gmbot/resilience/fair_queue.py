"""Whose turn it is: the most urgent first, and among equals everybody in turn."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Ticket(Generic[T]):
    """A place in a queue; `gone` once it was served or given up."""

    __slots__ = ("gone", "item", "lane", "priority", "since")

    def __init__(self, item: T, lane: Hashable, priority: int, since: float) -> None:
        self.item = item
        self.lane = lane
        self.priority = priority
        self.since = since
        self.gone = False


class FairQueue(Generic[T]):
    """Priority classes from 0, the most urgent; a class's lanes take turns; in a lane, first come first.

    Whoever has waited longer than `patience_s` goes before everybody else, so that no class starves.
    Every operation takes the same time however many wait, but for lanes that `pop` must pass over.
    """

    def __init__(self, classes: int, *, now: Callable[[], float], patience_s: float = math.inf) -> None:
        self._classes: list[OrderedDict[Hashable, deque[Ticket[T]]]] = [OrderedDict() for _ in range(classes)]
        self._depths = [0] * classes
        self._now = now
        self._patience_s = patience_s
        self._impatient_at = math.inf

    def __len__(self) -> int:
        """Return how many wait."""
        return sum(self._depths)

    def depth(self, priority: int) -> int:
        """Return how many of a class wait."""
        return self._depths[priority]

    def push(self, item: T, lane: Hashable, priority: int) -> Ticket[T]:
        """Let an item wait at the end of its lane."""
        ticket = Ticket(item, lane, priority, self._now())
        self._classes[priority].setdefault(lane, deque()).append(ticket)
        self._depths[priority] += 1
        self._impatient_at = min(self._impatient_at, ticket.since + self._patience_s)
        return ticket

    def withdraw(self, ticket: Ticket[T]) -> bool:
        """Give up a place; False if it was served or given up before."""
        if ticket.gone:
            return False
        ticket.gone = True
        self._depths[ticket.priority] -= 1
        self._trim(ticket)
        return True

    def pop(self, allowed: Callable[[Ticket[T]], bool]) -> Ticket[T] | None:
        """Serve the first whose ticket is `allowed`; whoever is not keeps its place, and its lane waits."""
        ticket = self._impatient(allowed) or self._next(allowed)
        if ticket is not None:
            self.withdraw(ticket)
            lanes = self._classes[ticket.priority]
            if ticket.lane in lanes:
                lanes.move_to_end(ticket.lane)
        return ticket

    def heads(self) -> Iterator[Ticket[T]]:
        """Yield the first of every lane, the most urgent first; the queue must not change meanwhile."""
        for lanes in self._classes:
            for waiting in lanes.values():
                yield waiting[0]

    def _next(self, allowed: Callable[[Ticket[T]], bool]) -> Ticket[T] | None:
        return next((head for head in self.heads() if allowed(head)), None)

    def _impatient(self, allowed: Callable[[Ticket[T]], bool]) -> Ticket[T] | None:
        """Return the one that has waited longest, if that is too long; a head is the oldest of its lane."""
        now = self._now()
        if now < self._impatient_at:
            return None
        oldest = sorted(self.heads(), key=lambda head: head.since)
        self._impatient_at = oldest[0].since + self._patience_s if oldest else math.inf
        late = (head for head in oldest if head.since + self._patience_s <= now)
        return next((head for head in late if allowed(head)), None)

    def _trim(self, ticket: Ticket[T]) -> None:
        """Keep the first of every lane alive: those who gave up behind it are passed over later."""
        lanes = self._classes[ticket.priority]
        waiting = lanes[ticket.lane]
        while waiting and waiting[0].gone:
            waiting.popleft()
        if not waiting:
            del lanes[ticket.lane]
