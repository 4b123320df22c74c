"""Small values to store, and hypothesis' versions of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from hypothesis import strategies as st

from gmbot.domain.group import Channel, Group, GroupSettings, PauseReason
from gmbot.domain.hold import EndReason, Hold, HoldState
from gmbot.domain.ids import ChannelId, GroupId, MessageId, UpdateId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Quorum, Rule
from gmbot.domain.standing import EVERYTHING, MUTED, Restriction, Standing, Status
from gmbot.gate.changes import AuditEntry, Changes, LearntMembership, LearntStanding, Moved, SetAside
from gmbot.gate.intents import (
    BlockSender,
    Delete,
    Intent,
    Judge,
    Owed,
    Prompt,
    Rewrite,
    Say,
    Settle,
    SettleEverywhere,
)
from gmbot.gate.outgoing import Address, Note
from gmbot.gate.ports import Store
from gmbot.gate.sweeps import Sweep, SweepKind

GROUP = GroupId(-1001)
CHANNEL = ChannelId(-2001)
USER = UserId(77)
AT = 1_790_000_000.0


def group(group_id: GroupId = GROUP, *channels: ChannelId, **changes: Any) -> Group:
    """Return a group that requires these channels, or CHANNEL."""
    made = Group(group_id, UserId(5), "A group", Rule(channels or (CHANNEL,)), protected_at=AT)
    return msgspec.structs.replace(made, **changes)


def channel(channel_id: ChannelId = CHANNEL, title: str = "A channel") -> Channel:
    """Return a public channel."""
    return Channel(channel_id, title, "a_channel")


def fact(at: int = 10, state: MembershipState = MembershipState.IN) -> Membership:
    """Return an event's fact of a second."""
    return Membership(Stamp(at, Source.EVENT, at), state)


def learnt(membership: Membership, user: UserId = USER, where: ChannelId = CHANNEL) -> Changes:
    """Return changes that hold one membership."""
    return Changes(memberships=(LearntMembership(user, where, membership),))


async def known(store: Store, user: UserId, channels: Iterable[ChannelId]) -> dict[ChannelId, Membership]:
    """Return what a store knows of one person in channels."""
    found = await store.memberships([(user, channel) for channel in channels])
    return {one.channel_id: one.membership for one in found}


def seen(standing: Standing, user: UserId = USER, where: GroupId = GROUP) -> Changes:
    """Return changes that hold one standing."""
    return Changes(standings=(LearntStanding(where, user, standing),))


def hold(user: UserId = USER, where: GroupId = GROUP, **changes: Any) -> Hold:
    """Return a hold that is in place."""
    made = Hold(where, user, AT, int(AT) + 1000, (CHANNEL,), HoldState.PLACED, name="Ann")
    return msgspec.structs.replace(made, **changes)


def owed(intent: Intent | None = None, *, due_at: float = AT, token: int = 1, **changes: Any) -> Owed:
    """Return a debt, to settle USER unless told otherwise."""
    made = Owed(intent or Settle(GROUP, USER), due_at, AT, token)
    return msgspec.structs.replace(made, **changes)


def sweep(where: GroupId = GROUP, kind: SweepKind = SweepKind.ROUND, **changes: Any) -> Sweep:
    """Return a sweep that has begun."""
    return msgspec.structs.replace(Sweep(where, kind, AT), **changes)


def set_aside(update_id: int = 1, at: float = AT) -> SetAside:
    """Return an update that could not be handled."""
    return SetAside(UpdateId(update_id), "message", "KeyError", "judge.py:1", 3, at, "{}")


def full(update_id: int = 1) -> Changes:
    """Return changes that put something into every table."""
    return Changes(
        update_id=UpdateId(update_id),
        at=AT,
        groups=(group(),),
        channels=(channel(),),
        memberships=learnt(fact()).memberships,
        standings=seen(Standing(Status.MEMBER)).standings,
        holds=(hold(), hold(UserId(78), prompt_id=MessageId(3))),
        owed=(owed(),),
        audit=(AuditEntry(AT, GROUP, USER, "protect"),),
        sweeps=(sweep(),),
        set_aside=(set_aside(),),
    )


_few_groups = st.sampled_from([GroupId(-1), GroupId(-2), GroupId(-3)])
_few_chats = st.sampled_from([ChannelId(-1), ChannelId(-2), ChannelId(-11), ChannelId(-12), ChannelId(-13)])
_few_people = st.sampled_from([UserId(1), UserId(2)])
_moments = st.integers(0, 3).map(float)
_stamps = st.builds(Stamp, st.integers(0, 3), st.sampled_from(Source), st.integers(0, 2))

