"""An end to waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gmbot.domain.errors import Unavailable


@asynccontextmanager
async def deadline(seconds: float) -> AsyncIterator[None]:
    """Cancel the block after `seconds`; raises Unavailable then. A TimeoutError of the block's own passes."""
    scope = asyncio.timeout(seconds)
    try:
        async with scope:
            yield
    except TimeoutError as late:
        if not scope.expired():
            raise
        raise Unavailable(f"no answer within {seconds:g} s") from late
