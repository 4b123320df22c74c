"""Turns: the most urgent first, each lane once a round, and nobody is forgotten."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from gmbot.resilience.fair_queue import FairQueue, Ticket

CLASSES = 3
Entry = tuple[int, str]
ENTRIES = st.lists(st.tuples(st.integers(0, CLASSES - 1), st.sampled_from("abcd")), max_size=60)


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def everybody(ticket: Ticket[int]) -> bool:
    """Nobody is kept back."""
    return True


def queue_of(entries: Iterable[Entry], *, patience_s: float = float("inf")) -> FairQueue[int]:
    """A queue in which entries wait, numbered in the order in which they came."""
    queue = FairQueue[int](CLASSES, now=Hands(), patience_s=patience_s)
    for number, (priority, lane) in enumerate(entries):
        queue.push(number, lane, priority)
    return queue


def served(queue: FairQueue[int]) -> list[Ticket[int]]:
    """Serve everybody."""
    tickets: list[Ticket[int]] = []
    while (ticket := queue.pop(everybody)) is not None:
        tickets.append(ticket)
    return tickets


@given(ENTRIES)
def test_everybody_is_served_once(entries: list[Entry]) -> None:
    """And then nobody waits."""
    queue = queue_of(entries)
    assert sorted(ticket.item for ticket in served(queue)) == list(range(len(entries)))
    assert len(queue) == 0


@given(ENTRIES)
def test_the_more_urgent_never_wait_behind_the_less_urgent(entries: list[Entry]) -> None:
    """Whatever their lanes."""
    priorities = [ticket.priority for ticket in served(queue_of(entries))]
    assert priorities == sorted(priorities)


@given(ENTRIES)
def test_in_a_lane_the_first_to_come_is_the_first_to_go(entries: list[Entry]) -> None:
    """Among equals."""
    by_lane: dict[tuple[int, object], list[int]] = {}
    for ticket in served(queue_of(entries)):
        by_lane.setdefault((ticket.priority, ticket.lane), []).append(ticket.item)
    assert all(numbers == sorted(numbers) for numbers in by_lane.values())


@given(st.integers(1, 200), st.lists(st.sampled_from("bcd"), min_size=1, max_size=3, unique=True))
def test_behind_a_flood_another_lane_waits_for_one_round_at_most(flood: int, others: list[str]) -> None:
    """However much of the flood came before it."""
    entries = [(0, "a")] * flood + [(0, lane) for lane in others]
    order = [ticket.lane for ticket in served(queue_of(entries))]
    assert set(order[: len(others) + 1]) >= set(others)


@given(ENTRIES, st.sets(st.integers(0, 59)))
def test_who_gives_up_is_served_no_more_and_holds_nobody_up(entries: list[Entry], gone: set[int]) -> None:
    """Wherever in the queue they stood."""
    queue = FairQueue[int](CLASSES, now=Hands())
    tickets = [queue.push(number, lane, priority) for number, (priority, lane) in enumerate(entries)]
    for number in gone & set(range(len(entries))):
        assert queue.withdraw(tickets[number])
        assert not queue.withdraw(tickets[number])
    assert {ticket.item for ticket in served(queue)} == set(range(len(entries))) - gone


def test_who_may_not_go_keeps_the_place() -> None:
    """Others pass, those of the same lane do not."""
    queue = queue_of([(0, "a"), (0, "a"), (0, "b"), (1, "a")])
    assert queue.pop(lambda ticket: ticket.lane != "a" or ticket.priority == 1) is not None
    late = queue.pop(lambda ticket: ticket.lane != "a" or ticket.priority == 1)
    assert late is not None
    assert late.item == 3
    assert queue.pop(lambda ticket: False) is None
    assert [ticket.item for ticket in served(queue)] == [0, 1]


def test_it_tells_how_many_of_each_class_wait() -> None:
    """For whoever watches."""
    queue = queue_of([(0, "a"), (2, "a"), (2, "b")])
    assert [queue.depth(priority) for priority in range(CLASSES)] == [1, 0, 2]


def test_who_has_waited_too_long_goes_first() -> None:
    """So that a stream of urgent ones starves nobody; the one who waited longest before all."""
    clock = Hands()
    queue = FairQueue[str](CLASSES, now=clock, patience_s=5)
    queue.push("old", "a", 2)
    clock.time = 1
    queue.push("later", "a", 1)
    clock.time = 4.9
    queue.push("urgent", "b", 0)
    first = queue.pop(lambda ticket: True)
    clock.time = 6
    queue.push("also urgent", "b", 0)
    order = [ticket.item for ticket in iter(lambda: queue.pop(lambda ticket: True), None)]
    assert first is not None
    assert (first.item, order) == ("urgent", ["old", "later", "also urgent"])


def test_who_has_waited_too_long_but_may_not_go_keeps_nobody_waiting() -> None:
    """The next in turn goes."""
    clock = Hands()
    queue = FairQueue[str](CLASSES, now=clock, patience_s=5)
    queue.push("kept back", "a", 2)
    clock.time = 6
    queue.push("urgent", "b", 0)
    ticket = queue.pop(lambda ticket: ticket.item != "kept back")
    assert ticket is not None
    assert ticket.item == "urgent"


def test_patience_that_ends_now_has_ended() -> None:
    """To the moment."""
    clock = Hands()
    queue = FairQueue[str](CLASSES, now=clock, patience_s=5)
    queue.push("old", "a", 2)
    clock.time = 1
    queue.push("urgent", "b", 0)
    clock.time = 5
    ticket = queue.pop(lambda ticket: True)
    assert ticket is not None
    assert ticket.item == "old"


def test_only_who_has_waited_too_long_goes_before_the_urgent() -> None:
    """Not those who came after them."""
    clock = Hands()
    queue = FairQueue[str](CLASSES, now=clock, patience_s=5)
    queue.push("kept back", "a", 2)
    clock.time = 3
    queue.push("patient", "b", 1)
    clock.time = 6
    queue.push("urgent", "c", 0)
    ticket = queue.pop(lambda ticket: ticket.item != "kept back")
    assert ticket is not None
    assert ticket.item == "urgent"


def test_an_empty_queue_serves_nobody_however_late_it_is() -> None:
    """Nor does one whose last one gave up."""
    clock = Hands()
    queue = FairQueue[str](CLASSES, now=clock, patience_s=5)
    queue.withdraw(queue.push("gone", "a", 2))
    clock.time = 60
    assert queue.pop(lambda ticket: True) is None


def test_whoever_waits_alone_is_served_however_late() -> None:
    """Nobody else need be there."""
    clock = Hands()
    queue = FairQueue[str](CLASSES, now=clock, patience_s=5)
    queue.push("alone", "a", 2)
    clock.time = 9
    ticket = queue.pop(lambda ticket: True)
    assert ticket is not None
    assert ticket.item == "alone"
