"""What Telegram tells the gate, in the gate's words; adapters make these of wire updates."""

from __future__ import annotations

import enum

import msgspec

from gmbot.domain.ids import MessageId, ThreadId, UpdateId, UserId
from gmbot.domain.standing import Standing


class ChatKind(enum.StrEnum):
    """Telegram's four types of chat."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class Chat(msgspec.Struct, frozen=True):
    """A chat as an update names it."""

    chat_id: int
    kind: ChatKind
    title: str = ""
    username: str | None = None
    is_forum: bool = False


class Person(msgspec.Struct, frozen=True):
    """A user as an update names them; `name` is unescaped and may hold anything."""

    user_id: UserId
    name: str
    username: str | None = None
    is_bot: bool = False
    language: str | None = None


class Command(msgspec.Struct, frozen=True):
    """A bot command at the start of a message: `/name@mention rest`."""

    name: str
    mention: str | None = None
    rest: str = ""


class MessageSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A message, new or edited; `at` is its date (the edit's, when edited) in Unix seconds.

    `thread_id` is None in a forum's General topic. `sender_chat` is set when somebody writes as a
    chat. `forwarded_from` is the channel that the message, or the one it replies to, was forwarded from.
    `service` marks joins, leaves, pins and the like, of which nobody is the author.
    """

    update_id: UpdateId
    at: int
    chat: Chat
    message_id: MessageId
    sender: Person | None = None
    sender_chat: Chat | None = None
    thread_id: ThreadId | None = None
    edited: bool = False
    automatic_forward: bool = False
    service: bool = False
    command: Command | None = None
    media_group_id: str | None = None
    forwarded_from: Chat | None = None
    joined: tuple[Person, ...] = ()
    migrated_to: int | None = None
    migrated_from: int | None = None


class MemberChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`chat_member`: what somebody was and is in a chat where the bot is an admin.

    `outdated`: more has happened to them since, and is about to be handled.
    """

    update_id: UpdateId
    at: int
    chat: Chat
    actor: Person
    person: Person
    old: Standing
    new: Standing
    outdated: bool = False


class BotChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`my_chat_member`: what the bot was and is in a chat; `rights` are its admin rights now."""

    update_id: UpdateId
    at: int
    chat: Chat
    actor: Person
    old: Standing
    new: Standing
    rights: frozenset[str] = frozenset()


class ButtonTapped(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`callback_query` with data; `chat` and `message_id` are None when the message is too old."""

    update_id: UpdateId
    callback_id: str
    person: Person
    data: str
    chat: Chat | None = None
    message_id: MessageId | None = None
    thread_id: ThreadId | None = None


class JoinAsked(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`chat_join_request`: somebody asks to be let in; `private_chat_id` is where they may be written to."""

    update_id: UpdateId
    at: int
    chat: Chat
    person: Person
    private_chat_id: int


class Ignored(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Any other update: acknowledged and forgotten."""

    update_id: UpdateId
    kind: str = "other"


class Unreadable(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An update of which nothing but its id could be read; `payload` is its shape, without what it says.

    `failure`: what went wrong if it was read but could not be put into the gate's words.
    """

    update_id: UpdateId
    kind: str
    payload: str
    failure: Exception | None = None


Incoming = MessageSeen | MemberChanged | BotChanged | ButtonTapped | JoinAsked | Ignored | Unreadable
