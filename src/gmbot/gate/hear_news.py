"""Hear of what other processes stored: forget what may be out of date, and read the groups again."""

from __future__ import annotations

import asyncio

from gmbot.domain.errors import TransientError
from gmbot.gate.guarded import Guarded
from gmbot.gate.news import FactsNews, GroupsNews, MembershipNews, News, Silence, StandingNews
from gmbot.gate.ports import Clock, Memory, SharedMemory, Store
from gmbot.resilience.racing import race

RETRY_S = 1.0
LOOK_EVERY_S = 5.0
"""How often it is looked whether groups were changed of which nobody told: one row, by its key."""


class NewsDesk:
    """Keeps one process's memory and its directory of groups equal to what is stored."""

    def __init__(
        self, memory: Memory, guarded: Guarded, store: Store, shared: SharedMemory, clock: Clock
    ) -> None:
        self._memory = memory
        self._guarded = guarded
        self._store = store
        self._clock = clock
        self._others = 0
        """How many of the stored changes of groups are not this process's own, as far as it has read them."""
        self._outdated = asyncio.Event()
        shared.listen(self.hear)

    def hear(self, news: News) -> None:
        """Forget what the news are about, before anybody can ask for it."""
        match news:
            case MembershipNews(user_id=user_id, channel_id=channel_id):
                self._memory.forget_membership(user_id, channel_id)
            case StandingNews(group_id=group_id, user_id=user_id):
                self._memory.forget_standing(group_id, user_id)
            case GroupsNews():
                self._outdated.set()
            case FactsNews():
                self._memory.forget_all()
            case Silence():
                self._memory.forget_all()
                self._outdated.set()

    async def run(self) -> None:
        """Read the groups again whenever they may have changed, whether or not anybody could tell of it."""
        while True:
            await race(self._outdated.wait(), self._clock.sleep(LOOK_EVERY_S))
            self._outdated.clear()
            try:
                # News of this process's own changes come back to it as well.
                if await self._missed_some():
                    await self.read()
            except TransientError:
                await self._clock.sleep(RETRY_S)
                self._outdated.set()

    async def read(self) -> None:
        """Have the directory become what is stored. Raises Unavailable.

        What this process itself changed while it was reading is newer than what it read: it reads again.
        """
        revision, storing = self._guarded.revision, self._guarded.storing
        # Whatever is stored from here on counts as not read yet.
        stored = await self._store.revision()
        groups, channels = await self._store.groups(), await self._store.channels()
        if self._guarded.revision != revision:
            self._outdated.set()
            return
        if self._guarded.hears_anew(channels):
            self._memory.forget_memberships()
        self._guarded.replace(groups, channels)
        if not storing:
            # Else one of ours may be counted that is not learnt yet: the next look tells.
            self._others = stored - revision

    async def _missed_some(self) -> bool:
        """Whether others stored changes of groups, whoever could tell of them."""
        return await self._store.revision() - self._guarded.revision != self._others
