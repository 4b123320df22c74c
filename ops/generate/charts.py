"""What a dashboard is made of, and the JSON that Grafana reads."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard, heatmap, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import heatmap as heatmap_models
from grafana_foundation_sdk.models import prometheus as prometheus_models
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
TAG = "gmbot"
WIDTH = 24
Panel = timeseries.Panel | stat.Panel | heatmap.Panel


class Look(enum.Enum):
    """How a panel shows its numbers."""

    LINES = "lines"
    STACKED = "stacked"
    NUMBER = "number"
    HEATMAP = "heatmap"


@dataclass(frozen=True, slots=True)
class Query:
    """A PromQL expression, and the name of its series (`{{label}}` stands for a label's value)."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One panel. `unit` is Grafana's id of it; `bounds` colour a number: (from this value on, colour)."""

    title: str
    queries: tuple[Query, ...]
    says: str
    unit: str = "short"
    look: Look = Look.LINES
    span: int = 8
    bounds: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Panels under one heading."""

    title: str
    charts: tuple[Chart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One dashboard; its `uid` is its file's name and its address."""

    uid: str
    title: str
    rows: tuple[Row, ...]


def rendered(board: Board) -> str:
    """Return the dashboard as Grafana imports it."""
    built = _dashboard(board).build()
    return json.dumps(json.loads(JSONEncoder().encode(built)), indent=2, sort_keys=True) + "\n"


def quantile(share: float, metric: str, by: str = "") -> str:
    """Return the expression of a histogram's quantile, over everything or `by` a label."""
    labels = f"{by}, le" if by else "le"
    buckets = f'rate({metric}_bucket{{job="$job"}}[$__rate_interval])'
    return f"histogram_quantile({share:g}, sum by ({labels}) ({buckets}))"


def rate(metric: str, by: str = "", labels: str = "") -> str:
    """Return the expression of a counter's increase a second, in sum or `by` a label."""
    grouping = f"sum by ({by})" if by else "sum"
    chosen = f'job="$job", {labels}' if labels else 'job="$job"'
    return f"{grouping} (rate({metric}{{{chosen}}}[$__rate_interval]))"


def _dashboard(board: Board) -> dashboard.Dashboard:
    built = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .tags([TAG])
        .readonly()
        .refresh("30s")
        .time("now-6h", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(_job())
        .link(_others())
    )
    for row in board.rows:
        built.with_row(dashboard.Row(row.title))
        for chart in row.charts:
            built.with_panel(_panel(chart))
    return built


def _job() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("job")
        .label("Job")
        .datasource(DATASOURCE)
        .query("label_values(bot_build_info, job)")
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
    )


def _others() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("GMBot").type(DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.as_dropdown(True).include_vars(True).keep_time(True)


def _panel(chart: Chart) -> Panel:
    match chart.look:
        case Look.LINES | Look.STACKED:
            return _filled(_lines(chart), chart)
        case Look.NUMBER:
            return _filled(_number(), chart)
        case Look.HEATMAP:
            return _filled(_heatmap(), chart)


def _filled(panel: Panel, chart: Chart) -> Panel:
    height = 4 if chart.look is Look.NUMBER else 8
    panel.title(chart.title).description(chart.says).unit(chart.unit).datasource(DATASOURCE)
    panel.span(chart.span).height(height).min(0).thresholds(_thresholds(chart))
    for number, query in enumerate(chart.queries):
        panel.with_target(_target(query, chart.look).ref_id(chr(ord("A") + number)))
    return panel


def _lines(chart: Chart) -> timeseries.Panel:
    panel = timeseries.Panel().fill_opacity(10).show_points(common.VisibilityMode.NEVER)
    if chart.look is Look.STACKED:
        stacking = common_builders.StackingConfig().mode(common.StackingMode.NORMAL)
        panel.fill_opacity(40).stacking(stacking)
    if chart.bounds:
        style = common_builders.GraphThresholdsStyleConfig().mode(common.GraphTresholdsStyleMode.DASHED)
        panel.thresholds_style(style)
    return panel


def _number() -> stat.Panel:
    last = common_builders.ReduceDataOptions().calcs(["lastNotNull"])
    return stat.Panel().graph_mode(common.BigValueGraphMode.AREA).reduce_options(last)


def _heatmap() -> heatmap.Panel:
    colour = heatmap.HeatmapColorOptions().mode(heatmap_models.HeatmapColorMode.SCHEME).scheme("Oranges")
    return heatmap.Panel().calculate(False).color(colour)


def _thresholds(chart: Chart) -> dashboard.ThresholdsConfig:
    base = Threshold(value=None, color="green" if chart.look is Look.NUMBER else "transparent")
    steps = [base, *(Threshold(value=value, color=colour) for value, colour in chart.bounds)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _target(query: Query, look: Look) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend or "__auto")
    if look is Look.HEATMAP:
        return target.format(prometheus_models.PromQueryFormat.HEATMAP).legend_format("{{le}}")
    return target.format(prometheus_models.PromQueryFormat.TIME_SERIES)
