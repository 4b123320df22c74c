"""Places: private chats, groups, supergroups, channels, with their topics, links and requests."""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

import msgspec

from gmbot.simulator.members import LEFT, Member, Wire
from gmbot.simulator.rights import ALL_PERMISSIONS

ChatType = Literal["private", "group", "supergroup", "channel"]


class Message(msgspec.Struct, kw_only=True):
    """A message as it stands now; `wire` is its Message object and is replaced, never changed."""

    id: int
    chat_id: int
    author: int
    """Who really wrote it, whatever the wire shows."""
    date: int
    wire: Wire

    @property
    def text(self) -> str:
        """The text, or the caption."""
        return str(self.wire.get("text", self.wire.get("caption", "")))

    @property
    def thread_id(self) -> int | None:
        """The topic or reply thread it belongs to."""
        found = self.wire.get("message_thread_id")
        return found if isinstance(found, int) else None

    @property
    def rows(self) -> list[list[Wire]]:
        """The inline keyboard, row by row."""
        markup = self.wire.get("reply_markup")
        return list(markup["inline_keyboard"]) if isinstance(markup, dict) else []

    @property
    def buttons(self) -> list[Wire]:
        """The inline keyboard's buttons in reading order."""
        return [button for row in self.rows for button in row]


class Topic(msgspec.Struct, kw_only=True):
    """A forum topic; its id is that of the message that created it."""

    id: int
    name: str
    closed: bool = False


class Invite(msgspec.Struct, kw_only=True):
    """An invite link."""

    link: str
    chat_id: int
    creator: int
    is_primary: bool = False
    creates_join_request: bool = False
    is_revoked: bool = False
    name: str | None = None
    expire_date: int = 0
    member_limit: int = 0
    joined: int = 0


class JoinRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody waits to be let in."""

    user: int
    date: int
    link: str | None
    queries: dict[str, int]
    """Query id → the guard bot that may answer it."""


class Chat(msgspec.Struct, kw_only=True):
    """One chat and everything in it."""

    id: int
    type: ChatType
    title: str = ""
    username: str | None = None
    description: str = ""
    forum: bool = False
    hidden_members: bool = False
    join_by_request: bool = False
    join_to_send: bool = False
    service_messages: bool = True
    permissions: frozenset[str] = ALL_PERMISSIONS
    slow_mode_delay: int = 0
    linked: int | None = None
    migrated_to: int | None = None
    deleted: bool = False
    blocked: bool = False
    """Private chats: the user stopped the bot."""
    started: bool = False
    """Private chats: the user wrote to the bot at least once."""
    wire: Wire = {}
    members: dict[int, Member] = {}
    previous: dict[int, Member] = {}
    """What members were before their last change."""
    bots: set[int] = set()
    """Bots that are in the chat now."""
    known_to: set[int] = set()
    """Bots that are, or were, in the chat."""
    topics: dict[int, Topic] = {}
    general_closed: bool = False
    invites: dict[str, Invite] = {}
    requests: dict[int, JoinRequest] = {}
    banned_senders: set[int] = set()
    pinned: list[int] = []
    whispers: OrderedDict[tuple[int, int], Message] = msgspec.field(default_factory=OrderedDict)
    """Ephemeral messages by receiver and id."""
    history: OrderedDict[int, Message] = msgspec.field(default_factory=OrderedDict)
    last_message_id: int = 0

    @property
    def is_channel(self) -> bool:
        """Whether only administrators post here."""
        return self.type == "channel"

    @property
    def is_private(self) -> bool:
        """Whether it is a conversation between one user and one bot."""
        return self.type == "private"

    def member(self, person: int, now: float) -> Member:
        """What that person is here at that time."""
        found = self.members.get(person)
        return LEFT if found is None else found.at(now)

    def refresh(self) -> None:
        """Rebuild the Chat object after a change of title, name or kind."""
        wire: Wire = {"id": self.id, "type": self.type, "title": self.title}
        if self.username is not None:
            wire["username"] = self.username
        if self.forum:
            wire["is_forum"] = True
        self.wire = wire


def private_wire(user: Wire) -> Wire:
    """The Chat object of a private chat with that user."""
    wire: Wire = {"id": user["id"], "type": "private", "first_name": user["first_name"]}
    wire.update({name: user[name] for name in ("last_name", "username") if name in user})
    return wire


def invite_wire(invite: Invite, creator: Wire, viewer: int, pending: int = 0) -> Wire:
    """The ChatInviteLink object; others' links are cut short, as the official server does."""
    shown = invite.link if invite.creator == viewer else invite.link[:-8] + "..."
    wire: Wire = {
        "invite_link": shown,
        "creator": creator,
        "creates_join_request": invite.creates_join_request,
        "is_primary": invite.is_primary,
        "is_revoked": invite.is_revoked,
    }
    optional: Wire = {
        "name": invite.name,
        "expire_date": invite.expire_date,
        "member_limit": invite.member_limit,
        "pending_join_request_count": pending,
    }
    wire.update({name: value for name, value in optional.items() if value})
    return wire
