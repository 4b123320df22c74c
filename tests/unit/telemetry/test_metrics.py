"""The metrics that operators rely on, and what moves them."""

from __future__ import annotations

import typing

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from gmbot.domain.ids import BotId, ChannelId, GroupId, UpdateId, UserId
from gmbot.gate import events
from gmbot.telemetry.catalogue import CATALOGUE, OTHER, PROCESS, QUERY_TYPES, Kind
from gmbot.telemetry.prometheus import Build, Metrics

BOT, UPDATE = BotId(1), UpdateId(7)
GROUP, USER, CHANNEL = GroupId(-100), UserId(5), ChannelId(-200)

DESIGNED = {
    "bot_verifications_total": ("status",),
    "bot_api_calls_total": ("method",),
    "bot_cache_hits_total": (),
    "bot_cache_misses_total": (),
    "bot_rate_limit_delays_total": (),
    "bot_errors_total": ("error_type",),
    "bot_verification_latency_seconds": (),
    "db_query_duration_seconds": ("query_type",),
    "bot_cache_operation_seconds": ("operation",),
    "bot_active_groups": (),
    "bot_start_time_seconds": (),
    "bot_redis_connected": (),
    "bot_db_connected": (),
}

MOVES: list[tuple[events.Event, dict[str, float]]] = [
    (
        events.UpdateHandled(BOT, UPDATE, "message", "stored", 0.2),
        {'bot_updates_total{kind="message"}': 1, 'bot_update_handling_seconds_sum{kind="message"}': 0.2},
    ),
    (
        events.UpdateHandled(BOT, UPDATE, "chat_member", "failed", 0.2),
        {'bot_updates_total{kind="chat_member"}': 1, 'bot_errors_total{error_type="update"}': 1},
    ),
    (
        events.UpdateHandled(BOT, UPDATE, "poll", "ignored", 0.2),
        {'bot_updates_total{kind="other"}': 1, "bot_update_lag_seconds_count": 0},
    ),
    (
        events.UpdateHandled(BOT, UPDATE, "message", "passed", 0.2, lag_s=1.5),
        {"bot_update_lag_seconds_count": 1, "bot_update_lag_seconds_sum": 1.5},
    ),
    (
        events.MembershipRecalled(hit=True, seconds=0.5),
        {"bot_cache_hits_total": 1, 'bot_cache_operation_seconds_sum{operation="get"}': 0.5},
    ),
    (events.MembershipRecalled(hit=False, seconds=0.5), {"bot_cache_misses_total": 1}),
    (
        events.Verified("verified", 0.25, USER, CHANNEL),
        {'bot_verifications_total{status="verified"}': 1, "bot_verification_latency_seconds_sum": 0.25},
    ),
    (
        events.Verified("error", 0.25, USER, CHANNEL, "Unavailable"),
        {'bot_verifications_total{status="error"}': 1, 'bot_unknown_total{cause="Unavailable"}': 1},
    ),
    (
        events.HoldPlaced(GROUP, USER, "not_subscribed", 2.0),
        {'bot_holds_total{reason="not_subscribed"}': 1, "bot_time_to_hold_seconds_sum": 2},
    ),
    (
        events.HoldEnded(GROUP, USER, "qualified", lifted=True, seconds=3.0),
        {
            'bot_releases_total{reason="qualified"}': 1,
            "bot_time_to_release_seconds_sum": 3,
            "bot_wrongful_holds_total": 0,
        },
    ),
    (
        events.HoldEnded(GROUP, USER, "qualified", lifted=True, seconds=3.0, wrongful=True),
        {"bot_wrongful_holds_total": 1},
    ),
    (
        events.ApiCalled(BOT, "getChatMember", 200, 0.5),
        {
            'bot_api_calls_total{method="getChatMember"}': 1,
            'bot_api_call_seconds_sum{method="getChatMember"}': 0.5,
        },
    ),
    (
        events.ApiCalled(BOT, "sendMessage", 429, 0.5),
        {
            'bot_api_calls_total{method="sendMessage"}': 1,
            'bot_api_errors_total{code="429",method="sendMessage"}': 1,
        },
    ),
    (events.ApiCalled(BOT, "getMe", 0, 0.5), {'bot_api_errors_total{code="none",method="getMe"}': 1}),
    (events.ApiCalled(BOT, "sendGame", 418, 0.5), {'bot_api_errors_total{code="other",method="other"}': 1}),
    (events.RateLimitDelayed("sendMessage", 1.0), {"bot_rate_limit_delays_total": 1}),
    (events.SendQueued("mute", 3), {'bot_send_queue_depth{priority="mute"}': 3}),
    (
        events.SendWaited("mute", 0.5, 2),
        {
            'bot_send_queue_depth{priority="mute"}': 2,
            'bot_send_queue_wait_seconds_sum{priority="mute"}': 0.5,
        },
    ),
    (events.QueryRan("apply", 0.5), {'db_query_duration_seconds_sum{query_type="apply"}': 0.5}),
    (events.QueryRan("apply", 0.5, ok=False), {'bot_errors_total{error_type="database"}': 1}),
    (
        events.IntentFailed("Settle", "RightsMissing", 1, None),
        {'bot_errors_total{error_type="RightsMissing"}': 1, 'bot_retries_total{operation="settle"}': 0},
    ),
    (
        events.IntentFailed("Settle", "CircuitOpen", 1, 2.0),
        {'bot_errors_total{error_type="CircuitOpen"}': 1, 'bot_retries_total{operation="settle"}': 0},
    ),
    (
        events.IntentFailed("SettleEverywhere", "Unavailable", 1, 2.0),
        {'bot_retries_total{operation="settle_everywhere"}': 1},
    ),
    (
        events.UpdateSetAside(BOT, UpdateId(2), "message", "KeyError", "judge.py:1", 3, KeyError("secret")),
        {'bot_updates_set_aside_total{kind="message"}': 1, 'bot_errors_total{error_type="update"}': 1},
    ),
    (events.Retried("update"), {'bot_retries_total{operation="update"}': 1}),
    (events.Retried("getChatMember"), {'bot_retries_total{operation="getChatMember"}': 1}),
    (events.BacklogSeen(7, 1), {"bot_updates_pending": 7, "bot_webhook_failures_total": 1}),
    (events.DatabaseUsed(3), {"bot_db_pool_in_use": 3}),
    (events.LoopLagged(0.25), {"bot_loop_lag_seconds_count": 1, "bot_loop_lag_seconds_sum": 0.25}),
    (events.LinesDropped(3), {"bot_log_lines_dropped_total": 3}),
    (events.RedisConfigured(True), {"bot_redis_configured": 1}),
    (events.IntentFailed("settle", "Surprise", 1, None), {'bot_errors_total{error_type="other"}': 1}),
    (events.Unforeseen("dispatch", "KeyError"), {'bot_errors_total{error_type="unforeseen"}': 1}),
    (events.ErrorReported("lost"), {'bot_error_reports_total{outcome="lost"}': 1}),
    (
        events.SharedMemoryAsked("recall", 0.0002),
        {
            'bot_cache_operation_seconds_count{operation="recall"}': 1,
            'bot_errors_total{error_type="redis"}': 0,
        },
    ),
    (events.SharedMemoryAsked("learn", 0.35, ok=False), {'bot_errors_total{error_type="redis"}': 1}),
    (
        events.MemoryMeasured(10, 2_000, 5),
        {"bot_memory_entries": 10, "bot_memory_bytes": 2_000, "bot_memory_evictions_total": 5},
    ),
    (
        events.GroupsCounted(3, 4, 1),
        {"bot_active_groups": 3, "bot_holds_active": 4, "bot_groups_paused": 1},
    ),
    (events.RequestApproved(GROUP, USER, 1.0), {"bot_join_requests_approved_total": 1}),
    (events.BrakePulled(GROUP, 10, 12), {"bot_mass_flips_total": 1}),
    (
        events.SweepAsked(GROUP, USER, "turned_out", 2),
        {'bot_sweep_questions_total{outcome="turned_out"}': 2},
    ),
    (events.SweepEnded(GROUP, "round", 9, 1, 0, 2.0), {'bot_sweeps_total{kind="round"}': 1}),
    (
        events.RowsCounted({"holds": 5, "secrets": 6}),
        {'bot_db_rows{table="holds"}': 5, 'bot_db_rows{table="other"}': 6},
    ),
    (events.RowsPruned("holds", 3), {'bot_pruned_rows_total{table="holds"}': 3}),
    (
        events.CircuitMoved("telegram_act", "closed", "open", "isolated", BOT, 5.0),
        {
            'bot_circuit_transitions_total{circuit="telegram_act",to="open"}': 1,
            'bot_circuit_state{circuit="telegram_act"}': 3,
        },
    ),
    (
        events.CircuitsSeen({"redis": "half_open", "database_read": "closed"}),
        {'bot_circuit_state{circuit="redis"}': 1, 'bot_circuit_state{circuit="database_read"}': 0},
    ),
    (events.DependencyChanged("database", connected=True), {"bot_db_connected": 1}),
    (events.DependencyChanged("redis", connected=True), {"bot_redis_connected": 1}),
]

