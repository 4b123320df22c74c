"""Asking Telegram what somebody is in a chat, once, however many want to know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from gmbot.domain.errors import ChatUnusable, RefusedError, TransientError
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import UNKNOWN, MembershipState
from gmbot.domain.standing import Standing
from gmbot.gate.changes import LearntMembership, LearntStanding
from gmbot.gate.events import Verified
from gmbot.gate.ports import Clock, Emit, Telegram
from gmbot.resilience.coalesce import SingleFlight
from gmbot.resilience.rests import Rests

FIRST_REST_S = 0.25
LONGEST_REST_S = 5.0
"""A question that failed is repeated no more often, however much somebody writes meanwhile."""

_STATUS = {
    MembershipState.IN: "verified",
    MembershipState.OUT: "restricted",
    MembershipState.UNKNOWN: "error",
}


class Questions:
    """getChatMember, coalesced: simultaneous questions about one pair are one call.

    A pair whose question failed rests, a little longer each time. `unusable` collects the channels that
    answered "you may not ask" since they were last taken.
    """

    def __init__(self, telegram: Telegram, clock: Clock, emit: Emit) -> None:
        self._telegram = telegram
        self._clock = clock
        self._emit = emit
        self._flights: SingleFlight[tuple[int, UserId], Standing] = SingleFlight()
        self._unusable: dict[ChannelId, str] = {}
        self._rests: Rests[tuple[ChannelId, UserId]] = Rests(FIRST_REST_S, LONGEST_REST_S, now=clock.now)

    def __len__(self) -> int:
        """Return how many questions are under way."""
        return len(self._flights)

    async def standing(self, group_id: GroupId, user_id: UserId) -> LearntStanding:
        """Return what somebody is in a group now. Raises what Telegram.member raises."""
        return LearntStanding(group_id, user_id, await self._ask(group_id, user_id))

    async def memberships(
        self, user_id: UserId, channels: Iterable[ChannelId], *, urgent: bool = False
    ) -> tuple[LearntMembership, ...]:
        """Return what was learnt about somebody in these channels; UNKNOWN where nothing was.

        Questions that rest are not asked, unless they are `urgent`: somebody waits for the answer.
        """
        asked = [
            self._membership(user_id, channel)
            for channel in channels
            if urgent or not self._rests.rests((channel, user_id))
        ]
        return tuple(await asyncio.gather(*asked))

    def take_unusable(self) -> dict[ChannelId, str]:
        """Return the channels that proved unusable, with the cause, and forget them."""
        taken, self._unusable = self._unusable, {}
        return taken

    async def _membership(self, user_id: UserId, channel: ChannelId) -> LearntMembership:
        started = self._clock.now()
        fact, cause = UNKNOWN, ""
        try:
            fact = (await self._ask(channel, user_id)).as_membership()
            self._rests.succeeded((channel, user_id))
            # Nobody may have taken the refusal yet: whoever does later would give up a channel that answers.
            self._unusable.pop(channel, None)
        except ChatUnusable as error:
            cause = type(error).__name__
            self._unusable[channel] = str(error)
        except (TransientError, RefusedError) as error:
            cause = type(error).__name__
            self._rests.failed((channel, user_id))
        self._emit(Verified(_STATUS[fact.state], self._clock.now() - started, user_id, channel, cause))
        return LearntMembership(user_id, channel, fact)

    async def _ask(self, chat_id: int, user_id: UserId) -> Standing:
        return await self._flights.do((chat_id, user_id), lambda: self._telegram.member(chat_id, user_id))
