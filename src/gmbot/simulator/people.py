"""Who there is: users, bots, and the three accounts Telegram itself speaks through."""

from __future__ import annotations

import msgspec

from gmbot.simulator.mailbox import Mailbox
from gmbot.simulator.members import Wire

TELEGRAM = 777_000
"""Sends a channel's posts into its discussion group."""
ANONYMOUS_ADMIN = 1_087_968_824
CHANNEL_SENDER = 136_817_688
"""Stands in for a user who writes as a channel."""


class Person(msgspec.Struct, kw_only=True):
    """A user or a bot, and its User object as it appears in messages."""

    id: int
    wire: Wire
    deactivated: bool = False

    @property
    def is_bot(self) -> bool:
        """Whether a program is behind the account."""
        return self.wire["is_bot"] is True

    @property
    def name(self) -> str:
        """What the person is called."""
        return str(self.wire["first_name"])


class Bot(msgspec.Struct, kw_only=True):
    """What the Bot API keeps about a bot."""

    id: int
    token: str
    username: str
    mailbox: Mailbox
    profile: Wire
    """The fields that getMe adds to the User object."""
    commands: dict[tuple[str, str], list[Wire]] = {}
    texts: dict[tuple[str, str], str] = {}
    """(name | description | short_description, language) → text."""
    default_rights: dict[bool, Wire] = {}
    """For channels (true) and groups (false)."""
    menu_buttons: dict[int, Wire] = {}
    """Per private chat; 0 is the default."""


def user_wire(
    person_id: int,
    first_name: str,
    *,
    is_bot: bool = False,
    username: str | None = None,
    last_name: str | None = None,
    language_code: str | None = None,
    is_premium: bool = False,
) -> Wire:
    """A User object without empty fields."""
    wire: Wire = {"id": person_id, "is_bot": is_bot, "first_name": first_name}
    optional = {"last_name": last_name, "username": username, "language_code": language_code}
    wire.update({name: value for name, value in optional.items() if value is not None})
    if is_premium:
        wire["is_premium"] = True
    return wire


def service_accounts() -> dict[int, Person]:
    """Telegram's own three accounts."""
    wires = (
        user_wire(TELEGRAM, "Telegram"),
        user_wire(ANONYMOUS_ADMIN, "Group", is_bot=True, username="GroupAnonymousBot"),
        user_wire(CHANNEL_SENDER, "Channel", is_bot=True, username="Channel_Bot"),
    )
    found = (TELEGRAM, ANONYMOUS_ADMIN, CHANNEL_SENDER)
    return {person_id: Person(id=person_id, wire=wire) for person_id, wire in zip(found, wires, strict=True)}
