"""Look ahead: the authors of many messages, whom memory does not know, are looked up in one visit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from gmbot.domain.errors import TransientError
from gmbot.domain.ids import ChannelId, UserId
from gmbot.gate.bot import Bot
from gmbot.gate.events import MembershipRecalled, Unforeseen
from gmbot.gate.glimpse import Glimpse
from gmbot.resilience.deadline import deadline

WORTH_IT: Final = 8
"""Fewer people are looked up one by one, each when it is their turn."""

WITHIN_S: Final = 0.5
"""Nobody waits longer for this: whoever is not known by then is looked up one by one."""


class Foresight:
    """What one bot's memory should know before many messages are handled.

    It decides nothing: messages of people whom memory knows then go the short path like any other.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def __call__(self, seen: Sequence[Glimpse]) -> int:
        """Have memory know the authors whom the store knows; return how many were looked up.

        Never raises: what a store that does not answer cannot tell now is found out one by one.
        """
        pairs = self._unknown(seen)
        people = len({user_id for user_id, _ in pairs})
        if people < WORTH_IT:
            return 0
        started = time.perf_counter()
        try:
            async with deadline(WITHIN_S):
                await self._bot.knowledge.foresee(pairs)
        except TransientError:
            return 0
        except Exception as error:  # noqa: BLE001 - whoever only looks ahead must not end the polling
            self._bot.emit(Unforeseen("foresight", type(error).__name__, error))
            return 0
        # Memory did not know them: the hits that follow are this visit's doing.
        each_s = (time.perf_counter() - started) / people
        for _ in range(people):
            self._bot.emit(MembershipRecalled(False, each_s))
        return people

    def _unknown(self, seen: Sequence[Glimpse]) -> list[tuple[UserId, ChannelId]]:
        bot = self._bot
        if not bot.knowledge.believes_memory:
            return []
        pairs: dict[tuple[UserId, ChannelId], None] = {}
        for one in seen:
            group = bot.guarded.group(one.chat_id)
            if group is None or not group.enforced or one.service:
                continue
            user_id = UserId(one.user_id)
            if not bot.knowledge.lets_pass(group, user_id):
                pairs.update(((user_id, channel), None) for channel in bot.guarded.price(group).channels)
        return list(pairs)