SILENT: list[events.Event] = [
    events.AdminActed(GROUP, USER, "protect"),
    events.GroupPaused(GROUP, "mass_flip"),
    events.ChannelUsability(CHANNEL, usable=False, cause="kicked"),
    events.Lifecycle("ready"),
    events.LoopBlocked(6.0, ("gate/settle.py:12 settle",)),
    events.DependencyChanged("telegram", connected=True),
    events.HoldEnded(GROUP, USER, "left", lifted=False, seconds=1.0),
]


@pytest.fixture
def metrics() -> Metrics:
    """Fresh metrics, as a process starts with."""
    return Metrics(started_at=1_700_000_000.0, build=Build("1.2.3", "abc"))


def samples(metrics: Metrics) -> dict[str, float]:
    """Return every sample of GMBot's own by its name and labels, as Prometheus writes them."""
    families = [f for f in parse_text(metrics.render()[0].decode()) if not f.name.startswith("process_")]
    return {
        _written(sample.name, sample.labels): sample.value for family in families for sample in family.samples
    }


def _written(name: str, labels: dict[str, str]) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name


@pytest.mark.parametrize(("event", "expected"), MOVES)
def test_events_move_metrics(metrics: Metrics, event: events.Event, expected: dict[str, float]) -> None:
    """Each event moves just what it is about."""
    metrics.listen(event)
    after = samples(metrics)
    assert {name: after[name] for name in expected} == expected


