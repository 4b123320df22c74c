"""The log of calls that bots made: what tests assert on and the demo shows."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping

import msgspec


class Call(msgspec.Struct, frozen=True):
    """One call and how it ended.

    `at` is the world's time in unix seconds; `bot_id` is None when the token is no bot's; `status` is the
    HTTP status, or 0 when no answer reached the bot; `ms` is the real time it took.
    """

    at: float
    bot_id: int | None
    method: str
    arguments: Mapping[str, object]
    status: int
    ms: float


class CallLog:
    """The most recent calls, oldest first."""

    def __init__(self, *, capacity: int = 10_000) -> None:
        self._calls: deque[Call] = deque(maxlen=capacity)
        self._listeners: list[Callable[[Call], None]] = []

    def __iter__(self) -> Iterator[Call]:
        """Go through the calls that are kept."""
        return iter(tuple(self._calls))

    def __len__(self) -> int:
        """Count the calls that are kept."""
        return len(self._calls)

    def of(self, method: str) -> list[Call]:
        """Return the calls of one method, whatever case it was written in."""
        wanted = method.lower()
        return [call for call in self._calls if call.method.lower() == wanted]

    def clear(self) -> None:
        """Forget the calls so far; listeners stay."""
        self._calls.clear()

    def listen(self, listener: Callable[[Call], None]) -> Callable[[], None]:
        """Call `listener` with every call to come, and return the function that ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def add(self, call: Call) -> None:
        """Keep a call and tell the listeners."""
        self._calls.append(call)
        for listener in tuple(self._listeners):
            listener(call)
