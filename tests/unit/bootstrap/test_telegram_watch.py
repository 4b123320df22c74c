"""Whether Telegram answers, as the calls that are made anyway show it."""

from __future__ import annotations

import pytest

from gmbot.adapters.telegram.wire import WebhookInfo
from gmbot.bootstrap.telegram_watch import PATIENCE_S, TelegramWatch
from gmbot.domain.ids import BotId
from gmbot.entrypoints.ops.findings import NotWell
from gmbot.gate.events import ApiCalled
from gmbot.simulator import VirtualClock


class Watched:
    """A watch whose time and whose calls are the test's."""

    def __init__(self, *infos: WebhookInfo) -> None:
        self.clock = VirtualClock(1_000.0)
        self.watch = TelegramWatch(
            lambda: infos,
            redact=lambda text: text.replace("secret", "…"),
            monotonic=self.clock.now,
            now=self.clock.now,
        )

    def call(self, code: int, method: str = "getChatMember") -> None:
        """Make a call that ends so."""
        self.watch.listen(ApiCalled(BotId(1), method, code, 0.1))


async def test_before_the_first_call_nothing_is_wrong() -> None:
    """Nobody was asked yet."""
    assert (await Watched().watch.probe())["last_answer_seconds_ago"] is None


@pytest.mark.parametrize("code", [0, 500, 502, 504])
async def test_no_answer_for_a_while_is_an_outage(code: int) -> None:
    """One call may go wrong."""
    telegram = Watched()
    telegram.call(code)
    await telegram.watch.probe()
    telegram.clock.set(1_000 + PATIENCE_S)
    with pytest.raises(NotWell, match="no_answer"):
        await telegram.watch.probe()


@pytest.mark.parametrize("code", [200, 400, 403, 409, 429])
async def test_any_answer_ends_it(code: int) -> None:
    """A refusal is one, too."""
    telegram = Watched()
    telegram.call(0)
    telegram.clock.set(1_010.0)
    telegram.call(code)
    assert (await telegram.watch.probe())["last_answer_seconds_ago"] == 0.0


async def test_the_last_poll_is_told_apart() -> None:
    """Calls that succeed are no sign that updates come."""
    telegram = Watched()
    telegram.call(200, "getUpdates")
    telegram.clock.set(1_020.0)
    telegram.call(200)
    telegram.call(409, "getUpdates")
    details = await telegram.watch.probe()
    assert (details["last_poll_seconds_ago"], details["last_answer_seconds_ago"]) == (20.0, 0.0)


async def test_the_webhook_report_of_all_bots_is_told() -> None:
    """What waits is summed up; of errors the latest counts, without secrets."""
    telegram = Watched(
        WebhookInfo("https://h", 3, 900, "502 Bad Gateway"),
        WebhookInfo("https://h", 4, 970, "Connection refused at secret"),
        WebhookInfo("https://h"),
    )
    details = await telegram.watch.probe()
    assert details["updates_pending"] == 7
    assert details["last_webhook_error"] == "Connection refused at …"
    assert details["last_webhook_error_seconds_ago"] == 30
