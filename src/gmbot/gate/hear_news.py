"""Hear what other processes stored: forget what may be out of date, and read the groups again."""

from __future__ import annotations

import asyncio

from gmbot.domain.errors import TransientError
from gmbot.gate.guarded import Guarded
from gmbot.gate.news import FactsNews, GroupsNews, MembershipNews, News, Silence, StandingNews
from gmbot.gate.ports import Clock, Memory, SharedMemory, Store

RETRY_S = 1.0
DEAF_EVERY_S = 10.0
"""How often the groups are read again while nobody can tell of changes."""


class NewsDesk:
    """Keeps one process's memory and its directory of groups equal to what is stored."""

    def __init__(
        self, memory: Memory, guarded: Guarded, store: Store, shared: SharedMemory, clock: Clock
    ) -> None:
        self._memory = memory
        self._guarded = guarded
        self._store = store
        self._shared = shared
        self._clock = clock
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
        """Read the groups again whenever they may have changed, and now and then while nobody would tell."""
        watch = asyncio.create_task(self._watch())
        try:
            while True:
                await self._outdated.wait()
                self._outdated.clear()
                await self._reload()
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(DEAF_EVERY_S)
            if not self._shared.trusted:
                self._outdated.set()

    async def _reload(self) -> None:
        """What this process itself changed while it was reading is newer than what it read."""
        try:
            revision = self._guarded.revision
            groups, channels = await self._store.groups(), await self._store.channels()
        except TransientError:
            await self._clock.sleep(RETRY_S)
            self._outdated.set()
            return
        if self._guarded.revision != revision:
            self._outdated.set()
            return
        if self._guarded.hears_anew(channels):
            self._memory.forget_memberships()
        self._guarded.replace(groups, channels)
