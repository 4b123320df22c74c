"""How one bot's calls travel: the seam between the client and HTTP."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Reply(msgspec.Struct, frozen=True):
    """An answer as it came in; `date` is the server's `Date` header in Unix seconds."""

    status: int
    body: bytes
    date: float | None = None


class Transport(Protocol):
    """Carries the calls of one bot, whose token it alone knows."""

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Post a JSON body to a method and return whatever was answered within `timeout_s` seconds.

        Raises Unavailable, in words that hold neither the token nor an address.
        """
        ...
