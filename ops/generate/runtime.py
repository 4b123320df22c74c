"""The dashboard of the processes themselves."""

from __future__ import annotations

from ops.generate.charts import Board, Chart, Look, Query, Row, quantile

_OURS = '{job="$job"}'

BOARD = Board(
    uid="gmbot-runtime",
    title="GMBot: runtime",
    rows=(
        Row(
            title="What runs",
            charts=(
                Chart(
                    title="Versions",
                    says="Processes by version, commit and Python.",
                    queries=(
                        Query(
                            f"sum by (version, commit, python) (bot_build_info{_OURS})",
                            "{{version}} {{commit}} Python {{python}}",
                        ),
                    ),
                    look=Look.NUMBER,
                    span=12,
                ),
                Chart(
                    title="Running for",
                    says="Since the last start.",
                    queries=(Query(f"time() - bot_start_time_seconds{_OURS}", "{{instance}}"),),
                    unit="s",
                    look=Look.NUMBER,
                    span=12,
                ),
            ),
        ),
        Row(
            title="Event loop",
            charts=(
                Chart(
                    title="Woken late by",
                    says="Felt twice a second: work that blocks the loop shows here.",
                    queries=(
                        Query(quantile(0.5, "bot_loop_lag_seconds", "instance"), "half {{instance}}"),
                        Query(quantile(0.99, "bot_loop_lag_seconds", "instance"), "99% {{instance}}"),
                    ),
                    unit="s",
                    span=12,
                ),
                Chart(
                    title="CPU",
                    says="Of one core: a process uses one.",
                    queries=(
                        Query(f"rate(process_cpu_seconds_total{_OURS}[$__rate_interval])", "{{instance}}"),
                    ),
                    unit="percentunit",
                    span=12,
                    bounds=((0.8, "orange"),),
                ),
            ),
        ),
        Row(
            title="Memory and files",
            charts=(
                Chart(
                    title="Memory",
                    says="Resident, and what remembered facts weigh of it.",
                    queries=(
                        Query(f"process_resident_memory_bytes{_OURS}", "resident {{instance}}"),
                        Query(f"bot_memory_bytes{_OURS}", "facts {{instance}}"),
                    ),
                    unit="bytes",
                    span=12,
                ),
                Chart(
                    title="Files and sockets",
                    says="Open now, as a share of those allowed.",
                    queries=(Query(f"process_open_fds{_OURS} / process_max_fds{_OURS}", "{{instance}}"),),
                    unit="percentunit",
                    span=12,
                    bounds=((0.8, "red"),),
                ),
                Chart(
                    title="Log lines that nobody took",
                    says="Whoever collects the log stands still, or its disk is full: people notice nothing.",
                    queries=(
                        Query(
                            f"increase(bot_log_lines_dropped_total{_OURS}[$__rate_interval])", "{{instance}}"
                        ),
                    ),
                    unit="short",
                    span=12,
                ),
            ),
        ),
    ),
)
