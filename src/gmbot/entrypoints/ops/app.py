"""The web application of the ops port."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gmbot.domain.ids import UserId
from gmbot.entrypoints.ops.health import HealthReport, Status
from gmbot.gate.show_beliefs import Beliefs

Render = Callable[[str], tuple[bytes, str]]
"""From an Accept header to the metrics and their content type."""

Page = Callable[[Request], Coroutine[Any, Any, Response]]
ShowBeliefs = Callable[[Sequence[UserId]], Awaitable[Beliefs]]

MOST_PEOPLE = 50

_JSON = "application/json"


class OpsSources(msgspec.Struct, frozen=True):
    """What the pages ask; none of these does I/O, except `beliefs`.

    `ready`: started, and not draining. `health`: how the dependencies stood last. `metrics`: renders them.
    `beliefs`: what is thought of people, in a demo only; without it there is no such page.
    """

    ready: Callable[[], bool]
    health: Callable[[], HealthReport]
    metrics: Render
    beliefs: ShowBeliefs | None = None


def create_app(sources: OpsSources) -> Starlette:
    """Return the application; it answers GET (and HEAD) and needs no start or stop."""

    async def live(_: Request) -> Response:
        return _json({"live": True})

    async def ready(_: Request) -> Response:
        is_ready = sources.ready()
        return _json({"ready": is_ready}, 200 if is_ready else 503)

    async def health(_: Request) -> Response:
        report = sources.health()
        return _json(report, 503 if report.status is Status.UNHEALTHY else 200)

    async def metrics(request: Request) -> Response:
        body, content_type = sources.metrics(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": content_type})

    pages: dict[str, Page] = {"/live": live, "/ready": ready, "/health": health, "/metrics": metrics}
    if sources.beliefs is not None:
        pages["/beliefs"] = _beliefs(sources.beliefs)
    app = Starlette(routes=[Route(path, page, methods=["GET"]) for path, page in pages.items()])
    app.router.redirect_slashes = False
    return app


def _beliefs(show: ShowBeliefs) -> Page:
    """Answer with what is thought of each `person` (a user id) of the query; what is no id is left out."""

    async def beliefs(request: Request) -> Response:
        asked = [text for text in request.query_params.getlist("person") if text.isdecimal()]
        return _json(await show([UserId(int(text[:19])) for text in asked[:MOST_PEOPLE]]))

    return beliefs


def _json(content: object, status: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(content), status, headers, _JSON)
