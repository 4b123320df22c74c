"""The shared memory of a bot that runs in one process only: nobody to share with, nothing to hear."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gmbot.domain.ids import ChannelId, UserId
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.news import News
from gmbot.gate.ports import KnownMemberships


class Alone:
    """Keeps nothing; what this process remembers is all that there is to remember."""

    trusted = True
    era = ""

    def listen(self, hear: Callable[[News], None]) -> None:
        """Do nothing, as nobody else changes anything."""

    async def recall(self, user_id: UserId, channels: Sequence[ChannelId]) -> KnownMemberships:
        """Return that nothing is remembered."""
        return {}

    def offer(self, facts: Sequence[LearntMembership], era: str) -> None:
        """Do nothing."""

    async def learn(self, changes: Changes) -> None:
        """Do nothing."""
