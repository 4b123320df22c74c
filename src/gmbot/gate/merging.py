"""How what is stored and what is new become one: the rules that every Store keeps."""

from __future__ import annotations

import msgspec

from gmbot.domain.group import Group
from gmbot.domain.hold import Hold
from gmbot.domain.ids import ChannelId, GroupId
from gmbot.gate.changes import AuditEntry, Moved
from gmbot.gate.intents import Delete, Intent, Judge, Owed, Rewrite, Say, Settle, SettleEverywhere


def owe(stored: Owed | None, new: Owed) -> Owed:
    """Return the one debt that two of the same key become.

    The new one is what is owed (an attempt at the old cannot pay it), but it is due, and has been
    owed, since the earlier moment.
    """
    if stored is None:
        return new
    due_at, owed_at = min(stored.due_at, new.due_at), min(stored.owed_at, new.owed_at)
    return msgspec.structs.replace(new, due_at=due_at, owed_at=owed_at)


def concerns(intent: Intent, chat_id: int) -> bool:
    """Whether an intent is to be carried out in this chat."""
    match intent:
        case Say(to=to):
            return to.chat_id == chat_id
        case Delete(chat_id=at) | Rewrite(chat_id=at):
            return at == chat_id
        case SettleEverywhere(channel_id=channel_id):
            return channel_id == chat_id
        case _:
            return intent.group_id == chat_id


def follow(intent: Intent, moved: Moved) -> Intent | None:
    """Return an intent after a group moved; None when it is about messages that stayed behind.

    A supergroup numbers its messages anew, so an old number would name somebody else's message.
    """
    here = GroupId(moved.new_id)
    match intent:
        case _ if not concerns(intent, moved.old_id):
            return intent
        case Delete() | Rewrite():
            return None
        case Judge(user_id=user_id, name=name):
            return Settle(here, user_id, name)
        case SettleEverywhere():
            return msgspec.structs.replace(intent, channel_id=ChannelId(moved.new_id))
        case Say(to=to):
            return msgspec.structs.replace(intent, to=type(to)(moved.new_id))
        case _:
            return msgspec.structs.replace(intent, group_id=here)


def moved_group(group: Group, moved: Moved) -> Group:
    """Return a group after it, its linked chat, or a group that it requires moved."""
    here = GroupId(moved.new_id) if group.group_id == moved.old_id else group.group_id
    linked = moved.new_id if group.linked_chat_id == moved.old_id else group.linked_chat_id
    rule = group.rule.replacing(ChannelId(moved.old_id), ChannelId(moved.new_id))
    return msgspec.structs.replace(group, group_id=here, linked_chat_id=linked, rule=rule)


def moved_hold(hold: Hold, moved: Moved) -> Hold:
    """Return a hold after a group moved; its prompt stayed behind."""
    missing = tuple(ChannelId(moved.new_id) if c == moved.old_id else c for c in hold.missing)
    if hold.group_id != moved.old_id:
        return msgspec.structs.replace(hold, missing=missing)
    here = GroupId(moved.new_id)
    return msgspec.structs.replace(hold, group_id=here, missing=missing, prompt_id=None, thread_id=None)


def moved_audit(entry: AuditEntry, moved: Moved) -> AuditEntry:
    """Return an audit entry after a group that it names moved."""
    here = GroupId(moved.new_id) if entry.group_id == moved.old_id else entry.group_id
    subject = moved.new_id if entry.subject_id == moved.old_id else entry.subject_id
    return msgspec.structs.replace(entry, group_id=here, subject_id=subject)
