"""Who may tell GMBot what to do in a group: its admins, as Telegram names them now."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gmbot.domain.errors import RefusedError
from gmbot.domain.ids import UserId
from gmbot.gate.bot import Bot
from gmbot.gate.incoming import Chat, Person
from gmbot.gate.ports import Administrator


class Asker(msgspec.Struct, frozen=True):
    """Who asks: a person, or an anonymous admin, whom Telegram vouches for but does not name."""

    person: Person | None
    anonymous: bool = False

    @property
    def user_id(self) -> UserId:
        """The person's id, or 0 for an anonymous admin."""
        return UserId(0) if self.anonymous or self.person is None else self.person.user_id


def asker_of(chat: Chat, sender: Person | None, sender_chat: Chat | None) -> Asker:
    """Return who wrote a message; writing as the group itself is what only its anonymous admins can do."""
    anonymous = sender_chat is not None and sender_chat.chat_id == chat.chat_id
    return Asker(None if sender_chat is not None else sender, anonymous)


def administers(asker: Asker, admins: Sequence[Administrator]) -> bool:
    """Whether the asker is among a group's admins."""
    return asker.anonymous or any(admin.user_id == asker.user_id for admin in admins)


async def is_admin(bot: Bot, chat_id: int, asker: Asker) -> bool:
    """Ask Telegram whether the asker is an admin of a group now. Raises TransientError."""
    if asker.anonymous or asker.person is None:
        return asker.anonymous
    try:
        return (await bot.telegram.member(chat_id, asker.user_id)).is_admin
    except RefusedError:
        return False
