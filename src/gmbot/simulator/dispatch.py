"""From a request's bytes to an answer's bytes: the one pipeline that HTTP and in-process calls share."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from urllib.parse import unquote

import msgspec
import orjson

from gmbot.simulator.api import BotApi
from gmbot.simulator.calls import Call, CallLog
from gmbot.simulator.clock import Clock
from gmbot.simulator.errors import ApiError, bad_request, too_many_requests
from gmbot.simulator.faults import (
    FAULTS_AFTER,
    FAULTS_BEFORE,
    ActiveFault,
    Fault,
    FaultKind,
    Faults,
    call_target,
)
from gmbot.simulator.forms import parse_arguments
from gmbot.simulator.limits import Limiter
from gmbot.simulator.waiting import first_of

_PROXY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class Request(msgspec.Struct, frozen=True):
    """One call as it came in; `path` is /bot<token>/<method>, still percent-encoded."""

    path: str
    query: str = ""
    content_type: str = ""
    body: bytes = b""


class Reply(msgspec.Struct, frozen=True):
    """One answer as it goes out."""

    status: int
    headers: dict[str, str]
    body: bytes


class Pending(msgspec.Struct, frozen=True):
    """A call being carried out; `method` is as the bot wrote it."""

    token: str
    bot_id: int | None
    method: str
    arguments: dict[str, object]


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the pipeline is made of.

    `tokens` and `usernames` say whose they are; `special` answers the methods that concern delivery, by
    lower-case name; `stale` answers getChatMember with what was true before.
    """

    api: BotApi
    tokens: Mapping[str, int]
    usernames: Mapping[str, int]
    clock: Clock
    faults: Faults
    limiter: Limiter
    log: CallLog
    special: Mapping[str, Callable[[Pending], Awaitable[object]]]
    stale: Callable[[Pending], object]
    latency_s: float = 0.0
    timer: Callable[[], float] = time.perf_counter


class Dispatch:
    """Answers calls: faults before, limits, the Bot API, faults after, envelope, log."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._closing = asyncio.Event()
        self._date = (0, "")

    def open(self) -> None:
        """Begin to hold calls again after a `close`."""
        self._closing.clear()

    def close(self) -> None:
        """Break off every call that a fault is holding."""
        self._closing.set()

    async def handle(self, request: Request) -> Reply:
        """Answer one request.

        Raises ConnectionResetError when the answer is lost: the caller breaks the connection.
        """
        if self._parts.latency_s > 0:
            await asyncio.sleep(self._parts.latency_s)
        try:
            call = self._read(request)
        except ApiError as error:
            return self._failure(error)
        return await self._logged(call)

    async def carry_out(self, token: str, method: str, arguments: dict[str, object]) -> None:
        """Make a call whose answer nobody sees, such as one in a webhook's answer."""
        with contextlib.suppress(ConnectionResetError):
            await self._logged(Pending(token, self._parts.tokens.get(token), method, arguments))

    async def _logged(self, call: Pending) -> Reply:
        started = self._parts.timer()
        status = 0
        try:
            reply = await self._answer(call)
            status = reply.status
        finally:
            self._record(call, status, started)
        return reply

    def _read(self, request: Request) -> Pending:
        head, _, rest = request.path.removeprefix("/").partition("/")
        if not head.startswith("bot") or not rest:
            raise ApiError(404, "Not Found")
        token, method = unquote(head[3:]), unquote(rest.strip("/"))
        arguments = parse_arguments(request.query, request.content_type, request.body)
        return Pending(token, self._parts.tokens.get(token), method, arguments)

    async def _answer(self, call: Pending) -> Reply:
        faults = self._parts.faults
        if not faults:
            return await self._outcome(call)
        target = call_target(call.bot_id, call.method, call.arguments, self._parts.usernames)
        before = faults.draw(FAULTS_BEFORE, target)
        if before is not None and before.fault.html:
            return Reply(before.fault.code, self._headers("text/html"), _PROXY_PAGE)
        reply = await self._outcome(call, before)
        after = faults.draw(FAULTS_AFTER, target)
        if after is not None:
            await self._held(after)
            raise ConnectionResetError("the answer is lost")
        return reply

    async def _outcome(self, call: Pending, fault: ActiveFault | None = None) -> Reply:
        try:
            result = await self._result(call, fault)
        except ApiError as error:
            return self._failure(error)
        body = b'{"ok":true,"result":' + orjson.dumps(result) + b"}"
        return Reply(200, self._headers("application/json"), body)

    async def _result(self, call: Pending, fault: ActiveFault | None) -> object:
        if fault is not None:
            await self._suffer(fault)
        if call.bot_id is not None:
            self._limit(call)
        if fault is not None and fault.fault.kind is FaultKind.STALE_MEMBER:
            return self._parts.stale(call)
        special = self._parts.special.get(call.method.lower())
        if special is not None:
            return await special(call)
        return self._parts.api.call(call.token, call.method, call.arguments)

    async def _suffer(self, active: ActiveFault) -> None:
        fault = active.fault
        match fault.kind:
            case FaultKind.RESET:
                raise ConnectionResetError("reset by a fault")
            case FaultKind.HANG:
                await self._held(active)
            case FaultKind.SLOW:
                await self._parts.clock.sleep(fault.delay_s)
            case _:
                _refuse(fault)

    async def _held(self, active: ActiveFault) -> None:
        await first_of(active.lifted(), self._closing.wait())
        if self._closing.is_set():
            raise ConnectionResetError("the server stopped")

    def _limit(self, call: Pending) -> None:
        now = self._parts.clock.now()
        chat = call.arguments.get("chat_id")
        wait_s = self._parts.limiter.admit(now, call.bot_id, call.method.lower(), chat)
        if wait_s:
            raise too_many_requests(wait_s)

    def _failure(self, error: ApiError) -> Reply:
        headers = self._headers("application/json")
        if "retry_after" in error.parameters:
            headers["Retry-After"] = str(error.parameters["retry_after"])
        return Reply(error.code, headers, orjson.dumps(error.envelope()))

    def _headers(self, content_type: str) -> dict[str, str]:
        now = int(self._parts.clock.now())
        if now != self._date[0]:
            self._date = (now, formatdate(now, usegmt=True))
        return {"Content-Type": content_type, "Date": self._date[1]}

    def _record(self, call: Pending, status: int, started: float) -> None:
        ms = (self._parts.timer() - started) * 1000
        now = self._parts.clock.now()
        self._parts.log.add(Call(now, call.bot_id, call.method, call.arguments, status, ms))


def _refuse(fault: Fault) -> None:
    match fault.kind:
        case FaultKind.TOO_MANY_REQUESTS:
            raise too_many_requests(fault.retry_after_s)
        case FaultKind.SERVER_ERROR:
            text = {500: "Internal Server Error: restart", 502: "Bad Gateway"}
            raise ApiError(fault.code, text.get(fault.code, "Internal Server Error"))
        case FaultKind.PARTICIPANT_ID_INVALID:
            raise bad_request("PARTICIPANT_ID_INVALID")
        case _:
            pass
