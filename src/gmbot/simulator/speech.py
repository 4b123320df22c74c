"""Who may speak where."""

from __future__ import annotations

from gmbot.simulator.chats import Chat
from gmbot.simulator.ground import Ground
from gmbot.simulator.members import Member


def effective_permissions(chat: Chat, member: Member) -> frozenset[str]:
    """Personal permissions ANDed with the chat's defaults."""
    if member.status == "restricted":
        return member.permissions & chat.permissions
    return chat.permissions


def speaking_refusal(
    core: Ground, chat: Chat, person: int, permission: str = "can_send_messages"
) -> str | None:
    """Why that person cannot send this kind of message there, or None when they can."""
    member = core.standing(chat, person)
    if chat.migrated_to is not None or chat.deleted:
        return "the group is gone"
    if member.status == "kicked":
        return "banned"
    if chat.is_channel:
        return None if member.may("can_post_messages") else "only administrators post in a channel"
    if member.is_admin:
        return None
    # People comment in a channel's discussion group without having joined it.
    if not member.is_member and (chat.linked is None or chat.join_to_send):
        return "not in the chat"
    return None if permission in effective_permissions(chat, member) else "muted"
