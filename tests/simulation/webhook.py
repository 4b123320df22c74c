"""Telegram's posts to the webhook: in one process of the fleet, without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from tests.simulation.network import Network
from tests.simulation.process import Fleet, Process

from gmbot.simulator.delivery import WebhookAnswer, WebhookUnreachable


class Porter:
    """Brings updates to the fleet, as a load balancer would. `fleet` is set before anything comes."""

    fleet: Fleet
    network: Network

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Post one update. Raises WebhookUnreachable when nobody is there, or dies before answering."""
        await self.network.way()
        process = self.fleet.any_ready()
        if process is None:
            raise WebhookUnreachable("connection refused")
        handling = process.spawn(_serve(process, url, headers, body))
        await asyncio.wait({handling})
        await self.network.way()
        if handling.cancelled():
            raise WebhookUnreachable("connection reset")
        return WebhookAnswer(handling.result())


async def _serve(process: Process, url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Return the status that the product's own ASGI app answers."""
    app = process.app
    if app is None:
        return 503
    told: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/" + url.split("/", 3)[3],
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    await app(scope, receive, send)
    return int(told[0]["status"])
