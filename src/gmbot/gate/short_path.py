"""The common case: a message that may stay, known so from process memory alone, in microseconds."""

from __future__ import annotations

import time
from collections.abc import Callable

from gmbot.domain.ids import UserId
from gmbot.gate.about import about
from gmbot.gate.bot import Bot
from gmbot.gate.events import MembershipRecalled, UpdateHandled
from gmbot.gate.glimpse import Glimpse
from gmbot.gate.tally import Tally


class ShortPath:
    """Lets messages of one bot's chats pass that concern nobody: no task, no lock, no await, no write.

    It says yes only where the long way would come to `passed` without having asked anybody. Those that are
    `sampled`, by update id, are told of one by one; the others are counted in `tally`.
    """

    def __init__(self, bot: Bot, tally: Tally, sampled: Callable[[int], bool]) -> None:
        self._bot = bot
        self._tally = tally
        self._sampled = sampled
        self.last_at: float | None = None
        """When a message last passed, by `time.perf_counter`."""

    def __call__(self, seen: Glimpse) -> bool:
        """Whether a message is dealt with; if not, nothing was done or counted."""
        bot, started = self._bot, time.perf_counter()
        group = bot.guarded.group(seen.chat_id)
        judged = group is not None and group.enforced and not seen.service
        if judged:
            assert group is not None  # noqa: S101 (judged)
            user_id = UserId(seen.user_id)
            if not bot.knowledge.lets_pass(group, user_id):
                return False
            bot.brake.passed(group.group_id, user_id)
        self.last_at = started
        self._count(seen, started, judged=judged)
        return True

    def _count(self, seen: Glimpse, started: float, *, judged: bool) -> None:
        seconds = time.perf_counter() - started
        if self._sampled(seen.update_id):
            self._tell(seen, started, seconds, judged=judged)
            return
        tally = self._tally
        (tally.edited if seen.edited else tally.messages).observe(seconds)
        tally.lags.observe(max(0.0, self._bot.telegram.now() - seen.at))
        if judged:
            tally.recalls.observe(seconds)

    def _tell(self, seen: Glimpse, started: float, seconds: float, *, judged: bool) -> None:
        bot, arrived = self._bot, about().arrived
        if judged:
            bot.emit(MembershipRecalled(True, seconds))
        bot.emit(
            UpdateHandled(
                bot_id=bot.me.bot_id,
                update_id=seen.update_id,
                kind="edited_message" if seen.edited else "message",
                outcome="passed",
                seconds=seconds,
                group_id=seen.chat_id,
                user_id=seen.user_id,
                lag_s=max(0.0, bot.telegram.now() - seconds - seen.at),
                waited_s=None if arrived is None else max(0.0, started - arrived),
            )
        )
