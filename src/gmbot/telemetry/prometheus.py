"""Turns events into the metrics of the catalogue, in a registry of its own."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from gmbot.domain.errors import CircuitOpen
from gmbot.gate import events
from gmbot.gate.tally import Tally
from gmbot.resilience.circuit import State
from gmbot.telemetry.catalogue import CATALOGUE, snake_case
from gmbot.telemetry.series import BeforeAll, Family, bounds

_NO_ANSWER = "none"
_DEPENDENCY_GAUGES = {"database": "bot_db_connected", "redis": "bot_redis_connected"}

Handler = Callable[[Any], None]


class Build(msgspec.Struct, frozen=True):
    """What runs."""

    version: str
    commit: str = "unknown"


class Metrics:
    """The registry and everything that moves it.

    `started_at` is the process's start in Unix seconds. `listen` never raises and takes microseconds.
    """

    def __init__(self, *, started_at: float, build: Build) -> None:
        # The `_created` series double the size of every answer and mean nothing here.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry(auto_describe=False)
        self.tally = Tally(bounds())
        self.registry.register(BeforeAll(self._count_tally))
        ProcessCollector(registry=self.registry)
        self._families = {metric.name: Family(metric, self.registry) for metric in CATALOGUE}
        self._one("bot_start_time_seconds").set(started_at)
        version = platform.python_version()
        self._one("bot_build_info").labels(version=build.version, commit=build.commit, python=version).set(1)
        self._handlers = self._connect()

    def listen(self, event: events.Event) -> None:
        """Move the metrics that `event` is about."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Return every metric and its content type: OpenMetrics if `accept` asks for it, else text."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type

    def _count_tally(self) -> None:
        """Take over what the common case counted in plain numbers since the last look."""
        updates, seconds = self._families["bot_updates_total"], self._families["bot_update_handling_seconds"]
        for kind, spread in (("message", self.tally.messages), ("edited_message", self.tally.edited)):
            observed = spread.take()
            updates.of(kind).inc(sum(observed.counts))
            seconds.of(kind).add(observed)
        recalls = self.tally.recalls.take()
        self._one("bot_cache_hits_total").inc(sum(recalls.counts))
        self._families["bot_cache_operation_seconds"].of("get").add(recalls)
        self._one("bot_update_lag_seconds").add(self.tally.lags.take())

    def _one(self, name: str) -> Any:
        return self._families[name].parent

    def _connect(self) -> dict[type, Handler]:
        return {
            **self._of_verdicts(),
            **self._of_holds(),
            **self._of_calls(),
            **self._of_dependencies(),
        }

    def _of_dependencies(self) -> dict[type, Handler]:
        used, configured = self._one("bot_db_pool_in_use"), self._one("bot_redis_configured")
        lag = self._one("bot_loop_lag_seconds")
        return {
            events.QueryRan: self._query_ran(),
            events.DatabaseUsed: lambda event: used.set(event.at_once),
            events.DependencyChanged: self._dependency_changed(),
            events.RedisConfigured: lambda event: configured.set(event.configured),
            events.LoopLagged: lambda event: lag.observe(event.seconds),
            events.LinesDropped: lambda event: self._one("bot_log_lines_dropped_total").inc(event.lines),
            **self._of_circuits(),
        }

    def _of_circuits(self) -> dict[type, Handler]:
        states, moves = self._families["bot_circuit_state"], self._families["bot_circuit_transitions_total"]

        def stand(circuit: str, state: str) -> None:
            states.of(circuit).set(State(state).level)

        def moved(event: events.CircuitMoved) -> None:
            moves.of(event.circuit, event.to).inc()
            stand(event.circuit, event.worst)

        def seen(event: events.CircuitsSeen) -> None:
            for circuit, state in event.states.items():
                stand(circuit, state)

        return {events.CircuitMoved: moved, events.CircuitsSeen: seen}

    def _of_verdicts(self) -> dict[type, Handler]:
        return {
            events.UpdateHandled: self._update_handled(),
            events.UpdateSetAside: self._update_set_aside(),
            events.MembershipRecalled: self._membership_recalled(),
            events.SharedMemoryAsked: self._shared_memory_asked(),
            events.MemoryMeasured: self._memory_measured(),
            events.Verified: self._verified(),
        }

    def _of_holds(self) -> dict[type, Handler]:
        return {
            events.HoldPlaced: self._hold_placed(),
            events.HoldEnded: self._hold_ended(),
            events.GroupsCounted: self._groups_counted(),
            events.RowsCounted: self._rows_counted(),
            events.RowsPruned: self._rows_pruned(),
            events.BrakePulled: self._brake_pulled(),
            events.RequestApproved: self._request_approved(),
            **self._of_sweeps(),
        }

    def _of_calls(self) -> dict[type, Handler]:
        delays, errors = self._one("bot_rate_limit_delays_total"), self._families["bot_errors_total"]
        retries, reports = self._families["bot_retries_total"], self._families["bot_error_reports_total"]
        return {
            events.ApiCalled: self._api_called(),
            events.RateLimitDelayed: lambda event: delays.inc(),
            **self._of_sending(),
            events.IntentFailed: self._intent_failed(),
            events.Retried: lambda event: retries.of(event.operation).inc(),
            events.BacklogSeen: self._backlog_seen(),
            events.Unforeseen: lambda event: errors.of("unforeseen").inc(),
            events.ErrorReported: lambda event: reports.of(event.outcome).inc(),
        }

    def _of_sending(self) -> dict[type, Handler]:
        depths, waits = self._families["bot_send_queue_depth"], self._families["bot_send_queue_wait_seconds"]

        def moved(event: events.SendQueued | events.SendWaited) -> None:
            depths.of(event.priority).set(event.depth)

        def waited(event: events.SendWaited) -> None:
            moved(event)
            waits.of(event.priority).observe(event.seconds)

        return {events.SendQueued: moved, events.SendWaited: waited}

    def _update_handled(self) -> Handler:
        updates, seconds = self._families["bot_updates_total"], self._families["bot_update_handling_seconds"]
        failures, lag = self._families["bot_errors_total"].of("update"), self._one("bot_update_lag_seconds")

        def move(event: events.UpdateHandled) -> None:
            updates.of(event.kind).inc()
            seconds.of(event.kind).observe(event.seconds)
            if event.lag_s is not None:
                lag.observe(event.lag_s)
            if event.outcome == "failed":
                failures.inc()

        return move

    def _update_set_aside(self) -> Handler:
        set_aside = self._families["bot_updates_set_aside_total"]
        failures = self._families["bot_errors_total"].of("update")

        def move(event: events.UpdateSetAside) -> None:
            set_aside.of(event.kind).inc()
            failures.inc()

        return move

    def _membership_recalled(self) -> Handler:
        hits, misses = self._one("bot_cache_hits_total"), self._one("bot_cache_misses_total")
        seconds = self._families["bot_cache_operation_seconds"].of("get")

        def move(event: events.MembershipRecalled) -> None:
            (hits if event.hit else misses).inc()
            seconds.observe(event.seconds)

        return move

    def _shared_memory_asked(self) -> Handler:
        seconds = self._families["bot_cache_operation_seconds"]
        failures = self._families["bot_errors_total"].of("redis")

        def move(event: events.SharedMemoryAsked) -> None:
            seconds.of(event.operation).observe(event.seconds)
            if not event.ok:
                failures.inc()

        return move

    def _memory_measured(self) -> Handler:
        entries, weight = self._one("bot_memory_entries"), self._one("bot_memory_bytes")
        evictions, counted = self._one("bot_memory_evictions_total"), 0

        def move(event: events.MemoryMeasured) -> None:
            nonlocal counted
            entries.set(event.entries)
            weight.set(event.bytes)
            evictions.inc(max(0, event.evicted - counted))
            counted = max(counted, event.evicted)

        return move

    def _verified(self) -> Handler:
        verifications, unknown = (
            self._families["bot_verifications_total"],
            self._families["bot_unknown_total"],
        )
        seconds = self._one("bot_verification_latency_seconds")

        def move(event: events.Verified) -> None:
            verifications.of(event.status).inc()
            seconds.observe(event.seconds)
            if event.status == "error":
                unknown.of(event.cause).inc()

        return move

    def _hold_placed(self) -> Handler:
        holds, seconds = self._families["bot_holds_total"], self._one("bot_time_to_hold_seconds")

        def move(event: events.HoldPlaced) -> None:
            holds.of(event.reason).inc()
            seconds.observe(event.seconds)

        return move

    def _hold_ended(self) -> Handler:
        releases, seconds = self._families["bot_releases_total"], self._one("bot_time_to_release_seconds")
        wrongful = self._one("bot_wrongful_holds_total")

        def move(event: events.HoldEnded) -> None:
            if event.wrongful:
                wrongful.inc()
            if event.lifted:
                releases.of(event.reason).inc()
                seconds.observe(event.seconds)

        return move

    def _of_sweeps(self) -> dict[type, Handler]:
        questions, sweeps = self._families["bot_sweep_questions_total"], self._families["bot_sweeps_total"]
        return {
            events.SweepAsked: lambda event: questions.of(event.outcome).inc(event.questions),
            events.SweepEnded: lambda event: sweeps.of(event.kind).inc(),
        }

    def _brake_pulled(self) -> Handler:
        flips = self._one("bot_mass_flips_total")
        return lambda event: flips.inc()

    def _request_approved(self) -> Handler:
        approved = self._one("bot_join_requests_approved_total")
        return lambda event: approved.inc()

    def _groups_counted(self) -> Handler:
        groups, holds = self._one("bot_active_groups"), self._one("bot_holds_active")
        paused = self._one("bot_groups_paused")

        def move(event: events.GroupsCounted) -> None:
            groups.set(event.groups)
            holds.set(event.holds)
            paused.set(event.paused)

        return move

    def _rows_counted(self) -> Handler:
        rows = self._families["bot_db_rows"]

        def move(event: events.RowsCounted) -> None:
            for table, number in event.rows.items():
                rows.of(table).set(number)

        return move

    def _rows_pruned(self) -> Handler:
        pruned = self._families["bot_pruned_rows_total"]
        return lambda event: pruned.of(event.table).inc(event.rows)

    def _api_called(self) -> Handler:
        calls, seconds = self._families["bot_api_calls_total"], self._families["bot_api_call_seconds"]
        errors = self._families["bot_api_errors_total"]

        def move(event: events.ApiCalled) -> None:
            calls.of(event.method).inc()
            seconds.of(event.method).observe(event.seconds)
            if event.code != 200:
                errors.of(event.method, str(event.code) if event.code else _NO_ANSWER).inc()

        return move

    def _intent_failed(self) -> Handler:
        errors, retries = self._families["bot_errors_total"], self._families["bot_retries_total"]

        def move(event: events.IntentFailed) -> None:
            errors.of(event.error).inc()
            # Whom an open circuit refused has asked nobody, so nobody is asked again.
            if event.retry_in_s is not None and event.error != CircuitOpen.__name__:
                retries.of(snake_case(event.kind)).inc()

        return move

    def _backlog_seen(self) -> Handler:
        pending, failures = self._one("bot_updates_pending"), self._one("bot_webhook_failures_total")

        def move(event: events.BacklogSeen) -> None:
            pending.set(event.pending)
            failures.inc(event.webhook_failures)

        return move

    def _query_ran(self) -> Handler:
        seconds = self._families["db_query_duration_seconds"]
        failures = self._families["bot_errors_total"].of("database")

        def move(event: events.QueryRan) -> None:
            seconds.of(event.query).observe(event.seconds)
            if not event.ok:
                failures.inc()

        return move

    def _dependency_changed(self) -> Handler:
        gauges = {dependency: self._one(name) for dependency, name in _DEPENDENCY_GAUGES.items()}

        def move(event: events.DependencyChanged) -> None:
            gauge = gauges.get(event.dependency)
            if gauge is not None:
                gauge.set(event.connected)

        return move
