"""Who is known to wait for being let in."""

from __future__ import annotations

from gmbot.domain.ids import GroupId, UserId
from gmbot.gate.intents import Approve
from gmbot.gate.waiting_requests import MOST_WAITING, WaitingRequests

HERE, THERE = GroupId(-1), GroupId(-2)


def request(user: int, group: GroupId = HERE) -> Approve:
    """Return what somebody asked."""
    return Approve(group, UserId(user), user, 0)


def test_requests_are_found_by_person_and_group() -> None:
    """And those who asked elsewhere are left out."""
    waiting = WaitingRequests()
    for one in (request(1), request(1, THERE), request(2)):
        waiting.add(one)
    assert waiting.of(UserId(1), (HERE, THERE, GroupId(-3))) == (request(1), request(1, THERE))
    assert waiting.of(UserId(1), (THERE,)) == (request(1, THERE),)


def test_a_request_that_waits_no_more_is_forgotten() -> None:
    """However often."""
    waiting = WaitingRequests()
    waiting.add(request(1))
    for _ in range(2):
        waiting.discard(request(1))
    assert waiting.of(UserId(1), (HERE,)) == ()


def test_memory_is_bounded() -> None:
    """The oldest go first: they are found in the store when they fall due."""
    waiting = WaitingRequests()
    for user in range(MOST_WAITING + 1):
        waiting.add(request(user))
    assert waiting.of(UserId(0), (HERE,)) == ()
    assert waiting.of(UserId(1), (HERE,)) == (request(1),)
