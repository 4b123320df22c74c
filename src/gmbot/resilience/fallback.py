"""Something less good, rather than nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from gmbot.domain.errors import TransientError

T = TypeVar("T")


async def with_fallback(
    primary: Callable[[], Awaitable[T]],
    fallback: Callable[[], Awaitable[T]],
    *,
    on_fallback: Callable[[TransientError], None] = lambda error: None,
) -> T:
    """Return what `primary` does, or what `fallback` does if that raised a TransientError.

    `on_fallback` hears of the error. A refusal is an answer, and is raised.
    """
    try:
        return await primary()
    except TransientError as error:
        on_fallback(error)
    return await fallback()