@pytest.mark.parametrize("event", SILENT)
def test_other_events_move_nothing(metrics: Metrics, event: events.Event) -> None:
    """Some events are told in log lines alone."""
    before = samples(metrics)
    metrics.listen(event)
    assert samples(metrics) == before


def test_every_kind_of_event_is_thought_of() -> None:
    """A new event must be given metrics, or be listed as silent, here."""
    thought_of = {type(event) for event in (*(event for event, _ in MOVES), *SILENT)}
    assert thought_of == set(typing.get_args(events.Event))


def test_evictions_are_counted_once(metrics: Metrics) -> None:
    """The memory tells how many it forgot since the start, again and again."""
    for evicted in (5, 5, 7):
        metrics.listen(events.MemoryMeasured(1, 1, evicted))
    assert samples(metrics)["bot_memory_evictions_total"] == 7


def test_gauges_follow_dependencies_down(metrics: Metrics) -> None:
    """A lost database shows at once."""
    for connected in (True, False):
        metrics.listen(events.DependencyChanged("database", connected=connected))
    assert samples(metrics)["bot_db_connected"] == 0


@pytest.mark.parametrize("name", DESIGNED)
def test_the_promised_names_and_labels_exist(name: str) -> None:
    """Dashboards and alerts of operators name these."""
    declared = {metric.name: tuple(metric.labels) for metric in CATALOGUE}
    assert declared[name] == DESIGNED[name]


