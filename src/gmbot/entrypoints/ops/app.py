"""The web application of the ops port."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gmbot.domain.ids import UserId
from gmbot.entrypoints.ops.findings import HealthReport, Status
from gmbot.gate.show_beliefs import Beliefs

Render = Callable[[str], tuple[bytes, str]]
"""From an Accept header to the metrics and their content type."""

Page = Callable[[Request], Coroutine[Any, Any, Response]]
ShowBeliefs = Callable[[Sequence[UserId]], Awaitable[Beliefs]]

SetLevel = Callable[[str | None], str]
"""From a level's name (None: as it is) to the one that holds now; raises ValueError if there is none such."""

SetCircuit = Callable[[str, str | None], str]
"""From a circuit's kind and a state, `closed` or `isolated` (None: as it is), to how it stands then.

Raises LookupError if there is no such circuit, ValueError if nobody can put it into that state.
"""

MOST_PEOPLE = 50
LONGEST_NAME = 32

_JSON = "application/json"


class OpsSources(msgspec.Struct, frozen=True):
    """What the pages ask; none of these does I/O, except `beliefs`.

    `ready`: started, and not draining. `health`: how the dependencies stood last. `metrics`: renders them.
    `beliefs`: what is thought of people, in a demo only; without it there is no such page. `wedged`: what
    stands still for good, if anything does. `token`: what operators show; without one nobody is one.
    """

    ready: Callable[[], bool]
    health: Callable[[], HealthReport]
    metrics: Render
    beliefs: ShowBeliefs | None = None
    wedged: Callable[[], str | None] = lambda: None
    token: str | None = None
    level: SetLevel | None = None
    circuit: SetCircuit | None = None


def create_app(sources: OpsSources) -> Starlette:
    """Return the application; it needs no start or stop. Only operators' pages answer to PUT."""

    async def live(_: Request) -> Response:
        wedged = sources.wedged()
        return _json({"live": True}) if wedged is None else _json({"live": False, "wedged": wedged}, 503)

    async def ready(_: Request) -> Response:
        is_ready = sources.ready()
        return _json({"ready": is_ready}, 200 if is_ready else 503)

    async def health(request: Request) -> Response:
        report = sources.health()
        shown = report if _is_operator(request, sources.token) else report.without_details()
        return _json(shown, 503 if report.status is Status.UNHEALTHY else 200)

    async def metrics(request: Request) -> Response:
        body, content_type = sources.metrics(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": content_type})

    pages: dict[str, Page] = {"/live": live, "/ready": ready, "/health": health, "/metrics": metrics}
    if sources.beliefs is not None:
        pages["/beliefs"] = _beliefs(sources.beliefs)
    routes = [Route(path, page, methods=["GET"]) for path, page in pages.items()]
    if sources.level is not None:
        level = _for_operators(_log_level(sources.level), sources.token)
        routes.append(Route("/log-level", level, methods=["GET", "PUT"]))
    if sources.circuit is not None:
        circuit = _for_operators(_circuit(sources.circuit), sources.token)
        routes.append(Route("/circuits/{kind}", circuit, methods=["GET", "PUT"]))
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return app


def _log_level(change: SetLevel) -> Page:
    """Show the level, or (PUT) change it to the one that the body names, as text or as JSON's `level`."""

    async def log_level(request: Request) -> Response:
        name = await _named(request) if request.method == "PUT" else None
        try:
            return _json({"level": change(name)})
        except ValueError:
            return _json({"error": "the body names no level; for example DEBUG"}, 400)

    return log_level


def _circuit(change: SetCircuit) -> Page:
    """Show how a kind of circuit stands, or (PUT) isolate or close it, as the body says."""

    async def circuit(request: Request) -> Response:
        state = await _named(request, "state") if request.method == "PUT" else None
        try:
            return _json({"state": change(request.path_params["kind"], state)})
        except LookupError:
            return _json({"error": "there is no such circuit"}, 404)
        except ValueError:
            return _json({"error": "the body names neither isolated nor closed"}, 400)

    return circuit


async def _named(request: Request, field: str = "level") -> str:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_NAME:
            return ""
    try:
        return msgspec.json.decode(body, type=dict[str, str]).get(field, "")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return body.decode(errors="replace").strip()


def _for_operators(page: Page, token: str | None) -> Page:
    """Refuse whoever does not show the token; all, where there is none."""

    async def guarded(request: Request) -> Response:
        if _is_operator(request, token):
            return await page(request)
        if token is None:
            return _json({"error": "OPS_TOKEN is not set"}, 403)
        refusal = _json({"error": "the token is missing or wrong"}, 401)
        refusal.headers["www-authenticate"] = "Bearer"
        return refusal

    return guarded


def _is_operator(request: Request, token: str | None) -> bool:
    """Whether a request shows the token; compared in constant time."""
    if token is None:
        return False
    shown = request.headers.get("authorization", "")
    return hmac.compare_digest(shown.encode(), f"Bearer {token}".encode())


def _beliefs(show: ShowBeliefs) -> Page:
    """Answer with what is thought of each `person` (a user id) of the query; what is no id is left out."""

    async def beliefs(request: Request) -> Response:
        asked = [text for text in request.query_params.getlist("person") if text.isdecimal()]
        return _json(await show([UserId(int(text[:19])) for text in asked[:MOST_PEOPLE]]))

    return beliefs


def _json(content: object, status: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(content), status, headers, _JSON)
