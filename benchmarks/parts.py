"""What `make bench ARGS=…` can be asked for, each part by its name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from benchmarks import (
    busy,
    database,
    day,
    footprint,
    instructions,
    memories,
    mixed,
    observability,
    ordinary,
    short,
    strangers,
    sweeping,
)
from benchmarks.figures import Figure
from benchmarks.raid import raids


async def _memories() -> list[Figure]:
    return memories.of_process() + await memories.of_redis()


PARTS: Final[Mapping[str, Callable[[], Coroutine[Any, Any, list[Figure]]]]] = {
    "ordinary": ordinary.of_ordinary,
    "short": short.of_short_path,
    "mixed": mixed.of_mixed,
    "strangers": strangers.of_strangers,
    "footprint": footprint.of_footprint,
    "raid": raids,
    "instructions": instructions.of_instructions,
    "memories": _memories,
    "day": day.of_a_day,
    "busy": busy.of_a_busy_day,
    "backlog": busy.of_half_an_hour,
    "sweeps": sweeping.of_sweeps,
    "observability": observability.of_observability,
    "database": database.of_databases,
}
LONG: Final = frozenset({"database"})
"""What takes minutes, and so is measured only when it is named."""
