"""Whether the bot keeps its promises, judged by the world's truth and not by what the bot says.

Only what a group requires is taken from the bot: that is a setting. Who is subscribed and who is muted
is looked up in the world.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from gmbot.simulator.arguments import Arguments
from gmbot.simulator.calls import Call
from gmbot.simulator.chats import Chat
from gmbot.simulator.members import Member
from gmbot.simulator.world import World

CROSSING_S = 1.0
"""A mute that lands this soon after its person subscribed crossed with the news of it: no mistake."""

Requirement = tuple[tuple[int, ...], int]
"""A group's channels, and how many of them have to be joined."""


class Promise(msgspec.Struct, frozen=True):
    """A count of people; `broken` when it should be zero and is not."""

    key: str
    label: str
    count: int
    broken: bool = False
    passing: bool = False
    """Not zero while something heals."""


class Promises:
    """Follows mutes as they land, by whose hand they are."""

    def __init__(self, world: World, groups: Iterable[int]) -> None:
        self._world = world
        self._groups = tuple(groups)
        self._mistaken: set[tuple[int, int]] = set()
        self._by_hand: set[tuple[int, int]] = set()
        self._subscribed_at: dict[tuple[int, int], float] = {}
        self.requirements: Mapping[int, Requirement] = {}

    def called(self, call: Call) -> None:
        """Judge each mute of the bot at the moment it lands."""
        if call.method.lower() != "restrictchatmember" or call.status != 200:
            return
        arguments = Arguments(call.arguments)
        place = (arguments.integer("chat_id"), arguments.integer("user_id"))
        if self._muted(*place) and place not in self._by_hand and self._qualified_long(*place):
            self._mistaken.add(place)

    def muted_by_hand(self, group: int, person: int) -> None:
        """An admin muted somebody."""
        self._by_hand.add((group, person))
        self._mistaken.discard((group, person))

    def lifted_by_hand(self, group: int, person: int) -> None:
        """An admin lifted a mute."""
        self._by_hand.discard((group, person))

    def subscribed(self, person: int, channel: int) -> None:
        """Somebody joined a channel just now."""
        self._subscribed_at[person, channel] = self._world.now()

    def is_by_hand(self, group: int, person: int) -> bool:
        """Whether a mute there is an admin's."""
        return (group, person) in self._by_hand

    def judge(self, waiting: int) -> tuple[Promise, ...]:
        """Return what is so now; `waiting` updates have not been taken by the bot."""
        self._mistaken = {place for place in self._mistaken if self._muted(*place)}
        undone = sum(not self._muted(*place) for place in self._by_hand if self._inside(*place))
        kinds = Counter(kind for group in self._groups for kind in self._kinds(group))
        wrong = sum(self._qualified(*place) for place in self._mistaken)
        return (
            Promise("wrong", "Wrongly muted now", wrong, broken=wrong > 0),
            Promise("undone", "Admins' mutes undone", undone, broken=undone > 0),
            Promise("held", "Rightly held", kinds["held"]),
            Promise("freeing", "Subscribed, to be freed", kinds["freeing"] - wrong, passing=True),
            Promise("open", "Not subscribed, not judged", kinds["open"], passing=True),
            Promise("waiting", "Updates waiting", waiting, passing=True),
        )

    def _kinds(self, group: int) -> Iterable[str]:
        if group not in self.requirements:
            return
        place, now = self._world.place(group), self._world.now()
        for person, member in list(place.members.items()):
            standing = member.at(now)
            if standing.is_member and not standing.is_admin and person not in self._world.bots:
                yield self._kind(place, person, standing)

    def _kind(self, place: Chat, person: int, standing: Member) -> str:
        qualified = self._qualified(place.id, person)
        if not _silent(standing):
            return "well" if qualified else "open"
        if (place.id, person) in self._by_hand:
            return "by hand"
        return "freeing" if qualified else "held"

    def _inside(self, group: int, person: int) -> bool:
        return self._world.member(group, person).is_member

    def _muted(self, group: int, person: int) -> bool:
        return group in self._world.chats and _silent(self._world.member(group, person))

    def _qualified(self, group: int, person: int) -> bool:
        return self._joined(group, person, self._world.now() + 1)

    def _qualified_long(self, group: int, person: int) -> bool:
        return self._joined(group, person, self._world.now() - CROSSING_S)

    def _joined(self, group: int, person: int, before: float) -> bool:
        channels, needed = self.requirements.get(group, ((), 1))
        joined = sum(
            self._world.member(channel, person).is_member
            and self._subscribed_at.get((person, channel), 0.0) < before
            for channel in channels
        )
        return joined >= needed


def _silent(member: Member) -> bool:
    return member.status == "restricted" and "can_send_messages" not in member.permissions
