"""The dashboard of what GMBot is for: who is asked about, held, told, and freed."""

from __future__ import annotations

from ops.generate.charts import Board, Chart, Look, Query, Row, quantile, rate


def _per_hour(metric: str, labels: str = "") -> str:
    chosen = f'job="$job", {labels}' if labels else 'job="$job"'
    return f"sum(increase({metric}{{{chosen}}}[1h]))"


BOARD = Board(
    uid="gmbot-gate",
    title="GMBot: gate",
    rows=(
        Row(
            title="From prompt to subscription to release, in the hour before",
            charts=(
                Chart(
                    title="Held",
                    says="People who were muted.",
                    queries=(Query(_per_hour("bot_holds_total"), "held"),),
                    look=Look.NUMBER,
                    span=6,
                ),
                Chart(
                    title="Messages sent: prompts",
                    says="sendMessage: one prompt tells several held people at once.",
                    queries=(Query(_per_hour("bot_api_calls_total", 'method="sendMessage"'), "prompts"),),
                    look=Look.NUMBER,
                    span=6,
                ),
                Chart(
                    title="Buttons tapped",
                    says="Taps, mostly on “I have joined”.",
                    queries=(Query(_per_hour("bot_updates_total", 'kind="callback_query"'), "taps"),),
                    look=Look.NUMBER,
                    span=6,
                ),
                Chart(
                    title="Subscribed and freed",
                    says="Holds lifted because their person qualified.",
                    queries=(Query(_per_hour("bot_releases_total", 'reason="qualified"'), "freed"),),
                    look=Look.NUMBER,
                    span=6,
                ),
                Chart(
                    title="The funnel over time",
                    says="Held, told, tapped, freed. The distance between held and freed is who stays away.",
                    queries=(
                        Query(_per_hour("bot_holds_total"), "held"),
                        Query(_per_hour("bot_api_calls_total", 'method="sendMessage"'), "messages sent"),
                        Query(_per_hour("bot_updates_total", 'kind="callback_query"'), "taps"),
                        Query(_per_hour("bot_releases_total", 'reason="qualified"'), "freed"),
                    ),
                    span=16,
                ),
                Chart(
                    title="People held now",
                    says="In all groups.",
                    queries=(Query('sum(bot_holds_active{job="$job"})', "held"),),
                ),
            ),
        ),
        Row(
            title="Verdicts",
            charts=(
                Chart(
                    title="Memberships asked for",
                    says="By answer: verified is subscribed, restricted is not, error is UNKNOWN.",
                    queries=(Query(rate("bot_verifications_total", "status"), "{{status}}"),),
                    unit="ops",
                    look=Look.STACKED,
                ),
                Chart(
                    title="Why memberships stay unknown",
                    says="By the kind of failure.",
                    queries=(Query(rate("bot_unknown_total", "cause") + " > 0", "{{cause}}"),),
                    unit="ops",
                ),
                Chart(
                    title="Asking takes",
                    says="How long a membership takes to learn.",
                    queries=(
                        Query(quantile(0.5, "bot_verification_latency_seconds"), "half"),
                        Query(quantile(0.95, "bot_verification_latency_seconds"), "95%"),
                    ),
                    unit="s",
                ),
            ),
        ),
        Row(
            title="Sweeps",
            charts=(
                Chart(
                    title="Questions that sweeps asked",
                    says="By what came of them.",
                    queries=(Query(rate("bot_sweep_questions_total", "outcome") + " > 0", "{{outcome}}"),),
                    unit="ops",
                    span=12,
                ),
                Chart(
                    title="Sweeps ended, in the hour before",
                    says="By kind.",
                    queries=(
                        Query('sum by (kind) (increase(bot_sweeps_total{job="$job"}[1h])) > 0', "{{kind}}"),
                    ),
                    span=12,
                ),
            ),
        ),
        Row(
            title="Holds",
            charts=(
                Chart(
                    title="Holds and releases",
                    says="Releases by reason; what others ended is not among them.",
                    queries=(
                        Query(rate("bot_holds_total"), "held"),
                        Query(rate("bot_releases_total", "reason") + " > 0", "released: {{reason}}"),
                    ),
                    unit="ops",
                ),
                Chart(
                    title="From cause to hold",
                    says="99% are promised within 5 s.",
                    queries=(
                        Query(quantile(0.5, "bot_time_to_hold_seconds"), "half"),
                        Query(quantile(0.99, "bot_time_to_hold_seconds"), "99%"),
                    ),
                    unit="s",
                    bounds=((5.0, "red"),),
                ),
                Chart(
                    title="From cause to release",
                    says="99% are promised within 3 s.",
                    queries=(
                        Query(quantile(0.5, "bot_time_to_release_seconds"), "half"),
                        Query(quantile(0.99, "bot_time_to_release_seconds"), "99%"),
                    ),
                    unit="s",
                    bounds=((3.0, "red"),),
                ),
                Chart(
                    title="Groups left alone",
                    says="Paused now, and mass flips that paused them within the hour before.",
                    queries=(
                        Query('sum(bot_groups_paused{job="$job"})', "paused"),
                        Query(_per_hour("bot_mass_flips_total"), "mass flips"),
                    ),
                    span=12,
                ),
                Chart(
                    title="Updates set aside",
                    says="They could not be handled within the hour before: `gmbot set-aside` shows them.",
                    queries=(
                        Query(
                            'sum by (kind) (increase(bot_updates_set_aside_total{job="$job"}[1h])) > 0',
                            "{{kind}}",
                        ),
                    ),
                    span=12,
                    bounds=((1.0, "red"),),
                ),
                Chart(
                    title="Attempted again",
                    says="What is owed and failed, by kind, and calls, by method.",
                    queries=(Query(rate("bot_retries_total", "operation") + " > 0", "{{operation}}"),),
                    unit="ops",
                    span=12,
                ),
            ),
        ),
    ),
)
