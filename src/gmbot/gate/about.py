"""What is being worked on, so that whatever is told from deep inside can say whom it is about.

It travels with the task and with what that task starts (a context variable). Who listens may add up in
`spent` what the work took.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Final

import msgspec


class Spent(msgspec.Struct):
    """What a piece of work took so far: visits to the database, calls to Telegram, and their seconds."""

    queries: int = 0
    store_s: float = 0.0
    calls: int = 0
    call_s: float = 0.0


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Which bot, update, people and chats; None where it is nobody's, or not known.

    `intent` is the kind of debt that is attempted. `arrived` is when the update came in, by
    `time.perf_counter`.
    """

    bot_id: int | None = None
    update_id: int | None = None
    user_id: int | None = None
    group_id: int | None = None
    channel_id: int | None = None
    intent: str | None = None
    arrived: float | None = None
    spent: Spent = msgspec.field(default_factory=Spent)


NOTHING: Final = About()
_ABOUT: ContextVar[About] = ContextVar("about", default=NOTHING)


def about() -> About:
    """Return what is being worked on here."""
    return _ABOUT.get()


class Concerning:
    """While entered, this is what is being worked on."""

    __slots__ = ("_about", "_token")

    def __init__(self, about: About) -> None:
        self._about = about
        self._token: Token[About] | None = None

    def __enter__(self) -> About:
        self._token = _ABOUT.set(self._about)
        return self._about

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _ABOUT.reset(self._token)


def concerning(
    *,
    bot_id: int | None = None,
    user_id: int | None = None,
    group_id: int | None = None,
    channel_id: int | None = None,
    intent: str | None = None,
    arrived: float | None = None,
) -> Concerning:
    """Say more of what is being worked on already; what it takes is counted anew."""
    outer = _ABOUT.get()
    return Concerning(
        About(
            bot_id=outer.bot_id if bot_id is None else bot_id,
            update_id=outer.update_id,
            user_id=outer.user_id if user_id is None else user_id,
            group_id=outer.group_id if group_id is None else group_id,
            channel_id=outer.channel_id if channel_id is None else channel_id,
            intent=outer.intent if intent is None else intent,
            arrived=outer.arrived if arrived is None else arrived,
        )
    )
