"""Who is known to wait for being let into a group."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from gmbot.domain.ids import GroupId, UserId
from gmbot.gate.intents import Approve

MOST_WAITING: Final = 10_000


class WaitingRequests:
    """The requests that this process knows to wait, so that news of their people are acted on at once.

    Bounded: what is forgotten is found when it falls due.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[UserId, GroupId], Approve] = OrderedDict()

    def add(self, request: Approve) -> None:
        """Remember a request, and forget the oldest beyond ten thousand."""
        self._waiting[request.user_id, request.group_id] = request
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popitem(last=False)

    def discard(self, request: Approve) -> None:
        """Forget a request that waits no more."""
        self._waiting.pop((request.user_id, request.group_id), None)

    def of(self, user_id: UserId, groups: tuple[GroupId, ...]) -> tuple[Approve, ...]:
        """Return what somebody has asked of these groups."""
        found = (self._waiting.get((user_id, group_id)) for group_id in groups)
        return tuple(request for request in found if request is not None)
