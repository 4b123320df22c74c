"""What the use cases need of Telegram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from gmbot.domain.ids import BotId, GroupId, MessageId, UserId
from gmbot.domain.standing import Restriction, Standing
from gmbot.gate.incoming import Chat
from gmbot.gate.outgoing import Address, Note


class Me(msgspec.Struct, frozen=True):
    """Who the bot is (getMe)."""

    bot_id: BotId
    username: str
    name: str


class ChatInfo(msgspec.Struct, frozen=True):
    """What getChat tells: the chat, and the channel or group that it is linked with."""

    chat: Chat
    linked_chat_id: int | None = None


class Administrator(msgspec.Struct, frozen=True):
    """One entry of getChatAdministrators; the owner has every right."""

    user_id: UserId
    rights: frozenset[str]
    is_owner: bool = False
    is_bot: bool = False
    is_anonymous: bool = False


class CommandMenu(msgspec.Struct, frozen=True):
    """The commands that one scope shows. `scope` is Telegram's BotCommandScope type."""

    scope: str
    commands: tuple[tuple[str, str], ...]


class Telegram(Protocol):
    """One bot's view of Telegram.

    Every method raises TransientError when nothing was learnt (the effect may have happened all the
    same), or a RefusedError.
    """

    def now(self) -> float:
        """Return Telegram's clock as last heard of, in Unix seconds."""
        ...

    async def me(self) -> Me:
        """Return who the bot is. Raises ConfigurationError if Telegram refuses the token."""
        ...

    async def member(self, chat_id: int, user_id: UserId) -> Standing:
        """Return what somebody is in a chat (getChatMember), stamped with the second of the question.

        Raises PersonUnknown where Telegram cannot tell, ChatUnusable where the bot may not ask.
        """
        ...

    async def chat(self, chat: int | str) -> ChatInfo:
        """Return a chat by id or `@username` (getChat)."""
        ...

    async def administrators(self, chat_id: int) -> Sequence[Administrator]:
        """Return the admins of a chat, the bot among them if it is one (getChatAdministrators)."""
        ...

    async def restrict(self, group_id: GroupId, user_id: UserId, restriction: Restriction) -> None:
        """Make somebody's restriction this one; everything allowed makes them a plain member again."""
        ...

    async def ban(self, group_id: GroupId, user_id: UserId, until: int) -> None:
        """Ban somebody until a Unix second; 0 means for ever."""
        ...

    async def approve(self, group_id: GroupId, user_id: UserId) -> None:
        """Let somebody in who asked for it; one who is in, or asks no more, is no error."""
        ...

    async def ban_sender_chat(self, group_id: GroupId, sender_chat_id: int) -> None:
        """Forbid a channel to write in a group."""
        ...

    async def delete(self, chat_id: int, message_ids: Sequence[MessageId]) -> None:
        """Delete 1–100 messages; missing ones count as deleted."""
        ...

    async def send(self, to: Address, note: Note) -> MessageId:
        """Send a note and return the message's id."""
        ...

    async def edit(self, chat_id: int, message_id: MessageId, note: Note) -> bool:
        """Replace a message; False if it is gone, which is no error, nor is one that is the same already."""
        ...

    async def answer(
        self, callback_id: str, text: str, *, alert: bool = False, about: int | None = None
    ) -> None:
        """Answer a tap with up to 200 characters; too late is no error. `about`: the chat of the tap."""
        ...

    async def invite_link(self, chat_id: int, name: str) -> str:
        """Make an invite link of the bot's own (createChatInviteLink)."""
        ...

    async def set_commands(self, menus: Sequence[CommandMenu]) -> None:
        """Set the command menu of each scope."""
        ...
