"""Hostile input at the webhook never makes a 5xx and never gets in (promise 10)."""

from __future__ import annotations

import asyncio
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect
from tests.security.shapes import bodies, shaped

from gmbot.adapters.telegram import wire
from gmbot.adapters.telegram.webhook import LARGEST_BODY, SECRET_HEADER, WebhookApp, WebhookBot
from gmbot.gate.incoming import Incoming

SECRET = "s3cret"
KNOWN = (SECRET_HEADER, SECRET.encode())

ANN = {"id": 7, "is_bot": False, "first_name": "Ann"}
TALK = {"id": -1001, "type": "supergroup", "title": "Talk"}
UPDATES: list[dict[str, object]] = [
    {
        "update_id": 1,
        "message": {
            "message_id": 5,
            "date": 1_790_000_000,
            "chat": TALK,
            "from": ANN,
            "text": "/help 🦊",
            "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
            "reply_to_message": {
                "message_id": 4,
                "forward_origin": {"type": "channel", "chat": {"id": -1002, "type": "channel"}},
            },
        },
    },
    {
        "update_id": 2,
        "chat_member": {
            "chat": TALK,
            "from": ANN,
            "date": 1_790_000_000,
            "old_chat_member": {"status": "left", "user": ANN},
            "new_chat_member": {"status": "restricted", "user": ANN, "is_member": True, "until_date": 0},
        },
    },
    {"update_id": 3, "callback_query": {"id": "1", "from": ANN, "chat_instance": "c", "data": "verify:7"}},
]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\0", "\ud800", -(2**63), 2**63, 2**64, 10**40, 1e308, "creator", "ghost"])
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


def paths(found: object, so_far: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Where something may be replaced."""
    here = [so_far] if so_far else []
    if isinstance(found, dict):
        return here + [path for name, inner in found.items() for path in paths(inner, (*so_far, name))]
    return here


def replaced(found: object, path: tuple[str, ...], by: object) -> object:
    """A copy with something else at the path."""
    if not path or not isinstance(found, dict):
        return by
    return found | {path[0]: replaced(found[path[0]], path[1:], by)}


@st.composite
def spoilt_updates(draw: st.DrawFn) -> bytes:
    """A real update with one value replaced by anything."""
    update = draw(st.sampled_from(UPDATES))
    path = draw(st.sampled_from(paths(update)))
    return json.dumps(replaced(update, path, draw(JSON))).encode()


@st.composite
def spoilt_bytes(draw: st.DrawFn) -> bytes:
    """A real update with a few bytes replaced, cut out or put in."""
    body = bytearray(json.dumps(draw(st.sampled_from(UPDATES))).encode())
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        body[start : start + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(body)


class Guarded:
    """An app with one bot, called as a server would."""

    def __init__(self) -> None:
        self.let_in: list[Incoming] = []
        self.app = WebhookApp({42: WebhookBot(SECRET, self.take)})

    async def take(self, update: Incoming) -> None:
        """Note what got in."""
        self.let_in.append(update)

    def status(self, chunks: list[bytes], *headers: tuple[bytes, bytes], path: str = "/webhook/42") -> int:
        """The status that a body, sent in these chunks, is answered with."""
        return asyncio.run(self._status(chunks, list(headers), path))

    async def _status(self, chunks: list[bytes], headers: list[tuple[bytes, bytes]], path: str) -> int:
        coming = list(chunks)
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            body = coming.pop(0) if coming else b""
            return {"type": "http.request", "body": body, "more_body": bool(coming)}

        async def send(message: object) -> None:
            assert isinstance(message, dict)
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
        await self.app(scope, receive, send)
        status = sent[0]["status"]
        assert isinstance(status, int)
        return status


@given(spoilt_updates() | spoilt_bytes() | st.binary(max_size=200))
@settings(max_examples=600, deadline=None)
def test_no_body_makes_a_5xx(body: bytes) -> None:
    """It is taken, or it is refused; and what gets in is in the gate's words."""
    guarded = Guarded()
    status = guarded.status([body], KNOWN)
    assert status in (200, 400)
    assert len(guarded.let_in) == (status == 200)


@given(bodies(shaped(inspect.type_info(wire.Update))))
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_no_body_in_the_bot_apis_shapes_makes_a_5xx(body: bytes) -> None:
    """Every type and field that we read, with anything in it, whole or with bytes changed."""
    guarded = Guarded()
    status = guarded.status([body], KNOWN)
    assert status in (200, 400)
    assert len(guarded.let_in) == (status == 200)


@given(st.binary(max_size=40).filter(lambda given: given != SECRET.encode()))
@settings(max_examples=200, deadline=None)
def test_nobody_gets_in_without_the_secret(guess: bytes) -> None:
    """Not with any other bytes."""
    guarded = Guarded()
    assert guarded.status([b'{"update_id":1}'], (SECRET_HEADER, guess)) == 401
    assert guarded.let_in == []


def test_two_secrets_are_none() -> None:
    """A header that comes twice may be read differently by whoever stands in front of us."""
    assert Guarded().status([b'{"update_id":1}'], KNOWN, KNOWN) == 401


@given(st.text(max_size=30).filter(lambda path: path not in ("/webhook/42", "/webhook/042")))
@settings(max_examples=200, deadline=None)
def test_no_other_path_leads_in(path: str) -> None:
    """404, with the right secret too."""
    assert Guarded().status([b'{"update_id":1}'], KNOWN, path=path) == 404


def test_a_body_is_not_read_before_the_secret_is_seen() -> None:
    """A stranger's body takes no memory of ours."""

    async def never() -> dict[str, object]:
        raise AssertionError("the body was read")

    statuses: list[object] = []

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        statuses.append(message.get("status"))

    scope = {"type": "http", "method": "POST", "path": "/webhook/42", "headers": []}
    asyncio.run(Guarded().app(scope, never, send))
    assert statuses[0] == 401


def test_an_endless_body_is_cut_off() -> None:
    """However small its pieces, and whatever its length was said to be."""
    piece = b" " * 65_536
    assert Guarded().status([piece] * (LARGEST_BODY // len(piece) + 1), KNOWN) == 413
