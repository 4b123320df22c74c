"""Every file that is derived from code or from the rules, with the text that it should have."""

from __future__ import annotations

from pathlib import Path

from ops.generate import dependencies, gate, overview, runtime, telegram_api
from ops.generate.alert_table import with_table
from ops.generate.charts import Board, rendered
from ops.generate.log_lines import rendered_schema, with_events

ROOT = Path(__file__).parents[2]
BOARDS: tuple[Board, ...] = (
    overview.BOARD,
    gate.BOARD,
    telegram_api.BOARD,
    dependencies.BOARD,
    runtime.BOARD,
)


def derived_files() -> dict[Path, str]:
    """Return the text of each derived file, by its path."""
    dashboards = {ROOT / "ops" / "grafana" / f"{board.uid}.json": rendered(board) for board in BOARDS}
    alerting = ROOT / "docs" / "alerting.md"
    logs = ROOT / "docs" / "logs.md"
    return {
        **dashboards,
        alerting: with_table(alerting.read_text(), ROOT / "ops" / "prometheus" / "rules"),
        logs: with_events(logs.read_text()),
        ROOT / "docs" / "log-line.schema.json": rendered_schema(),
    }
