"""An update that fails for a reason which nobody foresaw: tried again, then set aside and told of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from traceback import walk_tb
from typing import Final

from gmbot.domain.errors import RefusedError, TransientError
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes, SetAside
from gmbot.gate.events import Retried, UpdateSetAside
from gmbot.gate.incoming import Incoming, Unreadable
from gmbot.gate.shape import shape
from gmbot.resilience.budget import Windows

TRIES: Final = 3
PAUSES_S: Final = (0.1, 0.5)
"""How long is waited before each further try; what is behind it in its queue waits as long."""

PAUSES_A_MINUTE: Final = 20
"""Of these no more: whoever found an update that we mishandle and sends many of them delays nobody else."""

UNREADABLE: Final = "Unreadable"


class LastResort:
    """Stands round the handling of one bot's updates: one that we mishandle stops no other."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._pauses: Windows[None] = Windows(PAUSES_A_MINUTE, 60.0, now=bot.clock.now)

    async def attempt(
        self, incoming: Incoming, kind: str, handle: Callable[[Incoming], Awaitable[str]]
    ) -> str:
        """Return what came of an update: what `handle` returns, or `set_aside`.

        Raises TransientError if it must come again: it, or that it was set aside, could not be stored.
        """
        tries = 0
        while True:
            tries += 1
            outcome = await _outcome(handle, incoming)
            if isinstance(outcome, str):
                return outcome
            if tries == TRIES or isinstance(outcome, RefusedError):
                return await self._keep(incoming, kind, tries, outcome)
            self._bot.emit(Retried("update"))
            await self._pause(PAUSES_S[tries - 1])

    async def unreadable(self, update: Unreadable) -> str:
        """Set aside an update of which nothing but its id could be read."""
        return await self._keep(update, update.kind, 1, update.failure)

    async def _pause(self, pause_s: float) -> None:
        if not self._pauses.wait_s(None):
            self._pauses.add(None)
            await self._bot.clock.sleep(pause_s)

    async def _keep(self, update: Incoming, kind: str, tries: int, failure: Exception | None) -> str:
        bot = self._bot
        error, where = (UNREADABLE, "") if failure is None else (type(failure).__name__, place(failure))
        payload = update.payload if isinstance(update, Unreadable) else shape(update)
        kept = SetAside(update.update_id, kind, error, where, tries, bot.clock.now(), payload)
        if not await bot.ledger.write(Changes(update_id=update.update_id, set_aside=(kept,))):
            # A part of it was done before it failed: that part is not done again.
            await bot.ledger.write(Changes(set_aside=(kept,)))
        bot.emit(UpdateSetAside(bot.me.bot_id, update.update_id, kind, error, where, tries, failure))
        return "set_aside"


async def _outcome(handle: Callable[[Incoming], Awaitable[str]], incoming: Incoming) -> str | Exception:
    try:
        return await handle(incoming)
    except TransientError as error:
        if not error.hopeless:
            raise
        return error
    except Exception as error:  # noqa: BLE001 - a last resort: one update that we mishandle stops no other
        return error


def place(failure: BaseException) -> str:
    """Return where in the code an error was raised: a file's name and a line."""
    frame, line = [(None, 0), *walk_tb(failure.__traceback__)][-1]
    return f"{Path(frame.f_code.co_filename).name}:{line}" if frame is not None else ""
