"""Every visit that a store pays to a database, played on what is there; for `gmbot db-check`.

What is written is about chats and people that cannot exist, and it is never committed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from gmbot.adapters.sql.tables import groups, holds, links, memberships, standings
from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import EndReason, Hold, HoldState
from gmbot.domain.ids import BotId, ChannelId, GroupId, MessageId, UpdateId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing, Status
from gmbot.gate.ages import Aging, Page
from gmbot.gate.changes import (
    NO_CHANGES,
    AuditEntry,
    Changes,
    LearntMembership,
    LearntStanding,
    Moved,
    SetAside,
)
from gmbot.gate.intents import Judge, Owed, Settle
from gmbot.gate.ports import Store
from gmbot.gate.sweeps import Sweep, SweepKind

_FAR = 2**62
"""Beyond any id of Telegram's (at most 52 bits), so no row of anybody's is in the way."""

_GROUP, _ELSEWHERE, _USER, _CHANNEL = GroupId(-_FAR), GroupId(1 - _FAR), UserId(-_FAR), ChannelId(-_FAR)
_LONG_AGO = -2_000_000_000
_BEFORE = -1_000_000_000.0
_PAGE = 100


class Sample(NamedTuple):
    """A bot, and somebody whom it knows, for the reads; made up where there is nobody."""

    bot: BotId
    group: GroupId
    user: UserId
    held: UserId
    channels: tuple[ChannelId, ...]


class Visit(NamedTuple):
    """A visit by the store's method of that name.

    `given`: what is written first, in the same transaction. `whole`: it reads a whole table by design: at a
    start, when a group moves, or to count.
    """

    method: str
    pay: Callable[[Store, Sample], Awaitable[object]]
    given: Changes = NO_CHANGES
    whole: bool = False
    detail: str = ""

    @property
    def name(self) -> str:
        """The method, and which of its ways."""
        return f"{self.method} ({self.detail})" if self.detail else self.method


def sample(db: Connection) -> Sample:
    """Return whom to look for: the first rows that there are."""
    place = db.execute(select(groups.c.bot_id, groups.c.group_id).limit(1)).first()
    if place is None:
        return Sample(BotId(0), _GROUP, _USER, _USER, (_CHANNEL,))
    bot, group = BotId(place[0]), GroupId(place[1])
    here = (standings.c.bot_id == bot, standings.c.group_id == group)
    user = db.scalars(select(standings.c.user_id).where(*here).limit(1)).first()
    user = (
        user or db.scalars(select(memberships.c.user_id).where(memberships.c.bot_id == bot).limit(1)).first()
    )
    held = db.scalars(select(holds.c.user_id).where(holds.c.bot_id == bot).limit(1)).first()
    required = select(links.c.channel_id).where(links.c.bot_id == bot, links.c.group_id == group)
    channels = tuple(ChannelId(channel) for channel in db.scalars(required)) or (_CHANNEL,)
    return Sample(bot, group, UserId(user or _USER), UserId(held or _USER), channels)


def _owed(token: int) -> tuple[Owed, ...]:
    intents = (Settle(_GROUP, _USER), Judge(_GROUP, _USER, MessageId(1), 0))
    return tuple(Owed(intent, _LONG_AGO, _LONG_AGO, token) for intent in intents)


def _hold(user: UserId = _USER) -> Hold:
    return Hold(_GROUP, user, _LONG_AGO, 0, (_CHANNEL,), HoldState.PLACED, prompted_at=_LONG_AGO)


_STAMP = Stamp(_LONG_AGO, Source.EVENT, 0)
_EVERYTHING = Changes(
    update_id=UpdateId(-_FAR),
    at=_LONG_AGO,
    groups=(Group(_GROUP, _USER, "", Rule((_CHANNEL,))),),
    channels=(Channel(_CHANNEL, ""),),
    memberships=(LearntMembership(_USER, _CHANNEL, Membership(_STAMP, MembershipState.IN)),),
    standings=(LearntStanding(_GROUP, _USER, Standing(Status.MEMBER, _STAMP)),),
    holds=(_hold(), _hold(UserId(1 - _FAR)).ended(EndReason.LEFT, _LONG_AGO)),
    owed=_owed(1),
    audit=(AuditEntry(_LONG_AGO, _GROUP, _USER, ""),),
    sweeps=(Sweep(_GROUP, SweepKind.ROUND, _LONG_AGO),),
    set_aside=(SetAside(UpdateId(-_FAR), "", "", "", 0, _LONG_AGO, ""),),
)
_PLAIN = Changes(
    update_id=_EVERYTHING.update_id,
    at=_LONG_AGO,
    memberships=_EVERYTHING.memberships,
    standings=_EVERYTHING.standings,
    holds=_EVERYTHING.holds,
    owed=_owed(1),
)
_TWO_CHANNELS = Changes(
    groups=(Group(_GROUP, _USER, "", Rule((_CHANNEL, ChannelId(_CHANNEL + 2)))),),
    channels=(Channel(_CHANNEL, ""), Channel(ChannelId(_CHANNEL + 2), "")),
)
_OLD = Changes(
    update_id=_EVERYTHING.update_id,
    at=_LONG_AGO,
    memberships=_EVERYTHING.memberships,
    standings=_EVERYTHING.standings,
    holds=(_hold().ended(EndReason.LEFT, _LONG_AGO),),
    audit=_EVERYTHING.audit,
    set_aside=_EVERYTHING.set_aside,
)
_LATER = Changes(
    memberships=(
        LearntMembership(
            _USER, _CHANNEL, Membership(Stamp(_LONG_AGO + 1, Source.EVENT), MembershipState.OUT)
        ),
    ),
    standings=(LearntStanding(_GROUP, _USER, Standing(Status.LEFT, Stamp(_LONG_AGO + 1, Source.EVENT))),),
    holds=(_hold().ended(EndReason.LEFT, 0).prompted(MessageId(1), 0),),
)


def _apply(changes: Changes, detail: str, given: Changes = NO_CHANGES, *, whole: bool = False) -> Visit:
    return Visit("apply", lambda store, _: store.apply(changes), given, whole, detail)


def _prune(table: Aging) -> Visit:
    page = Page(table=table, before=_BEFORE, unrequired_before=_BEFORE, limit=_PAGE)
    return Visit("prune", lambda store, _: store.prune(page), _OLD, detail=table.value)


VISITS: Final = (
    Visit("groups", lambda store, _: store.groups(), whole=True),
    Visit("channels", lambda store, _: store.channels(), whole=True),
    Visit("revision", lambda store, _: store.revision()),
    Visit("memberships", lambda store, one: store.memberships([(one.user, c) for c in one.channels])),
    Visit("standing", lambda store, one: store.standing(one.group, one.user)),
    Visit("hold", lambda store, one: store.hold(one.group, one.held)),
    Visit("person", lambda store, one: store.person(one.group, one.user, one.channels)),
    Visit("holds_in", lambda store, one: store.holds_in(one.group, UserId(0), _PAGE)),
    Visit("told", lambda store, one: store.told(one.group)),
    Visit("untold", lambda store, one: store.untold(one.group, 2.0**40, _PAGE)),
    Visit("holds_of", lambda store, one: store.holds_of(one.held)),
    Visit("count_holds", lambda store, _: store.count_holds(), whole=True),
    # What is given is due before anything else, so that nobody's debts are leased, or waited for.
    Visit("claim", lambda store, _: store.claim(_BEFORE, 1.0, 2), Changes(owed=_owed(1))),
    # Nothing is put off so long that it is brought forward.
    Visit("bring_forward", lambda store, _: store.bring_forward(2.0**40, 0.0, 0.0)),
    Visit("next_due", lambda store, _: store.next_due()),
    Visit("known", lambda store, one: store.known(one.group, one.channels, UserId(0), _PAGE)),
    Visit(
        "known",
        lambda store, _: store.known(_GROUP, [_CHANNEL], UserId(-2 * _FAR), _PAGE),
        _EVERYTHING,
        detail="made up",
    ),
    Visit("sweeps", lambda store, _: store.sweeps(), whole=True),
    Visit("audit", lambda store, one: store.audit(one.group, _PAGE)),
    Visit("set_aside", lambda store, _: store.set_aside(_PAGE)),
    Visit("ping", lambda store, _: store.ping()),
    _apply(_EVERYTHING, "everything new"),
    _apply(_PLAIN, "plain", Changes(groups=_EVERYTHING.groups, channels=_EVERYTHING.channels)),
    _apply(_LATER, "newer facts", _EVERYTHING),
    _apply(Changes(paid=_owed(1)), "paid", _EVERYTHING),
    _apply(Changes(postponed=_owed(1)), "postponed", _EVERYTHING),
    _apply(Changes(unguarded=(_GROUP,)), "unguarded", _EVERYTHING),
    _apply(Changes(moved=(Moved(_GROUP, _ELSEWHERE),)), "moved", _EVERYTHING, whole=True),
    _apply(
        Changes(moved=(Moved(_CHANNEL, _CHANNEL + 2),)),
        "channel moved",
        _EVERYTHING,
        whole=True,
    ),
    _apply(
        Changes(moved=(Moved(_CHANNEL, _CHANNEL + 2),)),
        "onto a channel",
        _TWO_CHANNELS,
        whole=True,
    ),
    *(_prune(table) for table in Aging),
)
"""What a store does, each at least once: a test holds this list to the port and to every statement seen."""
