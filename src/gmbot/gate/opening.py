"""An attempt that begins before what it is about is stored: its first write stores both."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

import msgspec

from gmbot.domain.errors import RefusedError, Unavailable
from gmbot.gate.changes import NO_CHANGES, Changes
from gmbot.gate.ledger import Ledger
from gmbot.gate.ports import PersonRecord

PATIENCE_S: Final = 0.005
"""How long an update waits for its attempt: a Bot API server next door answers sooner, Telegram does not."""


class AppliedBefore(RefusedError):
    """The update of these facts was applied before: whoever did that owes what follows from it."""


class Opening:
    """The facts of an update with the debt that they lead to, and the `record` by which it is attempted.

    Whoever comes first stores them, once: the attempt with the first thing that it writes, or whoever
    waits for them to be stored.
    """

    def __init__(self, ledger: Ledger, facts: Changes, record: PersonRecord) -> None:
        self.record = record
        self._ledger = ledger
        self._facts = facts
        self._begun = False
        loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[bool | Unavailable] = loop.create_future()
        self._given_up: asyncio.Future[None] = loop.create_future()

    async def write(self, more: Changes = NO_CHANGES) -> None:
        """Store `more`, with the facts unless somebody has begun to store these.

        Raises AppliedBefore if there was nothing to store, and Unavailable as `Ledger.write` does.
        """
        if self._begun:
            _check(await asyncio.shield(self._outcome))
            if more is not NO_CHANGES:
                await self._ledger.write(more)
            return
        self._begun = True
        _check(await self._first_write(more))

    async def stored(self) -> None:
        """Return once the facts are stored, by the attempt or, if it is not soon, by the caller.

        Raises Unavailable as `Ledger.write` does.
        """
        either: set[asyncio.Future[Any]] = {self._outcome, self._given_up}
        await asyncio.wait(either, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        with contextlib.suppress(AppliedBefore):
            await self.write()

    def give_up(self) -> None:
        """Tell whoever waits that the attempt writes nothing any more."""
        if not self._given_up.done():
            self._given_up.set_result(None)

    async def _first_write(self, more: Changes) -> bool | Unavailable:
        outcome: bool | Unavailable = Unavailable("it was broken off while it was stored")
        try:
            outcome = await self._ledger.write(_joined(self._facts, more))
        except Unavailable as error:
            outcome = error
        finally:
            self._outcome.set_result(outcome)
        return outcome


def _check(outcome: bool | Unavailable) -> None:
    if isinstance(outcome, Unavailable):
        raise outcome
    if not outcome:
        raise AppliedBefore("the update was applied before")


def _joined(facts: Changes, more: Changes) -> Changes:
    """Return both in one; facts, holds and debts are all that a step has."""
    return msgspec.structs.replace(
        facts,
        memberships=facts.memberships + more.memberships,
        standings=facts.standings + more.standings,
        holds=facts.holds + more.holds,
        owed=facts.owed + more.owed,
    )
