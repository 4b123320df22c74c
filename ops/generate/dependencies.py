"""The dashboard of what GMBot leans on: database, Redis, memory."""

from __future__ import annotations

from ops.generate.charts import Board, Chart, Look, Query, Row, quantile, rate

_UNANSWERED = rate("bot_api_errors_total", labels='code=~"none|5.."')
UP = ((0.0, "red"), (1.0, "green"))

BOARD = Board(
    uid="gmbot-dependencies",
    title="GMBot: dependencies",
    rows=(
        Row(
            title="Who answers",
            charts=(
                Chart(
                    title="Database",
                    says="1 while it answers every process.",
                    queries=(Query('min(bot_db_connected{job="$job"})', "database"),),
                    look=Look.NUMBER,
                    bounds=UP,
                ),
                Chart(
                    title="Redis",
                    says="1 while it answers every process; empty where there is meant to be none.",
                    queries=(
                        Query(
                            'min(bot_redis_connected{job="$job"} and bot_redis_configured{job="$job"} == 1)',
                            "redis",
                        ),
                    ),
                    look=Look.NUMBER,
                    bounds=UP,
                ),
                Chart(
                    title="Telegram",
                    says="Calls that were answered, refusals included.",
                    queries=(
                        Query(
                            f"1 - ({_UNANSWERED} or vector(0)) / {rate('bot_api_calls_total')}",
                            "answered",
                        ),
                    ),
                    unit="percentunit",
                    look=Look.NUMBER,
                    bounds=((0.0, "red"), (0.95, "orange"), (0.99, "green")),
                ),
            ),
        ),
        Row(
            title="Circuits",
            charts=(
                Chart(
                    title="How they stand",
                    says="The worst of each kind: 0 closed, 1 being tried, 2 refuses calls, 3 isolated.",
                    queries=(Query('max by (circuit) (bot_circuit_state{job="$job"})', "{{circuit}}"),),
                    bounds=((1.0, "orange"), (2.0, "red")),
                ),
                Chart(
                    title="Moves",
                    says="What came to which state; many openings are a side that comes and goes.",
                    queries=(
                        Query(
                            rate("bot_circuit_transitions_total", "circuit, to") + " > 0",
                            "{{circuit}} {{to}}",
                        ),
                    ),
                ),
                Chart(
                    title="Repeated",
                    says="Attempts made again, by what; calls a fifth of the time at most.",
                    queries=(Query(rate("bot_retries_total", "operation") + " > 0", "{{operation}}"),),
                    unit="ops",
                ),
            ),
        ),
        Row(
            title="Database",
            charts=(
                Chart(
                    title="Visits",
                    says="By type: each is one transaction or one read.",
                    queries=(
                        Query(
                            rate("db_query_duration_seconds_count", "query_type") + " > 0", "{{query_type}}"
                        ),
                    ),
                    unit="ops",
                    look=Look.STACKED,
                ),
                Chart(
                    title="Visits take (95%)",
                    says="By type; over all of them more than 100 ms is an alert.",
                    queries=(
                        Query(quantile(0.95, "db_query_duration_seconds", "query_type"), "{{query_type}}"),
                        Query(quantile(0.95, "db_query_duration_seconds"), "all"),
                    ),
                    unit="s",
                    bounds=((0.1, "red"),),
                ),
                Chart(
                    title="Work at once",
                    says="The most within 5 s that had, or awaited, a connection; PostgreSQL's pool has 10.",
                    queries=(Query('max(bot_db_pool_in_use{job="$job"})', "at once"),),
                    bounds=((10.0, "red"),),
                ),
            ),
        ),
        Row(
            title="What is stored",
            charts=(
                Chart(
                    title="Rows",
                    says="About how many, by table.",
                    queries=(Query('max by (table) (bot_db_rows{job="$job"})', "{{table}}"),),
                    look=Look.STACKED,
                    span=12,
                ),
                Chart(
                    title="Rows removed",
                    says="As nobody needs them any more, by table.",
                    queries=(Query(rate("bot_pruned_rows_total", "table") + " > 0", "{{table}}"),),
                    unit="ops",
                    span=12,
                ),
            ),
        ),
        Row(
            title="Memory: this process's, and Redis",
            charts=(
                Chart(
                    title="Verdicts from memory",
                    says="The share that needed neither the database nor Telegram.",
                    queries=(Query('job:bot_cache_hits:ratio_rate15m{job="$job"}', "from memory"),),
                    unit="percentunit",
                    bounds=((0.5, "orange"),),
                ),
                Chart(
                    title="Memory takes (95%)",
                    says="get: this process's verdict. recall, learn: Redis.",
                    queries=(
                        Query(quantile(0.95, "bot_cache_operation_seconds", "operation"), "{{operation}}"),
                    ),
                    unit="s",
                ),
                Chart(
                    title="Facts remembered",
                    says="And those forgotten a second to make room.",
                    queries=(
                        Query('sum(bot_memory_entries{job="$job"})', "facts"),
                        Query(rate("bot_memory_evictions_total"), "forgotten a second"),
                    ),
                ),
            ),
        ),
    ),
)
