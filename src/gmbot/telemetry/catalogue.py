"""Every metric that GMBot has: its name, type, labels with their allowed values, and what it tells.

No user, chat or channel id is ever a label: the number of series does not depend on the number of groups.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from gmbot.domain import errors
from gmbot.domain.hold import EndReason
from gmbot.domain.verdict import Reason
from gmbot.gate.ages import Aging
from gmbot.gate.intents import URGENCY
from gmbot.gate.ports import Store
from gmbot.gate.sweeps import SweepKind
from gmbot.resilience.circuit import State

OTHER: Final = "other"
"""Stands for any value that is not in a label's list, so that nothing unforeseen adds series."""


class Kind(enum.StrEnum):
    """The Prometheus type."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(msgspec.Struct, frozen=True):
    """One metric; `labels` maps each label to its allowed values, or to None when it is set once at start."""

    name: str
    kind: Kind
    help: str
    labels: Mapping[str, tuple[str, ...] | None] = {}
    buckets: tuple[float, ...] = ()


def snake_case(name: str) -> str:
    """Return a class's name as metrics and log lines write it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _error_types() -> tuple[str, ...]:
    tree = (value for value in vars(errors).values() if isinstance(value, type))
    return tuple(error.__name__ for error in tree if issubclass(error, errors.GMBotError))


UPDATE_KINDS: Final = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "chat_member",
    "my_chat_member",
    "chat_join_request",
    OTHER,
)
METHODS: Final = (
    "answerCallbackQuery",
    "approveChatJoinRequest",
    "banChatMember",
    "banChatSenderChat",
    "createChatInviteLink",
    "declineChatJoinRequest",
    "deleteMessage",
    "deleteMessages",
    "deleteWebhook",
    "editMessageReplyMarkup",
    "editMessageText",
    "getChat",
    "getChatAdministrators",
    "getChatMember",
    "getMe",
    "getUpdates",
    "getWebhookInfo",
    "leaveChat",
    "restrictChatMember",
    "sendMessage",
    "setMyCommands",
    "setWebhook",
    "unbanChatMember",
    OTHER,
)
API_CODES: Final = (
    "none",
    "400",
    "401",
    "403",
    "404",
    "409",
    "420",
    "429",
    "500",
    "502",
    "503",
    "504",
    OTHER,
)
QUERY_TYPES: Final = (*sorted(name for name in vars(Store) if not name.startswith("_")), OTHER)
VERIFICATIONS: Final = ("verified", "restricted", "error", OTHER)
HOLD_REASONS: Final = (*Reason, OTHER)
RELEASE_REASONS: Final = (*EndReason, OTHER)
REPORT_OUTCOMES: Final = ("reported", "dropped", "lost", OTHER)
ERROR_TYPES: Final = (*_error_types(), "update", "database", "redis", "unforeseen", OTHER)
UNKNOWN_CAUSES: Final = (*_error_types(), OTHER)
CACHE_OPERATIONS: Final = ("get", "recall", "learn", OTHER)
CIRCUITS: Final = (
    "database_read",
    "database_write",
    "redis",
    "telegram_ask",
    "telegram_act",
    OTHER,
)
RETRIED: Final = (
    "update",
    "database_read",
    *sorted(snake_case(intent.__name__) for intent in URGENCY),
    *METHODS,
)
SWEEP_OUTCOMES: Final = ("same", "turned_out", "turned_in", "unknown", OTHER)
SWEEP_KINDS: Final = (*SweepKind, OTHER)
TABLES: Final = (
    "applied_updates",
    "audit",
    "channels",
    "directories",
    "groups",
    "holds",
    "intents",
    "links",
    "memberships",
    "owners",
    "set_aside",
    "standings",
    "sweeps",
    OTHER,
)
PRIORITIES: Final = ("release", "mute", "answer", "delete", "prompt", "bulk", OTHER)

