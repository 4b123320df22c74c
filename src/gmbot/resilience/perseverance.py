"""Work that must go on for as long as the process does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


async def persevere(
    work: Callable[[], Awaitable[None]],
    failed: Callable[[Exception], None],
    *,
    sleep: Callable[[float], Awaitable[None]],
    pause_s: float,
) -> None:
    """Do `work` until it returns, anew `pause_s` seconds after each failure; `failed` is told of it."""
    while True:
        try:
            return await work()
        except Exception as error:  # noqa: BLE001 - a last resort: what nobody foresaw does not end it for good
            failed(error)
        await sleep(pause_s)
