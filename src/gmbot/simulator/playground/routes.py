"""The page's addresses: itself, its stream of beats, its files, and the player's deeds.

It is served to this machine only, and only to itself: another site in the same browser can neither read it
(the Host must be a loopback name) nor press its buttons (a deed must come from this page).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web
from markupsafe import Markup

from gmbot.simulator.errors import NotAllowed
from gmbot.simulator.playground.actions import RAIDERS
from gmbot.simulator.playground.view import View, read_view

if TYPE_CHECKING:
    from gmbot.simulator.playground.page import Playground

ANSWER_S = 3.0
"""How long a tapped button waits for the bot's answer before the page goes on without one."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_LOOPBACK = {"127.0.0.1", "localhost"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Deed = Callable[[View, Mapping[str, str]], Awaitable[str]]


def application(playground: Playground) -> web.Application:
    """The web application around a playground."""
    app = web.Application(middlewares=[_guarded])
    routes = _Routes(playground)
    app.router.add_get("/", routes.page)
    app.router.add_get("/events", routes.events)
    app.router.add_get("/static/{name}", _static)
    app.router.add_post("/do/{deed}", routes.do)
    return app


class _Routes:
    def __init__(self, playground: Playground) -> None:
        self._of = playground
        self._deeds: dict[str, Deed] = {
            "say": self._say,
            "tap": self._tap,
            "open": self._open,
            "switch": self._switch,
            "raid": self._raid,
            "tour": self._tour,
        }

    async def page(self, request: web.Request) -> web.Response:
        view = read_view(self._of.scene, request.query)
        return web.Response(text=await self._of.page(view), content_type="text/html")

    async def events(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        with contextlib.suppress(ConnectionResetError):  # the tab was closed
            async for _ in self._of.pulse.beats():
                await stream.write(b"event: world\ndata: \n\n")
        return stream

    async def do(self, request: web.Request) -> web.Response:
        given = {name: str(value) for name, value in (await request.post()).items()}
        view, name = read_view(self._of.scene, given), request.match_info["deed"]
        deed = self._deeds.get(name)
        try:
            word = await deed(view, given) if deed else self._simple(name, view, given)
        except NotAllowed as error:
            word = f"Telegram refuses: {error}"
        self._of.changed()
        return _toast(word) if word else web.Response(status=204)

    def _simple(self, name: str, view: View, given: Mapping[str, str]) -> str:
        person = given.get("person", "0")
        if not self._of.actions.do(name, view, int(person) if person.isdecimal() else 0):
            raise web.HTTPNotFound
        return ""

    async def _say(self, view: View, given: Mapping[str, str]) -> str:
        voice = given.get("voice", "0")
        channels = {str(channel): channel for channel in self._of.scene.channels}
        self._of.actions.say(view, given.get("text", ""), channels.get(voice, 0))
        return ""

    async def _open(self, view: View, given: Mapping[str, str]) -> str:
        self._of.actions.start(view, given.get("payload", ""))
        return ""

    async def _switch(self, _: View, given: Mapping[str, str]) -> str:
        self._of.board.flip(given.get("key", ""))
        return ""

    async def _raid(self, view: View, _: Mapping[str, str]) -> str:
        self._of.actions.raid(view)
        return f"{RAIDERS} strangers have joined."

    async def _tour(self, view: View, _: Mapping[str, str]) -> str:
        self._of.tour.do(view.tour)
        return ""

    async def _tap(self, view: View, given: Mapping[str, str]) -> str:
        """Press a button and return what the bot answers."""
        number = given.get("message", "0")
        query_id = self._of.actions.tap(
            view,
            int(number) if number.isdecimal() else 0,
            given.get("data", ""),
            private=given.get("private") == "1",
        )
        self._of.changed()
        query = self._of.simulator.world.callback(query_id)
        try:
            async with asyncio.timeout(ANSWER_S), contextlib.aclosing(self._of.pulse.beats()) as beats:
                async for _ in beats:
                    if query.answered_at is not None:
                        return query.text or ""
        except TimeoutError:
            pass
        return "The bot has not answered this tap yet."


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    if urlsplit(f"//{request.host}").hostname not in _LOOPBACK:
        raise web.HTTPForbidden(text="this page is for this machine only")
    origin = request.headers.get("Origin")
    foreign = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
    if request.method == "POST" and (foreign or (origin and urlsplit(origin).netloc != request.host)):
        raise web.HTTPForbidden(text="only this page's own buttons do anything")
    response = await handler(request)
    if not response.prepared:
        response.headers.update(_HEADERS)
    return response


async def _static(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    kind = _TYPES.get(name[name.rfind(".") :])
    found = files(__package__ or "") / "static" / name
    if kind is None or "/" in name or not found.is_file():
        raise web.HTTPNotFound
    return web.Response(body=found.read_bytes(), content_type=kind)


def _toast(word: str) -> web.Response:
    text = Markup('<p class="toast">{}</p>').format(word)
    return web.Response(text=text, content_type="text/html")
