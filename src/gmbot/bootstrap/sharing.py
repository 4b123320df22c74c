"""Memory shared with other processes, when there is a Redis to share it through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from gmbot.adapters.telegram.send_queue import SendLimits
from gmbot.domain.ids import bot_of
from gmbot.gate.events import MemoryMeasured
from gmbot.gate.ports import Clock, Emit, Memory
from gmbot.resilience.budget import SharedBudget
from gmbot.resilience.circuit import Circuit
from gmbot.settings import Settings

if TYPE_CHECKING:
    from gmbot.adapters.redis.hub import Hub


def open_hub(
    settings: Settings,
    clock: Clock,
    emit: Emit,
    random: Callable[[], float],
    circuit: Circuit | None = None,
) -> Hub | None:
    """Return the link with Redis, which goes by `circuit`, not started yet; None without REDIS_URL."""
    if settings.redis_url is None:
        return None
    # Who has no Redis pays neither time nor memory for it.
    from gmbot.adapters.redis.hub import Hub
    from gmbot.adapters.redis.shared import Keeping

    bots = [bot_of(token.reveal()) for token in settings.bot_tokens]
    keeping = Keeping(settings.cache_positive_ttl_s, settings.cache_negative_ttl_s)
    return Hub(
        settings.redis_url.reveal(), bots, clock, emit, random=random, keeping=keeping, circuit=circuit
    )


def shared_budget(hub: Hub | None, limits: SendLimits) -> SharedBudget | None:
    """Return what a bot's processes may send together; None for one that is alone."""
    return None if hub is None else hub.budget(rate_per_s=limits.rate_per_s, burst=limits.burst)


def measured(memories: Iterable[Memory]) -> MemoryMeasured:
    """Return how much all bots' process memories keep."""
    sizes = [memory.size for memory in memories]
    return MemoryMeasured(
        entries=sum(size.entries for size in sizes),
        bytes=sum(size.bytes for size in sizes),
        evicted=sum(size.evicted for size in sizes),
    )
