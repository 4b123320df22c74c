"""Every error of GMBot, grouped by what the caller should do about it.

GMBotError
├── ConfigurationError      tell the operator in one sentence and stop
├── TransientError          try again later; it means nothing about anybody
│   ├── TooManyRequests     … not before `retry_after_s`
│   └── Unavailable         … the other side did not answer, or not sensibly
│       └── CircuitOpen     … and was not even asked: it has kept failing
└── RefusedError            do not repeat the same call: Telegram said no
    ├── ChatUnusable        the bot is not (enough of) a member of that chat, or it is gone
    ├── RightsMissing       the bot is there but lacks a right
    ├── PersonProtected     the person is the owner, an admin, or the bot itself
    ├── PersonUnknown       Telegram does not know that person there: not the same as "left"
    ├── PersonUnreachable   the person cannot be written to
    └── ChatMigrated        use `new_chat_id` from now on
"""

from __future__ import annotations


class GMBotError(Exception):
    """Anything that GMBot itself raises."""


class ConfigurationError(GMBotError):
    """A setting is wrong or missing; the text is one plain sentence for the operator."""


class TransientError(GMBotError):
    """The attempt failed without telling anything; it may be repeated after `retry_after_s` seconds.

    `hopeless`: the fault lies in what was asked, so that it would fail again however well the other side is.
    """

    hopeless = False

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooManyRequests(TransientError):
    """Telegram's 429: that method and chat wait `retry_after_s`; everything else goes on."""


class Unavailable(TransientError):
    """A time-out, a lost connection, a 5xx or an answer that makes no sense."""


class CircuitOpen(Unavailable):
    """Nobody was asked: the other side kept failing, and is left alone for `retry_after_s`."""


class RefusedError(GMBotError):
    """Telegram understood and said no; the same call would be refused again."""


class ChatUnusable(RefusedError):
    """The bot was removed from the chat, is not an admin where it must be, or the chat is gone."""


class RightsMissing(RefusedError):
    """The bot is an admin there but lacks the right that the call needs."""


class PersonProtected(RefusedError):
    """Owners, admins and the bot itself cannot be restricted."""


class PersonUnknown(RefusedError):
    """Telegram cannot see that person in that chat; this is no verdict about them."""


class PersonUnreachable(RefusedError):
    """The person blocked the bot, never started it, or is deactivated."""


class ChatMigrated(RefusedError):
    """The basic group became the supergroup `new_chat_id`."""

    def __init__(self, message: str, *, new_chat_id: int) -> None:
        super().__init__(message)
        self.new_chat_id = new_chat_id
