"""An end to waiting."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final

from gmbot.domain.errors import Unavailable

_ENDS_AT: Final[ContextVar[float]] = ContextVar("gmbot_deadline", default=math.inf)


@asynccontextmanager
async def deadline(seconds: float) -> AsyncIterator[None]:
    """Cancel the block after `seconds`; raises Unavailable then. A TimeoutError of the block's own passes."""
    scope = asyncio.timeout(None if math.isinf(seconds) else seconds)
    ends_at = asyncio.get_running_loop().time() + seconds
    token = _ENDS_AT.set(min(ends_at, _ENDS_AT.get()))
    try:
        async with scope:
            yield
    except TimeoutError as late:
        if not scope.expired():
            raise
        raise Unavailable(f"no answer within {seconds:g} s") from late
    finally:
        _ENDS_AT.reset(token)


def time_left_s() -> float:
    """Return the seconds until the innermost end of this context's deadlines; infinite without one."""
    return _ENDS_AT.get() - asyncio.get_running_loop().time()
