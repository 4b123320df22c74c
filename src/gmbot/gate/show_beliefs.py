"""Show what is believed of people, for a demo: read only, and Telegram is never asked."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gmbot.domain.errors import TransientError
from gmbot.domain.group import Group
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership
from gmbot.domain.verdict import Verdict, decide
from gmbot.gate.bot import Bot
from gmbot.gate.ports import PersonRecord, Store


class BelievedFact(msgspec.Struct, frozen=True):
    """A membership, how it was learnt, and its age in seconds."""

    channel_id: ChannelId
    state: str
    source: str
    age_s: float


class BelievedHold(msgspec.Struct, frozen=True):
    """A hold: its state, its age in seconds, and why it ended, if it did."""

    state: str
    age_s: float
    end: str | None = None


class BelievedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on a person with what it rests on; `remembered` when only memory could be asked."""

    user_id: UserId
    judgement: str
    reason: str
    facts: tuple[BelievedFact, ...] = ()
    hold: BelievedHold | None = None
    remembered: bool = False


class BelievedChannel(msgspec.Struct, frozen=True):
    """A channel that a group requires."""

    channel_id: ChannelId
    title: str
    usable: bool


class BelievedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A guarded group, how many of its channels have to be joined, and what is thought of its people."""

    group_id: GroupId
    title: str
    needed: int
    channels: tuple[BelievedChannel, ...]
    paused: str | None
    people: tuple[BelievedPerson, ...]


class Beliefs(msgspec.Struct, frozen=True):
    """Everything that is guarded, and what is thought of the people who were asked about."""

    groups: tuple[BelievedGroup, ...] = ()


async def show_beliefs(bot: Bot, store: Store, people: Sequence[UserId]) -> Beliefs:
    """Return what is believed of these people in every guarded group; from memory where `store` is away."""
    groups = [await _group(bot, store, group, people) for group in bot.guarded.groups]
    return Beliefs(tuple(groups))


async def _group(bot: Bot, store: Store, group: Group, people: Sequence[UserId]) -> BelievedGroup:
    channels = tuple(BelievedChannel(c.channel_id, c.title, c.usable) for c in bot.guarded.channels_of(group))
    return BelievedGroup(
        group_id=group.group_id,
        title=group.title,
        needed=group.rule.needed,
        channels=channels,
        paused=group.paused,
        people=tuple([await _person(bot, store, group, person) for person in people]),
    )


async def _person(bot: Bot, store: Store, group: Group, user_id: UserId) -> BelievedPerson:
    now = bot.telegram.now()
    try:
        record = await store.person(group.group_id, user_id, group.rule.channels)
    except TransientError:
        return _believed(user_id, bot.knowledge.recall(group, user_id, now), PersonRecord(), now, kept=False)
    return _believed(user_id, decide(bot.knowledge.evidence(group, record, now)), record, now, kept=True)


def _believed(
    user_id: UserId, verdict: Verdict, record: PersonRecord, now: float, *, kept: bool
) -> BelievedPerson:
    hold = record.hold
    return BelievedPerson(
        user_id=user_id,
        judgement=verdict.judgement,
        reason=verdict.reason,
        facts=tuple(_fact(channel, fact, now) for channel, fact in record.memberships.items()),
        hold=None if hold is None else BelievedHold(hold.state, max(0.0, now - hold.at), hold.end),
        remembered=not kept,
    )


def _fact(channel_id: ChannelId, fact: Membership, now: float) -> BelievedFact:
    stamp = fact.stamp
    return BelievedFact(
        channel_id, fact.state.name.lower(), stamp.source.name.lower(), max(0.0, now - stamp.at)
    )
