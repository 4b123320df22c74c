"""The memory that processes share, as honest about failures as a Redis: it may hang, vanish, be wiped."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence

from tests.simulation.mortal import Mortal

from gmbot.domain.ids import BotId, ChannelId, UserId
from gmbot.domain.membership import UNKNOWN, Membership, merge
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.news import FactsNews, GroupsNews, MembershipNews, News, Silence, StandingNews
from gmbot.gate.ports import KnownMemberships

LEASE_S = 0.3
READ_WITHIN_S = 0.1
SETTLE_S = 2.0
RETRY_S = 0.5
WAY_S = 0.002

Fact = tuple[str, Membership]


class Tier:
    """The server: facts of each bot under an era, and links that hear what others tell."""

    def __init__(self, chance: random.Random) -> None:
        self.facts: dict[tuple[BotId, UserId, ChannelId], Fact] = {}
        self.eras: dict[BotId, str] = {}
        self.links: list[TierMemory] = []
        self.up = True
        self.chance = chance
        self.stopped_at = 0.0
        self._serial = 0

    def stop(self) -> None:
        """Answer nobody any more, whether dead or hung."""
        if self.up:
            self.up = False
            self.stopped_at = asyncio.get_running_loop().time()
            for link in self.links:
                asyncio.get_running_loop().call_later(LEASE_S * self.chance.random(), link.lose)

    def start(self) -> None:
        """Answer again; whoever lost it finds it again within moments."""
        if not self.up:
            self.up = True
            for link in self.links:
                asyncio.get_running_loop().call_later(RETRY_S * (0.5 + self.chance.random()), link.find)

    def wipe(self) -> None:
        """Lose everything; those who listen are told."""
        self.facts.clear()
        self.eras.clear()
        for link in self.links:
            link.hear_soon(FactsNews())

    def begin_era(self, bot_id: BotId) -> str:
        """Let nothing count that was kept before."""
        self._serial += 1
        self.eras[bot_id] = era = f"era{self._serial}"
        self.tell(bot_id, FactsNews(), None)
        return era

    def keep(self, bot_id: BotId, user_id: UserId, channel_id: ChannelId, fact: Membership, era: str) -> None:
        """Keep the better of two facts of one era."""
        current = self.eras.setdefault(bot_id, era)
        key = (bot_id, user_id, channel_id)
        kept = self.facts.get(key, ("", UNKNOWN))
        better = fact if kept[0] != current else merge(kept[1], fact) if fact.known else fact
        self.facts[key] = (current, better)

    def tell(self, bot_id: BotId, news: News, teller: TierMemory | None) -> None:
        """Tell every other process of that bot."""
        for link in self.links:
            if link.bot_id == bot_id and link is not teller:
                link.hear_soon(news)


class TierMemory:
    """One process's link for one bot: the SharedMemory port."""

    def __init__(self, bot_id: BotId, tier: Tier, mortal: Mortal) -> None:
        self.bot_id = bot_id
        self.era = ""
        self._tier = tier
        self._mortal = mortal
        self._hear: list[Callable[[News], None]] = []
        self._linked = False
        self._since = 0.0
        self._alone_from = 0.0
        tier.links.append(self)
        self.find(settle_s=0.0)

    @property
    def trusted(self) -> bool:
        """Whether whatever others store is heard of at once; the end of that is noticed within a lease."""
        now = asyncio.get_running_loop().time()
        leased = self._tier.up or now < self._tier.stopped_at + LEASE_S
        return self._linked and leased and now >= self._since

    def listen(self, hear: Callable[[News], None]) -> None:
        """Have `hear` called with what may have changed elsewhere."""
        self._hear.append(hear)

    async def recall(self, user_id: UserId, channels: Sequence[ChannelId]) -> KnownMemberships:
        """Return what is remembered of one person in these channels."""
        if not self.trusted:
            return {}
        await self._way()
        if not self._tier.up:
            await asyncio.sleep(READ_WITHIN_S)
            return {}
        era = self._tier.eras.get(self.bot_id)
        kept = ((c, self._tier.facts.get((self.bot_id, user_id, c))) for c in channels)
        return {c: fact[1] for c, fact in kept if fact is not None and fact[0] == era and fact[1].known}

    def offer(self, facts: Sequence[LearntMembership], era: str) -> None:
        """Keep copies of what was read from the store, unless another era came meanwhile."""
        if (
            not self._linked
            or not self._tier.up
            or self._mortal.dead
            or self._tier.eras.get(self.bot_id) != era
        ):
            return
        for one in facts:
            self._tier.keep(self.bot_id, one.user_id, one.channel_id, one.membership, era)

    async def learn(self, changes: Changes) -> None:
        """Take in what was just stored; without the tier, return once nobody trusts their memory any more."""
        await self._mortal.alive()
        if not (news := _news(changes)) and not changes.memberships:
            return
        if self._linked and self._tier.up:
            await self._way()
            await self._mortal.alive()
        if self._linked and self._tier.up:
            self._take_in(changes, news)
            await self._way()
            return
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, max(self._alone_from, self._tier.stopped_at) + LEASE_S - now))

    def hear_soon(self, news: News) -> None:
        """Hear news after they have come a way."""
        asyncio.get_running_loop().call_later(WAY_S * self._tier.chance.random(), self._spread, news)

    def lose(self) -> None:
        """Notice that the tier does not answer."""
        if self._linked and not self._tier.up:
            self._linked = False
            self._alone_from = asyncio.get_running_loop().time()
            self._spread(Silence())

    def find(self, settle_s: float = SETTLE_S) -> None:
        """Connect, in an era that begins."""
        if self._tier.up and not self._linked and not self._mortal.dead:
            self._linked = True
            self._since = asyncio.get_running_loop().time() + settle_s
            self.era = self._tier.begin_era(self.bot_id)
            self._spread(Silence())

    def _take_in(self, changes: Changes, news: list[News]) -> None:
        for learnt in changes.memberships:
            self._tier.keep(self.bot_id, learnt.user_id, learnt.channel_id, learnt.membership, self.era)
        for one in news:
            self._tier.tell(self.bot_id, one, self)

    def _spread(self, news: News) -> None:
        if self._mortal.dead:
            return
        if isinstance(news, FactsNews):
            self.era = self._tier.eras.get(self.bot_id, self.era)
        for hear in self._hear:
            hear(news)

    async def _way(self) -> None:
        await asyncio.sleep(WAY_S * self._tier.chance.random())


def _news(changes: Changes) -> list[News]:
    news: list[News] = [MembershipNews(one.user_id, one.channel_id) for one in changes.memberships]
    news += [StandingNews(one.group_id, one.user_id) for one in changes.standings]
    if changes.of_groups:
        news.append(GroupsNews())
    return news
