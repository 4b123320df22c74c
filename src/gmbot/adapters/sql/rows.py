"""Between the gate's frozen values and rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from gmbot.domain.group import Channel, Group, GroupSettings, PauseReason
from gmbot.domain.hold import Hold
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Quorum, Rule
from gmbot.domain.standing import EVERYTHING, Restriction, Standing, Status
from gmbot.gate.ages import over_since
from gmbot.gate.changes import AuditEntry, LearntMembership, LearntStanding
from gmbot.gate.intents import Intent, Owed

Values = dict[str, Any]
AnyRow = Row[*tuple[Any, ...]]

_HOLD = msgspec.json.Decoder(Hold)
_INTENT: msgspec.json.Decoder[Intent] = msgspec.json.Decoder(Intent)
_SETTINGS = msgspec.json.Decoder(GroupSettings)
_ALLOWED = msgspec.json.Decoder(frozenset[str])


def storable(text: str) -> str:
    """Return text without NUL, which PostgreSQL cannot keep."""
    return text.replace("\x00", "")


def group_values(bot_id: BotId, group: Group) -> Values:
    """Return a group's row; its channels are links."""
    return {
        "bot_id": bot_id,
        "group_id": group.group_id,
        "owner_id": group.owner_id,
        "title": storable(group.title),
        "quorum": group.rule.quorum.value,
        "quorum_count": group.rule.count,
        "settings": _json(group.settings),
        "paused": group.paused.value if group.paused else None,
        "linked_chat_id": group.linked_chat_id,
        "protected_at": group.protected_at,
    }


def link_values(bot_id: BotId, group: Group) -> list[Values]:
    """Return the rows that say which channels a group requires, in the rule's order."""
    return [
        {"bot_id": bot_id, "group_id": group.group_id, "channel_id": channel, "position": position}
        for position, channel in enumerate(group.rule.channels)
    ]


def as_group(row: AnyRow, required: Iterable[ChannelId]) -> Group:
    """Return a group from its row and what its links say."""
    values = row._mapping
    return Group(
        group_id=GroupId(values["group_id"]),
        owner_id=UserId(values["owner_id"]),
        title=values["title"],
        rule=Rule(tuple(required), Quorum(values["quorum"]), values["quorum_count"]),
        settings=_SETTINGS.decode(values["settings"]),
        paused=PauseReason(values["paused"]) if values["paused"] else None,
        linked_chat_id=values["linked_chat_id"],
        protected_at=values["protected_at"],
    )


def channel_values(bot_id: BotId, channel: Channel) -> Values:
    """Return a channel's row."""
    return {
        "bot_id": bot_id,
        "channel_id": channel.channel_id,
        "title": storable(channel.title),
        "username": channel.username and storable(channel.username),
        "invite_link": channel.invite_link and storable(channel.invite_link),
        "usable": channel.usable,
        "heard_since": channel.heard_since,
    }


def membership_values(bot_id: BotId, learnt: LearntMembership) -> Values:
    """Return a membership's row."""
    return {
        "bot_id": bot_id,
        "user_id": learnt.user_id,
        "channel_id": learnt.channel_id,
        **_stamp_values(learnt.membership.stamp),
        "state": learnt.membership.state.value,
    }


def as_membership(row: Sequence[Any]) -> Membership:
    """Return a fact from (at, source, sequence, state)."""
    at, source, sequence, state = row
    return Membership(Stamp(at, Source(source), sequence), MembershipState(state))


def standing_values(bot_id: BotId, learnt: LearntStanding) -> Values:
    """Return a standing's row; whoever may do everything costs no JSON."""
    standing = learnt.standing
    allowed = standing.restriction.allowed
    return {
        "bot_id": bot_id,
        "group_id": learnt.group_id,
        "user_id": learnt.user_id,
        **_stamp_values(standing.stamp),
        "status": standing.status.value,
        "present": standing.present,
        "until": standing.restriction.until,
        "allowed": None if allowed == EVERYTHING else _json(sorted(allowed)),
        "changed_by": standing.by,
    }


def as_standing(row: Sequence[Any]) -> Standing:
    """Return a standing from its row without the key."""
    at, source, sequence, status, present, until, allowed, by = row
    return Standing(
        status=Status(status),
        stamp=Stamp(at, Source(source), sequence),
        present=bool(present),
        restriction=Restriction(EVERYTHING if allowed is None else _ALLOWED.decode(allowed), until),
        by=None if by is None else UserId(by),
    )


def hold_values(bot_id: BotId, hold: Hold) -> Values:
    """Return a hold's row."""
    return {
        "bot_id": bot_id,
        "group_id": hold.group_id,
        "user_id": hold.user_id,
        "revision": hold.revision,
        "state": hold.state.value,
        "at": hold.at,
        "prompt_id": hold.prompt_id,
        "prompted_at": hold.prompted_at,
        "away": hold.away,
        "over_since": over_since(hold),
        "body": _json(hold),
    }


def as_hold(body: str) -> Hold:
    """Return a hold from its body; fields that another version wrote are ignored."""
    return _HOLD.decode(body)


def owed_values(bot_id: BotId, owed: Owed) -> Values:
    """Return an intent's row."""
    return {
        "bot_id": bot_id,
        "key": owed.key,
        "urgency": owed.urgency,
        "due_at": owed.due_at,
        "owed_at": owed.owed_at,
        "token": owed.token,
        "attempts": owed.attempts,
        "body": _json(owed.intent),
    }


def as_owed(row: Sequence[Any]) -> Owed | None:
    """Return a debt from (body, due_at, owed_at, token, attempts); None if another version wrote its kind."""
    body, due_at, owed_at, token, attempts = row
    try:
        return Owed(_INTENT.decode(body), due_at, owed_at, token, attempts)
    except msgspec.ValidationError:
        return None


def audit_values(bot_id: BotId, entry: AuditEntry) -> Values:
    """Return an audit entry's row without its number."""
    return {
        "bot_id": bot_id,
        "at": entry.at,
        "group_id": entry.group_id,
        "actor_id": entry.actor_id,
        "action": storable(entry.action),
        "subject_id": entry.subject_id,
        "detail": storable(entry.detail),
    }


def _stamp_values(stamp: Stamp) -> Values:
    return {"at": stamp.at, "source": stamp.source.value, "sequence": stamp.sequence}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
