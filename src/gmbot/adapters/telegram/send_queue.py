"""Whose call goes next: what changes something at Telegram, within its limits, the most urgent first.

Limits (SEMANTICS, limits and delivery): about 30 calls a second for a bot, one message a second in a
chat, 20 a minute in a group; and whatever a 429 says.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Hashable

import msgspec

from gmbot.adapters.telegram.waits import Target, Waits
from gmbot.domain.errors import TooManyRequests, TransientError, Unavailable
from gmbot.gate.events import RateLimitDelayed, SendQueued, SendWaited
from gmbot.gate.ports import Clock, Emit
from gmbot.resilience.budget import SLACK, Budget, SharedBudget, Shares, Windows
from gmbot.resilience.fair_queue import FairQueue, Ticket

PATIENCE_S = 5.0
"""Whoever has waited this long goes first, so that nobody starves behind more urgent calls."""

SHARE = 0.4
"""The part of a bot's budget that one chat may use before it has to leave the reserve to others."""

RESERVED = 1 / 3
"""The part of the burst that is kept for chats within their share."""

BUNCH_S = 0.2
"""Whoever leaves the reserve alone goes in bunches: five calls at once cost half of five 40 ms apart."""

MARGIN_S = 0.25
"""Telegram counts when calls arrive: two that left a second apart may arrive with less between them."""

CHAT_SPACING_S = 1.0 + MARGIN_S
SHORT_BURST = 3
"""One message a second in a chat, and short bursts above it (Bot API FAQ): a lone newcomer need not wait."""

MINUTE_S = 60.0 + MARGIN_S
SECOND_S = 1.0 + MARGIN_S


class Priority(enum.IntEnum):
    """What goes first; lower is sooner."""

    RELEASE = 0
    MUTE = 1
    ANSWER = 2
    DELETE = 3
    PROMPT = 4
    BULK = 5


_NEVER_BUNCHED = frozenset({Priority.RELEASE, Priority.ANSWER})
"""What somebody waits for who has done what was asked of them."""

NAMES = tuple(priority.name.lower() for priority in Priority)


class SendLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one bot may send: calls a second, saved up to `burst`, and messages in each chat."""

    rate_per_s: float = 25.0
    burst: int = 30
    group_messages_per_minute: int = 20
    chat_spacing_s: float = CHAT_SPACING_S


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """A call that wants to go. `chat` is whose share it uses.

    It fails after `patience_s` if a limit of its own chat keeps it longer, and after `expires_s` in any case.
    """

    target: Target
    priority: Priority
    chat: int | str | None
    patience_s: float = 9.0
    expires_s: float | None = None

    @property
    def lane(self) -> Hashable:
        """Who takes turns with whom."""
        return self.target[0], self.chat


class Place:
    """A call's place in the queue; `turn` is done when it may go (None), or must not any more (why)."""

    __slots__ = ("expires_at", "give_up_at", "sending", "since", "ticket", "turn")

    def __init__(self, sending: Sending, now: float) -> None:
        self.sending = sending
        self.since = now
        self.give_up_at = now + sending.patience_s
        self.expires_at = None if sending.expires_s is None else now + sending.expires_s
        self.turn: asyncio.Future[TransientError | None] = asyncio.get_running_loop().create_future()
        self.ticket: Ticket[Place] | None = None


