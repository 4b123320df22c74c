"""Telegram's flood limits: how many messages a chat, a group and a bot may send."""

import math
from collections import deque
from collections.abc import Mapping

import msgspec

_NOT_MESSAGES = frozenset({"sendchataction", "sendchatjoinrequestwebapp"})
_MESSAGE_PREFIXES = ("send", "copymessage", "forwardmessage")
_SWEEP_EVERY = 10_000


class Window(msgspec.Struct, frozen=True):
    """At most `count` calls in any `period_s` seconds."""

    count: int
    period_s: float


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The windows in force; None means no such limit, which is the default of each.

    `methods` limits any method by name (lower case), separately in every chat.
    """

    chat: Window | None = None
    group: Window | None = None
    bot: Window | None = None
    methods: Mapping[str, Window] = {}


TELEGRAM_LIMITS = Limits(chat=Window(3, 3.0), group=Window(20, 60.0), bot=Window(30, 1.0))
"""About what Telegram enforces: a message a second in a chat with short bursts above it, 20 a minute in a
group, 30 a second by a bot (Bot API FAQ)."""


class Limiter:
    """Counts what each bot sends where, and says how long it has to wait."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._spent: dict[tuple[object, ...], tuple[Window, deque[float]]] = {}
        self._calls = 0

    def admit(self, now: float, bot: int | None, method: str, chat: object) -> int:
        """Count one call and return 0, or return the whole seconds to wait, without counting it.

        `method` is in lower case; `chat` is the identifier as the bot gave it.
        """
        rules = self._rules(bot, method, chat)
        if not rules:
            return 0
        self._sweep(now)
        spent = [self._window(key, window) for key, window in rules]
        wait_s = max(_wait_s(now, window, times) for window, times in spent)
        if wait_s > 0:
            return max(1, math.ceil(wait_s))
        for _, times in spent:
            times.append(now)
        return 0

    def __len__(self) -> int:
        """Count the windows that are remembered."""
        return len(self._spent)

    def _rules(self, bot: int | None, method: str, chat: object) -> list[tuple[tuple[object, ...], Window]]:
        limits = self.limits
        place = str(chat)
        found: list[tuple[tuple[object, ...], Window | None]] = []
        if limits.methods:
            found.append(((bot, method, place), limits.methods.get(method)))
        if _is_message(method):
            is_group = place.startswith(("-", "@"))
            found.append(((bot, "chat", place), limits.chat))
            found.append(((bot, "group", place), limits.group if is_group else None))
            found.append(((bot, "bot"), limits.bot))
        return [(key, window) for key, window in found if window is not None]

    def _window(self, key: tuple[object, ...], window: Window) -> tuple[Window, deque[float]]:
        return self._spent.setdefault(key, (window, deque()))

    def _sweep(self, now: float) -> None:
        self._calls += 1
        if self._calls % _SWEEP_EVERY:
            return
        self._spent = {
            key: (window, times)
            for key, (window, times) in self._spent.items()
            if times and times[-1] + window.period_s > now
        }


def _is_message(method: str) -> bool:
    return method.startswith(_MESSAGE_PREFIXES) and method not in _NOT_MESSAGES


def _wait_s(now: float, window: Window, times: deque[float]) -> float:
    while times and times[0] + window.period_s <= now:
        times.popleft()
    if len(times) < window.count:
        return 0.0
    return times[0] + window.period_s - now