def test_names_say_what_they_are() -> None:
    """Counters end in _total, histograms in _seconds, new ones start with bot_."""
    for metric in CATALOGUE:
        assert metric.name.startswith("bot_") or metric.name in DESIGNED
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert bool(metric.buckets) == (metric.kind is Kind.HISTOGRAM) == metric.name.endswith(
            "_seconds"
        ) or (metric.name == "bot_start_time_seconds")
        assert metric.help


def test_no_id_is_ever_a_label() -> None:
    """Cardinality does not depend on how many people, groups or channels there are."""
    labels = {label for metric in CATALOGUE for label in metric.labels}
    assert not {label for label in labels if label.endswith("id")}


def test_every_open_label_falls_back_to_other() -> None:
    """A value that nobody foresaw adds no series."""
    for metric in CATALOGUE:
        for values in metric.labels.values():
            assert values is None or OTHER in values
            assert values is None or len(values) == len(set(values))


def test_the_number_of_series_is_bounded(metrics: Metrics) -> None:
    """A thousand invented values make one series each, not a thousand."""
    for number in range(1000):
        metrics.listen(events.ApiCalled(BOT, f"method{number}", 600 + number, 0.1, number))
    names = [name for name in samples(metrics) if name.startswith("bot_api_errors_total")]
    assert names == ['bot_api_errors_total{code="other",method="other"}']


def test_query_types_are_the_stores_methods() -> None:
    """The label's values follow the port."""
    assert {"apply", "memberships", "ping", OTHER} <= set(QUERY_TYPES)


def test_counters_start_at_zero(metrics: Metrics) -> None:
    """A rate over a counter that appears later would miss its first step."""
    assert samples(metrics)['bot_holds_total{reason="not_subscribed"}'] == 0


def test_the_build_and_the_start_are_told(metrics: Metrics) -> None:
    """What runs, and since when."""
    shown = samples(metrics)
    assert shown["bot_start_time_seconds"] == 1_700_000_000
    build = next(name for name in shown if name.startswith("bot_build_info"))
    assert 'commit="abc"' in build
    assert 'version="1.2.3"' in build


def test_text_and_openmetrics_are_spoken(metrics: Metrics) -> None:
    """By what the scraper accepts."""
    text, text_type = metrics.render("")
    openmetrics, openmetrics_type = metrics.render("application/openmetrics-text; version=1.0.0")
    assert text_type.startswith("text/plain")
    assert openmetrics_type.startswith("application/openmetrics-text")
    assert openmetrics.endswith(b"# EOF\n")
    names = {family.name for family in parse_openmetrics(openmetrics.decode())}  # type: ignore[no-untyped-call]
    assert names == {family.name for family in parse_text(text.decode())}


def test_only_what_is_declared_is_shown(metrics: Metrics) -> None:
    """No series appears that the catalogue does not name."""
    shown = {family.name for family in parse_text(metrics.render()[0].decode())}
    assert shown == {metric.name.removesuffix("_total") for metric in (*CATALOGUE, *PROCESS)}


def test_two_processes_in_one_do_not_share(metrics: Metrics) -> None:
    """Each has its own registry; nothing is global."""
    other = Metrics(started_at=0.0, build=Build("1"))
    other.listen(events.MembershipRecalled(hit=True, seconds=0.1))
    assert samples(metrics)["bot_cache_hits_total"] == 0