class SendQueue:
    """One bot's queue. `waits` are Telegram's own 429s; `shared` counts what other processes send, if any do.

    A chat that used more than its share lately leaves the reserve alone, so that whoever comes from
    another chat finds a token at once, however much the first one still has to send.
    """

    def __init__(
        self,
        limits: SendLimits,
        waits: Waits,
        *,
        clock: Clock,
        emit: Emit,
        shared: SharedBudget | None = None,
        key: str = "",
    ) -> None:
        self._waits = waits
        self._clock = clock
        self._emit = emit
        self._shared = shared
        self._key = key
        self._rate_per_s = limits.rate_per_s
        now = clock.now
        self._budget = Budget(limits.rate_per_s, limits.burst, now=now)
        self._reserve = float(int(limits.burst * RESERVED))
        self._bunch = max(1.0, min(limits.rate_per_s * BUNCH_S, (limits.burst - self._reserve) / 2))
        # One of the reserve's, so that what is urgent finds a token between two bunches.
        self._spare = 1.0 if self._bunch > 1.0 else 0.0
        self._pouring = True
        self._shares: Shares[int | str | None] = Shares(
            limits.rate_per_s * SHARE, max(1.0, limits.burst * SHARE), now=now
        )
        self._spacing: Windows[int | str | None] = Windows(
            SHORT_BURST, SHORT_BURST * limits.chat_spacing_s, now=now
        )
        self._minutes: Windows[int | str | None] = Windows(
            limits.group_messages_per_minute, MINUTE_S, now=now
        )
        self._seconds: Windows[None] = Windows(limits.burst, SECOND_S, now=now)
        self._queue: FairQueue[Place] = FairQueue(len(Priority), now=now, patience_s=PATIENCE_S)
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = 0.0

    def __len__(self) -> int:
        """Return how many calls wait."""
        return len(self._queue)

    @property
    def oldest_wait_s(self) -> float:
        """For how many seconds the call has waited that has waited longest; 0 when none does."""
        since = min((head.since for head in self._queue.heads()), default=None)
        return 0.0 if since is None else max(0.0, self._clock.now() - since)

    async def turn(self, sending: Sending) -> None:
        """Return when a call may go.

        Raises TooManyRequests if its chat's limits keep it too long, Unavailable if it came too late.
        """
        place = self.enter(sending)
        if place is not None:
            await self.wait(place)
        await self.agree()

    async def wait(self, place: Place) -> None:
        """Return when it is a place's turn, and raise as `turn` does."""
        try:
            error = await place.turn
        finally:
            self.leave(place)
        if error is not None:
            raise error

    async def agree(self) -> None:
        """Wait for the other processes; what they used is missing here, so that this queue slows down too."""
        if self._shared is None:
            return
        wait_s = await self._shared.take(self._key)
        if wait_s > 0:
            self._budget.spend(wait_s * self._rate_per_s)
            await self._clock.sleep(wait_s)

    def enter(self, sending: Sending) -> Place | None:
        """Return None if a call may go at once, else its place: `wait` for its turn, or `leave` it."""
        if not len(self._queue) and self._may_go(sending):
            self._take(sending)
            return None
        place = Place(sending, self._clock.now())
        place.ticket = self._queue.push(place, sending.lane, sending.priority)
        self._emit(SendQueued(NAMES[sending.priority], self._queue.depth(sending.priority)))
        self._pump()
        return place

    def leave(self, place: Place) -> None:
        """Give up a place, however its wait ended."""
        if place.ticket is not None and self._queue.withdraw(place.ticket):
            self._tell(place)
            self._pump()

    def _may_go(self, sending: Sending) -> bool:
        return not self._kept_s(sending) and not self._budget.wait_s(keep=self._keep(sending))

    def _keep(self, sending: Sending) -> float:
        """How many tokens a call leaves; unless it is urgent, more while a bunch is gathered."""
        if self._shares.modest(sending.chat):
            return 0.0
        if sending.priority in _NEVER_BUNCHED:
            return max(0.0, self._reserve - self._spare)
        left = self._budget.level - self._reserve + SLACK
        self._pouring = left >= (1.0 if self._pouring else self._bunch)
        return self._reserve + (0.0 if self._pouring else self._bunch - 1.0)

    def _kept_s(self, sending: Sending) -> float:
        """How long the limits of its own chat keep a call."""
        kept_s = self._waits.left_s(sending.target)
        method, chat = sending.target
        if method == "sendMessage":
            kept_s = max(kept_s, self._spacing.wait_s(chat), self._seconds.wait_s(None))
        if method in _GROUP_MESSAGES and _is_group(chat):
            kept_s = max(kept_s, self._minutes.wait_s(chat))
        return kept_s

    def _take(self, sending: Sending) -> None:
        self._budget.spend(1.0)
        self._shares.charge(sending.chat)
        method, chat = sending.target
        if method == "sendMessage":
            self._spacing.add(chat)
            self._seconds.add(None)
        if method in _GROUP_MESSAGES and _is_group(chat):
            self._minutes.add(chat)

    def _pump(self) -> None:
        """Let go whoever may, and wake when the next one may."""
        self._turn_away()
        while (ticket := self._queue.pop(self._allowed)) is not None:
            self._take(ticket.item.sending)
            self._settle(ticket.item, None)
        self._set_alarm()

    def _allowed(self, ticket: Ticket[Place]) -> bool:
        return self._may_go(ticket.item.sending)

    def _turn_away(self) -> None:
        """Fail those whose turn would come too late; behind them others may stand who must go as well."""
        while late := [(head, error) for head in self._queue.heads() if (error := self._too_late(head.item))]:
            for ticket, error in late:
                self._queue.withdraw(ticket)
                self._settle(ticket.item, error)

    def _too_late(self, place: Place) -> TransientError | None:
        now, method = self._clock.now(), place.sending.target[0]
        if place.expires_at is not None and now >= place.expires_at:
            return Unavailable(f"{method}: too late to be of use")
        kept_s = self._kept_s(place.sending)
        if kept_s and now + kept_s > place.give_up_at:
            return TooManyRequests(f"{method}: {kept_s:.0f} s more of silence there", retry_after_s=kept_s)
        return None

    def _settle(self, place: Place, error: TransientError | None) -> None:
        self._tell(place)
        if error is not None and error.retry_after_s is not None:
            self._emit(RateLimitDelayed(place.sending.target[0], error.retry_after_s))
        if not place.turn.done():
            place.turn.set_result(error)

    def _tell(self, place: Place) -> None:
        waited_s, priority = self._clock.now() - place.since, place.sending.priority
        self._emit(SendWaited(NAMES[priority], waited_s, self._queue.depth(priority)))
        if waited_s > 0:
            self._emit(RateLimitDelayed(place.sending.target[0], waited_s))

    def _set_alarm(self) -> None:
        if not len(self._queue):
            self._silence()
            return
        now = self._clock.now()
        ring_at = now + min(self._left_s(head.item.sending) for head in self._queue.heads())
        if self._alarm is not None and self._alarm_at <= ring_at:
            return
        self._silence()
        self._alarm_at = ring_at
        self._alarm = asyncio.create_task(self._ring(ring_at - now), name="send-queue")

    def _left_s(self, sending: Sending) -> float:
        return max(self._kept_s(sending), self._budget.wait_s(keep=self._keep(sending)), SLACK)

    async def _ring(self, delay_s: float) -> None:
        await self._clock.sleep(delay_s)
        self._alarm = None
        self._pump()

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None


_GROUP_MESSAGES = frozenset({"sendMessage", "editMessageText"})


def _is_group(chat: int | str | None) -> bool:
    return isinstance(chat, str) or (chat is not None and chat < 0)