FAST: Final = (0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1)
USUAL: Final = (0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
PEOPLE: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
LAGS: Final = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0, 21_600.0, 86_400.0)
LOOP: Final = (0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

CATALOGUE: Final = (
    Metric(
        "bot_build_info", Kind.GAUGE, "What runs; always 1", {"version": None, "commit": None, "python": None}
    ),
    Metric("bot_start_time_seconds", Kind.GAUGE, "When the process started, in Unix seconds"),
    Metric("bot_updates_total", Kind.COUNTER, "Updates dealt with", {"kind": UPDATE_KINDS}),
    Metric(
        "bot_updates_set_aside_total",
        Kind.COUNTER,
        "Updates that could not be handled and are kept for an operator to look at",
        {"kind": UPDATE_KINDS},
    ),
    Metric(
        "bot_update_handling_seconds",
        Kind.HISTOGRAM,
        "From an update's arrival to its acknowledgement",
        {"kind": UPDATE_KINDS},
        (0.000_1, *USUAL),
    ),
    Metric(
        "bot_update_lag_seconds",
        Kind.HISTOGRAM,
        "How old dated updates were when they came; Telegram counts whole seconds",
        {},
        LAGS,
    ),
    Metric("bot_updates_pending", Kind.GAUGE, "Updates that Telegram keeps for GMBot, looked at every 10 s"),
    Metric(
        "bot_webhook_failures_total",
        Kind.COUNTER,
        "Looks at Telegram's webhook report that showed a new failure to bring an update",
    ),
    Metric(
        "bot_verifications_total", Kind.COUNTER, "Memberships asked for, by answer", {"status": VERIFICATIONS}
    ),
    Metric(
        "bot_verification_latency_seconds", Kind.HISTOGRAM, "How long a membership took to learn", {}, USUAL
    ),
    Metric(
        "bot_unknown_total",
        Kind.COUNTER,
        "Memberships that could not be learnt, by cause",
        {"cause": UNKNOWN_CAUSES},
    ),
    Metric("bot_cache_hits_total", Kind.COUNTER, "Verdicts found in this process's memory or Redis"),
    Metric("bot_cache_misses_total", Kind.COUNTER, "Verdicts that needed the database or Telegram"),
    Metric(
        "bot_cache_operation_seconds",
        Kind.HISTOGRAM,
        "How long a memory took: this process's to give a verdict (get), Redis to recall or to learn",
        {"operation": CACHE_OPERATIONS},
        FAST,
    ),
    Metric("bot_memory_entries", Kind.GAUGE, "Facts in process memory"),
    Metric("bot_memory_bytes", Kind.GAUGE, "What they weigh"),
    Metric("bot_memory_evictions_total", Kind.COUNTER, "Facts forgotten to make room for others"),
    Metric("bot_holds_total", Kind.COUNTER, "People held, by reason", {"reason": HOLD_REASONS}),
    Metric(
        "bot_releases_total", Kind.COUNTER, "Holds that GMBot lifted, by reason", {"reason": RELEASE_REASONS}
    ),
    Metric("bot_holds_active", Kind.GAUGE, "People held now"),
    Metric("bot_time_to_hold_seconds", Kind.HISTOGRAM, "From a hold's cause to the hold", {}, PEOPLE),
    Metric(
        "bot_time_to_release_seconds", Kind.HISTOGRAM, "From a release's cause to the release", {}, PEOPLE
    ),
    Metric(
        "bot_wrongful_holds_total",
        Kind.COUNTER,
        "Holds lifted for people who had qualified before they were held",
    ),
    Metric("bot_join_requests_approved_total", Kind.COUNTER, "People let in who had asked to be"),
    Metric("bot_active_groups", Kind.GAUGE, "Groups guarded now"),
    Metric("bot_groups_paused", Kind.GAUGE, "Of these, groups that are left alone for now"),
    Metric("bot_mass_flips_total", Kind.COUNTER, "Groups paused because too many members turned OUT at once"),
    Metric(
        "bot_sweep_questions_total",
        Kind.COUNTER,
        "Questions that sweeps asked, by what came of them",
        {"outcome": SWEEP_OUTCOMES},
    ),
    Metric("bot_sweeps_total", Kind.COUNTER, "Sweeps that came to their end", {"kind": SWEEP_KINDS}),
    Metric("bot_api_calls_total", Kind.COUNTER, "Calls to Telegram", {"method": METHODS}),
    Metric(
        "bot_api_call_seconds", Kind.HISTOGRAM, "How long calls to Telegram took", {"method": METHODS}, USUAL
    ),
    Metric(
        "bot_api_errors_total",
        Kind.COUNTER,
        "Calls to Telegram that failed; code none means that no answer came",
        {"method": METHODS, "code": API_CODES},
    ),
    Metric("bot_rate_limit_delays_total", Kind.COUNTER, "Calls that waited for a rate limit"),
    Metric(
        "bot_send_queue_depth", Kind.GAUGE, "Calls that wait for their turn now", {"priority": PRIORITIES}
    ),
    Metric(
        "bot_send_queue_wait_seconds",
        Kind.HISTOGRAM,
        "How long calls waited that had to wait for their turn",
        {"priority": PRIORITIES},
        USUAL,
    ),
    Metric(
        "bot_retries_total",
        Kind.COUNTER,
        "What failed and is tried again: what is owed, by kind, calls, by method, reads of the database",
        {"operation": RETRIED},
    ),
    Metric("bot_errors_total", Kind.COUNTER, "What went wrong, by type", {"error_type": ERROR_TYPES}),
    Metric(
        "bot_error_reports_total",
        Kind.COUNTER,
        "Unforeseen errors that were to be told to Sentry, by what came of it",
        {"outcome": REPORT_OUTCOMES},
    ),
    Metric(
        "db_query_duration_seconds",
        Kind.HISTOGRAM,
        "How long visits to the database took",
        {"query_type": QUERY_TYPES},
        (0.000_25, 0.000_5, *USUAL),
    ),
    Metric(
        "bot_db_pool_in_use",
        Kind.GAUGE,
        "The most pieces of work that had, or awaited, a database connection at once within the last 5 s",
    ),
    Metric("bot_db_rows", Kind.GAUGE, "Rows in the database, about", {"table": TABLES}),
    Metric(
        "bot_pruned_rows_total", Kind.COUNTER, "Rows removed as nobody needs them", {"table": (*Aging, OTHER)}
    ),
    Metric("bot_db_connected", Kind.GAUGE, "1 while the database answers"),
    Metric("bot_redis_connected", Kind.GAUGE, "1 while Redis answers; 0 without Redis"),
    Metric("bot_redis_configured", Kind.GAUGE, "1 if there is meant to be a Redis, else 0"),
    Metric(
        "bot_circuit_state",
        Kind.GAUGE,
        "How the worst circuit of a kind stands: 0 closed, 1 half-open, 2 open, 3 isolated by an operator",
        {"circuit": CIRCUITS},
    ),
    Metric(
        "bot_circuit_transitions_total",
        Kind.COUNTER,
        "Moves of circuits, by the state that they came to",
        {"circuit": CIRCUITS, "to": (*State, OTHER)},
    ),
    Metric("bot_log_lines_dropped_total", Kind.COUNTER, "Log lines that nobody took"),
    Metric("bot_loop_lag_seconds", Kind.HISTOGRAM, "How late the event loop woke a sleeper", {}, LOOP),
)

PROCESS: Final = (
    Metric("process_virtual_memory_bytes", Kind.GAUGE, "Virtual memory"),
    Metric("process_resident_memory_bytes", Kind.GAUGE, "Resident memory"),
    Metric("process_start_time_seconds", Kind.GAUGE, "When the process started, as the kernel tells"),
    Metric("process_cpu_seconds_total", Kind.COUNTER, "CPU time, user and system"),
    Metric("process_open_fds", Kind.GAUGE, "Open file descriptors"),
    Metric("process_max_fds", Kind.GAUGE, "Most file descriptors that may be open"),
)
"""What prometheus_client itself tells of the process, on Linux."""
