"""getUpdates: the long poll."""

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from gmbot.simulator.arguments import Arguments
from gmbot.simulator.clock import Clock
from gmbot.simulator.errors import ApiError
from gmbot.simulator.mailbox import Mailbox
from gmbot.simulator.mishaps import Repeats
from gmbot.simulator.waiting import first_of

MAX_TIMEOUT_S = 50
MAX_UPDATES = 100
_OTHER_POLL = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
_SET_WEBHOOK = "Conflict: terminated by setWebhook request"


class Poll(msgspec.Struct, frozen=True):
    """What one getUpdates asks for, besides what is answered at once; `timeout_s` is on the world's clock."""

    limit: int
    timeout_s: int


def read_poll(arguments: Mapping[str, object]) -> Poll:
    """Read the arguments that matter to waiting, clamping `limit` to 1-100 and `timeout` to 0-50."""
    given = Arguments(arguments)
    limit = given.integer("limit", MAX_UPDATES, low=1, high=MAX_UPDATES)
    return Poll(limit, given.integer("timeout", low=0, high=MAX_TIMEOUT_S))


class Polling:
    """The long polls of one bot: at most one waits at a time."""

    def __init__(self, mailbox: Mailbox, clock: Clock, repeats: Repeats) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._repeats = repeats
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False
        mailbox.listen(lambda _: self._wake())

    async def poll(self, poll: Poll, answer: Callable[[], object]) -> object:
        """Return what `answer` finds, or wait for the first update as long as the poll says.

        Raises ApiError 409 in the older of two polls.
        """
        self._end(_OTHER_POLL)
        updates = answer()
        if not updates and poll.timeout_s > 0 and not self._closed:
            await self._wait(poll.timeout_s)
            updates = self._mailbox.take(0, poll.limit)
        return self._repeats.spread(updates) if isinstance(updates, list) else updates

    def webhook_was_set(self) -> None:
        """End the waiting poll, since updates now go elsewhere."""
        self._end(_SET_WEBHOOK)

    def open(self) -> None:
        """Let polls wait again after a `close`."""
        self._closed = False

    def close(self) -> None:
        """Let the waiting poll, and those to come, answer at once."""
        self._closed = True
        self._wake()

    async def _wait(self, timeout_s: int) -> None:
        self._waiter = waiter = asyncio.get_running_loop().create_future()
        try:
            await first_of(waiter, self._clock.sleep(timeout_s))
        finally:
            if self._waiter is waiter:
                self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _end(self, why: str) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ApiError(409, why))
