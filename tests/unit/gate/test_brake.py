"""The brake's windows: one a group, forgotten when nobody is checked there any more."""

from __future__ import annotations

from gmbot.domain.ids import GroupId, UserId
from gmbot.domain.mass_flip import FlipCount, FlipLimits
from gmbot.gate.brake import SPRING_CLEANING, Brake
from gmbot.simulator import VirtualClock

GROUP, ANOTHER = GroupId(-1), GroupId(-2)
LIMITS = FlipLimits(share=0.5, least=3, window_s=60.0)


def flips(brake: Brake, group: GroupId, first: int, last: int) -> list[FlipCount | None]:
    """Have these people turn OUT one after the other."""
    return [brake.flipped(group, UserId(user)) for user in range(first, last + 1)]


def test_it_tells_what_was_seen_once_it_is_too_much() -> None:
    """The third of three is one too many."""
    brake = Brake(LIMITS, VirtualClock())
    assert flips(brake, GROUP, 1, 3) == [None, None, FlipCount(3, 3)]


def test_groups_are_counted_apart() -> None:
    """What happens in one says nothing of another."""
    brake = Brake(LIMITS, VirtualClock())
    flips(brake, GROUP, 1, 2)
    assert flips(brake, ANOTHER, 3, 4) == [None, None]


def test_those_who_are_still_there_weigh_against_it() -> None:
    """Three of six are half, and not more."""
    brake = Brake(LIMITS, VirtualClock())
    for user in (7, 8, 9):
        brake.passed(GROUP, UserId(user))
    assert flips(brake, GROUP, 1, 4) == [None, None, None, FlipCount(4, 7)]


async def test_a_group_whose_admins_have_looked_begins_anew() -> None:
    """What they know already is not told again."""
    brake = Brake(LIMITS, VirtualClock())
    flips(brake, GROUP, 1, 3)
    brake.forget(GROUP)
    assert flips(brake, GROUP, 4, 5) == [None, None]


async def test_quiet_groups_are_forgotten() -> None:
    """Memory does not grow with the number of groups that were ever busy."""
    clock = VirtualClock()
    brake = Brake(LIMITS, clock)
    for number in range(SPRING_CLEANING - 1):
        brake.passed(GroupId(-number - 10), UserId(1))
    await clock.advance(61)
    brake.passed(GROUP, UserId(1))
    assert len(brake) == 1
