"""The dashboard of GMBot's dealings with Telegram: calls, failures, limits, and the send queue."""

from __future__ import annotations

from ops.generate.charts import Board, Chart, Look, Query, Row, quantile, rate

BOARD = Board(
    uid="gmbot-telegram-api",
    title="GMBot: Telegram API",
    rows=(
        Row(
            title="Calls",
            charts=(
                Chart(
                    title="Calls",
                    says="By method.",
                    queries=(Query(rate("bot_api_calls_total", "method") + " > 0", "{{method}}"),),
                    unit="ops",
                    look=Look.STACKED,
                ),
                Chart(
                    title="Calls that failed",
                    says="By method and code; none means that no answer came.",
                    queries=(
                        Query(rate("bot_api_errors_total", "method, code") + " > 0", "{{method}} {{code}}"),
                    ),
                    unit="ops",
                ),
                Chart(
                    title="Calls take (95%)",
                    says="By method; getUpdates waits on purpose.",
                    queries=(Query(quantile(0.95, "bot_api_call_seconds", "method"), "{{method}}"),),
                    unit="s",
                ),
            ),
        ),
        Row(
            title="Limits",
            charts=(
                Chart(
                    title="429 Too Many Requests",
                    says="By method.",
                    queries=(Query(rate("bot_api_errors_total", "method", 'code="429"'), "{{method}}"),),
                    unit="ops",
                ),
                Chart(
                    title="Calls that waited for a limit",
                    says="Telegram's or GMBot's own; more than one a second for long is an alert.",
                    queries=(Query(rate("bot_rate_limit_delays_total"), "waited"),),
                    unit="ops",
                    bounds=((1.0, "red"),),
                ),
                Chart(
                    title="Calls made again",
                    says="Questions, and polls that failed.",
                    queries=(
                        Query(rate("bot_retries_total", "operation", 'operation=~"get.*"'), "{{operation}}"),
                    ),
                    unit="ops",
                ),
            ),
        ),
        Row(
            title="Send queue",
            charts=(
                Chart(
                    title="Waiting now",
                    says="By priority: release goes first, bulk last.",
                    queries=(Query('sum by (priority) (bot_send_queue_depth{job="$job"})', "{{priority}}"),),
                    look=Look.STACKED,
                    span=12,
                ),
                Chart(
                    title="Waits (95%)",
                    says="Of the calls that had to wait, by priority.",
                    queries=(
                        Query(quantile(0.95, "bot_send_queue_wait_seconds", "priority"), "{{priority}}"),
                    ),
                    unit="s",
                    span=12,
                ),
            ),
        ),
        Row(
            title="Updates",
            charts=(
                Chart(
                    title="Waiting at Telegram",
                    says="getWebhookInfo, every 10 s.",
                    queries=(Query('max(bot_updates_pending{job="$job"})', "waiting"),),
                    span=12,
                ),
                Chart(
                    title="Failures to deliver to the webhook",
                    says="Looks at Telegram's report that showed a new one.",
                    queries=(Query(rate("bot_webhook_failures_total"), "failures"),),
                    unit="ops",
                    span=12,
                ),
            ),
        ),
    ),
)