memberships = st.builds(Membership, _stamps, st.sampled_from(MembershipState))


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    """Standings whose details follow from what `newer` compares: equal ranks are equal facts."""
    status, present = draw(st.sampled_from(Status)), draw(st.booleans())
    until = draw(st.integers(0, 2))
    allowed = MUTED if until == 0 else frozenset({"can_send_polls"}) if until == 1 else EVERYTHING
    by = UserId(until) if until else None
    return Standing(status, draw(_stamps), present, Restriction(allowed, until), by)


@st.composite
def _rules(draw: st.DrawFn) -> Rule:
    chosen = tuple(draw(st.lists(_few_chats, unique=True, max_size=3)))
    if not chosen or draw(st.booleans()):
        return Rule(chosen, draw(st.sampled_from([Quorum.ALL, Quorum.ANY])))
    return Rule(chosen, Quorum.AT_LEAST, draw(st.integers(1, len(chosen))))


_groups = st.builds(
    Group,
    _few_groups,
    _few_people,
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8),
    _rules(),
    st.builds(GroupSettings, delete_messages=st.booleans()),
    st.none() | st.sampled_from(PauseReason),
    st.none() | _few_chats,
    _moments,
)
_channels = st.builds(
    Channel, _few_chats, st.just("t"), st.none() | st.just("u"), st.none() | st.just("l"), st.booleans()
)


@st.composite
def _holds(draw: st.DrawFn) -> Hold:
    state = draw(st.sampled_from(HoldState))
    return Hold(
        draw(_few_groups),
        draw(_few_people),
        at=draw(_moments),
        until=9,
        missing=tuple(draw(st.lists(_few_chats, max_size=2, unique=True))),
        state=state,
        end=EndReason.QUALIFIED if state is HoldState.ENDED else None,
        prompt_id=draw(st.none() | st.just(MessageId(4))),
        prompted_at=draw(_moments),
        away=draw(st.booleans()),
        revision=draw(st.integers(0, 3)),
    )


_notes = st.just(Note("text"))
_messages = st.sampled_from([MessageId(1), MessageId(2)])
_intents: st.SearchStrategy[Intent] = st.one_of(
    st.builds(Settle, _few_groups, _few_people),
    st.builds(Judge, _few_groups, _few_people, _messages, st.just(1)),
    st.builds(Prompt, _few_groups),
    st.builds(Delete, _few_groups, st.tuples(_messages)),
    st.builds(Say, st.just("o"), st.builds(Address, _few_groups), _notes),
    st.builds(Rewrite, _few_groups, _messages, _notes),
    st.builds(BlockSender, _few_groups, _few_chats),
    st.builds(SettleEverywhere, _few_chats, _few_people),
)
debts = st.builds(
    Owed, _intents, _moments, owed_at=_moments, token=st.integers(0, 1), attempts=st.integers(0, 2)
)
_moves = st.sampled_from([Moved(-1, -2), Moved(-2, -1), Moved(-3, -4), Moved(-12, -13)])


def _several(one: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=most).map(tuple)


def _once_each(
    one: st.SearchStrategy[Any], key: Callable[[Any], object]
) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=3, unique_by=key).map(tuple)


_sweeps = st.builds(Sweep, _few_groups, st.sampled_from(SweepKind), _moments, st.integers(0, 3))
_set_aside = st.builds(set_aside, st.integers(1, 4), _moments)
_audit = st.builds(AuditEntry, _moments, _few_groups, _few_people, st.just("a"), st.none() | _few_chats)
changes = st.builds(
    Changes,
    update_id=st.none() | st.integers(1, 4),
    at=_moments,
    groups=_several(_groups),
    unguarded=_several(_few_groups, 1),
    channels=_several(_channels),
    memberships=_several(st.builds(LearntMembership, _few_people, _few_chats, memberships)),
    standings=_several(st.builds(LearntStanding, _few_groups, _few_people, standings())),
    holds=_several(_holds()),
    owed=_several(debts),
    paid=_once_each(debts, lambda debt: debt.key),
    postponed=_once_each(debts, lambda debt: debt.key),
    moved=_several(_moves, 1),
    audit=_several(
        st.builds(AuditEntry, _moments, _few_groups, _few_people, st.just("a"), st.none() | _few_chats)
    ),
    sweeps=_several(_sweeps),
    set_aside=_once_each(_set_aside, lambda one: one.update_id),
)
"""Changes that often speak of the same few people and places, as only those can go wrong."""

GROUPS = [GroupId(-1), GroupId(-2), GroupId(-3), GroupId(-4)]
CHATS = [ChannelId(n) for n in (-1, -2, -3, -4, -11, -12, -13)]
PEOPLE = [UserId(1), UserId(2)]
