"""The token leaves in no error, event, log line or repr of the Telegram adapter (promise 9)."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable

import pytest
from tests.fixtures.telegram import BOT, HANG, RESET, RawServer, json_page, page

from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.http import HttpPool
from gmbot.domain.errors import GMBotError
from gmbot.domain.ids import GroupId, UserId
from gmbot.domain.standing import FREE
from gmbot.gate.events import Event
from gmbot.gate.outgoing import Address, Note
from gmbot.resilience.clock import SystemClock

TOKEN = "42:AAcanaryCANARYcanaryCANARYcanary0123"
CANARY = "canaryCANARY"

ECHO = f"https://api.telegram.org/bot{TOKEN}/getMe"


def refusal(code: int, description: str, **parameters: object) -> bytes:
    """Telegram's no."""
    answer = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return json_page(code, answer)


ROADS: dict[str, bytes | object] = {
    "reset": RESET,
    "hang": HANG,
    "empty": b"",
    "no http": b"SSH-2.0-OpenSSH\r\n",
    "cut short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    "bad chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "bad gzip": page(200, b"\xff\xfe", "Content-Encoding: gzip"),
    "bad header": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    "huge header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "redirect": page(302, b"", f"Location: {ECHO}"),
    "redirect to nowhere": page(302, b"", "Location: http://["),
    "proxy page": page(502, f"<html>cannot reach {ECHO}</html>".encode()),
    "log-in page": page(200, f"<html>before you go to {ECHO}</html>".encode()),
    "cut json": page(200, b'{"ok":true,"result":{"id":'),
    "wrong json": json_page(200, {"ok": True, "result": {"id": ECHO}}),
    "deep json": page(200, b'{"ok":true,"result":' + b"[" * 100_000),
    "echo in 400": refusal(400, f"Bad Request: {ECHO}"),
    "echo in 403": refusal(403, f"Forbidden: {TOKEN}"),
    "echo in 404": refusal(404, f"Not Found: {ECHO}"),
    "echo in 409": refusal(409, f"Conflict: {ECHO}"),
    "echo in 429": refusal(429, f"Too Many Requests: {ECHO}", retry_after=99),
    "echo in 500": refusal(500, f"Internal Server Error: {ECHO}"),
    "echo in migration": refusal(400, f"Bad Request: {ECHO}", migrate_to_chat_id=-1009),
    "unauthorised": refusal(401, "Unauthorized"),
    "not found": refusal(404, "Not Found"),
    "odd status": page(999, b"{}"),
}

VERBS: dict[str, Callable[[BotClient], Awaitable[object]]] = {
    "question": lambda bot: bot.me(),
    "effect": lambda bot: bot.restrict(GroupId(-1), UserId(1), FREE),
    "note": lambda bot: bot.send(Address(-1), Note("hello")),
}


def shown(error: BaseException) -> str:
    """Everything that a log, a tracker or a curious operator could print of an error."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    printed = "".join(traceback.format_exception(error))
    return printed + "".join(f"{link!r} {link} {link.args!r} {vars(link)!r}" for link in chain)


async def failures(client: BotClient) -> list[GMBotError]:
    """What each kind of call raises."""
    raised = []
    for verb in VERBS.values():
        try:
            await verb(client)
        except GMBotError as error:
            raised.append(error)
    assert raised
    return raised


@pytest.mark.parametrize("road", ROADS)
async def test_no_error_event_or_log_line_shows_the_token(
    road: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong, and whoever quotes the address back at us."""
    caplog.set_level(logging.DEBUG)
    events: list[Event] = []
    async with RawServer([ROADS[road]]) as server:
        pool = HttpPool(server.url)
        client = BotClient(
            pool.bot(TOKEN), bot_id=BOT, clock=SystemClock(), emit=events.append, deadline_s=0.15
        )
        raised = await failures(client)
        await pool.close()
    assert all(CANARY.encode() in request for request in server.requests)
    told = "".join(map(shown, raised)) + repr(events) + caplog.text + repr(client) + repr(pool)
    assert CANARY not in told


async def test_nobody_listening_does_not_show_the_token(caplog: pytest.LogCaptureFixture) -> None:
    """Neither a refused connection nor a name that no server has."""
    caplog.set_level(logging.DEBUG)
    async with RawServer([b""]) as server:
        gone = server.url
    for url in (gone, "http://nowhere.invalid", "http://127.0.0.1:1"):
        pool = HttpPool(url)
        events: list[Event] = []
        client = BotClient(pool.bot(TOKEN), bot_id=BOT, clock=SystemClock(), emit=events.append)
        told = "".join(map(shown, await failures(client)))
        await pool.close()
        assert CANARY not in told + repr(events) + caplog.text


async def test_a_message_that_holds_the_token_does_not_bring_it_in() -> None:
    """Somebody pasted it into a chat: it goes no further than the transport."""
    message = {"id": 42, "first_name": f"my token is {TOKEN}"}
    async with RawServer([json_page(200, {"ok": True, "result": message})]) as server:
        pool = HttpPool(server.url)
        me = await BotClient(pool.bot(TOKEN), bot_id=BOT, clock=SystemClock(), emit=lambda _: None).me()
        await pool.close()
    assert me.name == "my token is BOT_TOKEN"
