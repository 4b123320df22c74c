"""One bot's shared memory in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from gmbot.adapters.redis import notation
from gmbot.adapters.redis.pipe import Pipe
from gmbot.adapters.redis.trust import Trust
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import BotId, ChannelId, UserId
from gmbot.domain.membership import Membership, MembershipState
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.events import SharedMemoryAsked
from gmbot.gate.news import FactsNews, News, Silence
from gmbot.gate.ports import Clock, Emit, KnownMemberships

READ_WITHIN_S = 0.1
"""The database answers sooner than a Redis that takes longer."""

REST_S = 1.0
"""How long a Redis that was too slow to be read is not read."""


class Keeping(msgspec.Struct, frozen=True):
    """How long facts are kept, in seconds: that somebody is in a channel, and that they are not.

    Each is varied by `jitter`, so that what was learnt together is not forgotten together.
    """

    positive_s: float = 600.0
    negative_s: float = 60.0
    jitter: float = 0.15

    def ttl_ms(self, fact: Membership, chance: float) -> int:
        """Return how long to keep a fact, in milliseconds; `chance` is from 0 to 1."""
        base = self.positive_s if fact.state is MembershipState.IN else self.negative_s
        return round(base * 1000 * (1 + self.jitter * (2 * chance - 1)))


class Means(msgspec.Struct, frozen=True):
    """What a shared memory works with. Whoever cannot be told something trusts memory for a lease at most."""

    trust: Trust
    emit: Emit
    clock: Clock
    random: Callable[[], float]
    monotonic: Callable[[], float]
    keeping: Keeping


class RedisMemory:
    """The SharedMemory of one bot. Its hub connects and disconnects it; without a connection it is empty."""

    def __init__(self, bot_id: BotId, means: Means) -> None:
        self.bot_id = bot_id
        self.era = ""
        self._trust = means.trust
        self._emit = means.emit
        self._random = means.random
        self._monotonic = means.monotonic
        self._keeping = means.keeping
        self._clock = means.clock
        self._alone_from = means.monotonic()
        self._pipe: Pipe | None = None
        self._keep = ""
        self._not_read_before = 0.0
        self._hear: list[Callable[[News], None]] = []

    @property
    def trusted(self) -> bool:
        """Whether whatever others store is heard of at once."""
        return self._pipe is not None and self._trust.holds(self._monotonic())

    def listen(self, hear: Callable[[News], None]) -> None:
        """Have `hear` called with what may have changed elsewhere."""
        self._hear.append(hear)

    async def recall(self, user_id: UserId, channels: Sequence[ChannelId]) -> KnownMemberships:
        """Return what is remembered of one person in these channels: one round trip, or nothing."""
        if self._pipe is None or not self.trusted or self._monotonic() < self._not_read_before:
            return {}
        started = self._monotonic()
        asked = self._pipe.ask("MGET", *notation.fact_keys(self.bot_id, user_id, channels))
        done, _ = await asyncio.wait({asked}, timeout=READ_WITHIN_S)
        if not done:
            asked.cancel()
            self._not_read_before = self._monotonic() + REST_S
        answered = bool(done) and asked.exception() is None
        self._emit(SharedMemoryAsked("recall", self._monotonic() - started, answered))
        return self._facts(channels, asked.result()) if answered else {}

    def offer(self, facts: Sequence[LearntMembership], era: str) -> None:
        """Keep copies of what was read from the store, unless newer facts or another era came meanwhile."""
        known = [(one.user_id, one.channel_id, one.membership) for one in facts if one.membership.known]
        if self._pipe is not None and era and known:
            self._tell(self._pipe, "copy", era, known)

    async def learn(self, changes: Changes) -> None:
        """Take in what was just stored, and return once everybody was told, or trusts no memory any more."""
        messages = list(notation.messages_of(changes))
        if not messages and not changes.memberships:
            return
        if self._pipe is None or not await self._told(self._pipe, messages, changes.memberships):
            await self._clock.sleep(max(0.0, self._alone_from - self._monotonic()))

    def connect(self, pipe: Pipe, era: str, keep: str) -> None:
        """Use this connection, in an era that begins; `keep` names the script KEEP."""
        self._pipe, self.era, self._keep = pipe, era, keep
        self._spread(Silence())

    def disconnect(self) -> None:
        """Do without: whatever happens from now on goes unheard."""
        if self._pipe is not None:
            self._alone_from = self._monotonic() + self._trust.lease_s
        self._pipe = None
        self._spread(Silence())

    def hear(self, news: News) -> None:
        """Pass on what Redis told."""
        self._spread(news)

    def hear_message(self, message: bytes) -> None:
        """Pass on a message."""
        told = notation.read_message(message)
        if isinstance(told, str):
            self._enter(told)
        elif told is not None:
            self._spread(told)

    def _enter(self, era: str) -> None:
        if era != self.era:
            self.era = era
            self._spread(FactsNews())

    def _facts(self, channels: Sequence[ChannelId], values: Sequence[bytes | None]) -> KnownMemberships:
        era = values[0]
        if era is None:
            return {}
        self._enter(era.decode())
        facts = {c: notation.read_fact(v, era) for c, v in zip(channels, values[1:], strict=True)}
        return {channel: fact for channel, fact in facts.items() if fact is not None}

    def _tell(
        self, pipe: Pipe, how: str, era: str, facts: Iterable[tuple[UserId, ChannelId, Membership]]
    ) -> asyncio.Future[Any]:
        keys, values = [notation.era_key(self.bot_id)], []
        for user_id, channel_id, fact in facts:
            keys.append(notation.fact_key(self.bot_id, user_id, channel_id))
            values += [notation.digits(fact), str(self._keeping.ttl_ms(fact, self._random()))]
        return pipe.ask("EVALSHA", self._keep, len(keys), *keys, era, how, *values)

    async def _told(self, pipe: Pipe, messages: Sequence[str], learnt: Sequence[LearntMembership]) -> bool:
        channel, started, ok = notation.news_channel(self.bot_id), self._monotonic(), True
        asked = [pipe.ask("PUBLISH", channel, message) for message in messages]
        if learnt:
            facts = [(one.user_id, one.channel_id, one.membership) for one in learnt]
            asked.append(self._tell(pipe, "stored", self.era, facts))
        try:
            await asyncio.gather(*asked)
        except Unavailable:
            ok = False
        self._emit(SharedMemoryAsked("learn", self._monotonic() - started, ok))
        return ok

    def _spread(self, news: News) -> None:
        for hear in self._hear:
            hear(news)
