"""The dashboard to begin with: promises kept, traffic, how long things take."""

from __future__ import annotations

from ops.generate.charts import Board, Chart, Look, Query, Row, quantile, rate

_HANDLED = 'bot_update_handling_seconds_bucket{job="$job"}'
KEPT_999 = ((0.0, "red"), (0.999, "green"))
KEPT_99 = ((0.0, "red"), (0.99, "green"))

BOARD = Board(
    uid="gmbot-overview",
    title="GMBot: overview",
    rows=(
        Row(
            title="Promises, over 3 days",
            charts=(
                Chart(
                    title="Verdicts reached (99.9%)",
                    says="Memberships asked for that Telegram told.",
                    queries=(Query('1 - job:bot_verdict_slo:bad_ratio3d{job="$job"}', "verdicts"),),
                    unit="percentunit",
                    look=Look.NUMBER,
                    bounds=KEPT_999,
                ),
                Chart(
                    title="Held within 5 s (99%)",
                    says="Holds in place within 5 s of their cause.",
                    queries=(Query('1 - job:bot_hold_slo:bad_ratio3d{job="$job"}', "holds"),),
                    unit="percentunit",
                    look=Look.NUMBER,
                    bounds=KEPT_99,
                ),
                Chart(
                    title="Free within 3 s (99%)",
                    says="Releases within 3 s of their cause.",
                    queries=(Query('1 - job:bot_release_slo:bad_ratio3d{job="$job"}', "releases"),),
                    unit="percentunit",
                    look=Look.NUMBER,
                    bounds=KEPT_99,
                ),
                Chart(
                    title="How fast error budgets burn",
                    says="1 uses up a budget in just 30 days; the dashed line is 14.4, which pages.",
                    queries=(
                        Query('job:bot_verdict_slo:bad_ratio1h{job="$job"} / 0.001', "verdict"),
                        Query('job:bot_hold_slo:bad_ratio1h{job="$job"} / 0.01', "hold"),
                        Query('job:bot_release_slo:bad_ratio1h{job="$job"} / 0.01', "release"),
                    ),
                    span=16,
                    bounds=((14.4, "red"),),
                ),
                Chart(
                    title="Wrongful holds, last day",
                    says="Holds that turned out to be on people who had qualified before. Never.",
                    queries=(Query('sum(increase(bot_wrongful_holds_total{job="$job"}[1d]))', "wrongful"),),
                    look=Look.NUMBER,
                    bounds=((0.5, "red"),),
                ),
            ),
        ),
        Row(
            title="Traffic",
            charts=(
                Chart(
                    title="Updates",
                    says="Updates dealt with, by kind.",
                    queries=(Query(rate("bot_updates_total", "kind"), "{{kind}}"),),
                    unit="ops",
                    look=Look.STACKED,
                ),
                Chart(
                    title="Errors, by type",
                    says="What went wrong; attempts that succeed later count too.",
                    queries=(Query(rate("bot_errors_total", "error_type") + " > 0", "{{error_type}}"),),
                    unit="ops",
                ),
                Chart(
                    title="Groups and holds",
                    says="What is guarded, what is paused, and who is held now.",
                    queries=(
                        Query('sum(bot_active_groups{job="$job"})', "groups"),
                        Query('sum(bot_groups_paused{job="$job"})', "paused groups"),
                        Query('sum(bot_holds_active{job="$job"})', "people held"),
                    ),
                ),
            ),
        ),
        Row(
            title="How long it takes",
            charts=(
                Chart(
                    title="Handling an update",
                    says="From arrival to acknowledgement, as a heat map: most at the bottom is good.",
                    queries=(Query(f"sum by (le) (increase({_HANDLED}[$__rate_interval]))"),),
                    look=Look.HEATMAP,
                    span=12,
                ),
                Chart(
                    title="News come late by",
                    says="How old updates are when they come; Telegram counts whole seconds.",
                    queries=(
                        Query(quantile(0.5, "bot_update_lag_seconds"), "half"),
                        Query(quantile(0.99, "bot_update_lag_seconds"), "99%"),
                    ),
                    unit="s",
                    span=6,
                ),
                Chart(
                    title="Updates waiting at Telegram",
                    says="getWebhookInfo, every 10 s.",
                    queries=(Query('max(bot_updates_pending{job="$job"})', "waiting"),),
                    span=6,
                    bounds=((100.0, "red"),),
                ),
            ),
        ),
    ),
)
