"""No secret leaves in a log line, whatever road it takes (promise 9)."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import msgspec
import orjson
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from gmbot.gate.about import About, Concerning
from gmbot.telemetry.logs import Bridge, LogOptions, Logs
from gmbot.telemetry.redaction import SECRET, TEXT, Redactor

TOKEN = "123456789:AAcanaryCANARYcanaryCANARYcanary0123"
PASSWORD = 'p@ss/w:or"d-canary'
HOOK = "hook-canary-ü"
KNOWN = (PASSWORD, HOOK)
ADDRESS = f"https://api.telegram.org/bot{TOKEN}/getMe"


class Wrapped(msgspec.Struct):
    """Something that carries an address."""

    where: str
    text: str = ""


class Opaque:
    """Something whose repr is all there is."""

    def __repr__(self) -> str:
        return f"<Opaque {ADDRESS}>"


class Book:
    """Log lines, as they left."""

    def __init__(self, *, as_json: bool) -> None:
        self._stream = io.BytesIO()
        options = LogOptions(version="1", level="DEBUG", as_json=as_json, secrets=KNOWN)
        self.logs = Logs(options, self._stream, lambda: 0.0)

    @property
    def written(self) -> str:
        """Everything written so far."""
        self.logs.flush()
        return self._stream.getvalue().decode()


@pytest.fixture(params=[True, False], ids=["json", "console"])
def book(request: pytest.FixtureRequest) -> Iterator[Book]:
    """Both ways of writing, with the standard library routed in."""
    book = Book(as_json=request.param)
    with book.logs:
        yield book


def raised(error: Exception) -> Exception:
    """Return `error` as somebody caught it, with a cause that holds the token too."""
    try:
        raise error from OSError(ADDRESS)
    except type(error) as caught:
        return caught


LIBRARY = logging.getLogger("some.library")
ROADS: dict[str, Callable[[structlog.typing.FilteringBoundLogger], object]] = {
    "event name": lambda log: log.info(TOKEN),
    "value": lambda log: log.info("line", where=ADDRESS),
    "value among words": lambda log: log.info("line", where=f"GET {ADDRESS} failed"),
    "percent-encoded token": lambda log: log.info("line", where=quote(ADDRESS, safe="")),
    "bytes": lambda log: log.info("line", body_bytes=ADDRESS.encode()),
    "bytearray": lambda log: log.info("line", where=bytearray(ADDRESS.encode())),
    "memory view": lambda log: log.info("line", where=memoryview(ADDRESS.encode())),
    "broken utf-8": lambda log: log.info("line", where=b"\xff" + ADDRESS.encode()),
    "list": lambda log: log.info("line", where=[1, [ADDRESS]]),
    "tuple": lambda log: log.info("line", where=(ADDRESS,)),
    "set": lambda log: log.info("line", where={ADDRESS}),
    "dict value": lambda log: log.info("line", where={"a": {"b": ADDRESS}}),
    "dict key": lambda log: log.info("line", where={"deep": {ADDRESS: 1}}),
    "struct": lambda log: log.info("line", where=Wrapped(ADDRESS)),
    "struct in a list": lambda log: log.info("line", where=[Wrapped(ADDRESS)]),
    "opaque object": lambda log: log.info("line", where=Opaque()),
    "exception value": lambda log: log.info("line", error=ValueError(ADDRESS)),
    "class": lambda log: log.info("line", where=type(TOKEN, (), {})),
    "very deep": lambda log: log.info("line", where=nested(40)),
    "traceback": lambda log: log.error("line", exc_info=raised(ValueError(ADDRESS))),
    "traceback of a decode error": lambda log: log.error(
        "line", exc_info=raised(UnicodeDecodeError("utf-8", ADDRESS.encode(), 0, 1, ADDRESS))
    ),
    "bound value": lambda log: log.bind(where=ADDRESS).info("line"),
    "context variable": lambda log: in_context(log),
    "known password": lambda log: log.info("line", where=f"connect with {PASSWORD} failed"),
    "known password in an address": lambda log: log.info("line", where=f"//u:{quote(PASSWORD, safe='')}@h"),
    "known password in json": lambda log: log.info("line", where=json.dumps({"a": PASSWORD})),
    "known password in a repr": lambda log: log.info("line", where=repr({"a": PASSWORD})),
    "known secret beyond ascii": lambda log: log.info("line", where=HOOK),
    "known secret beyond ascii, encoded": lambda log: log.info("line", where=quote(HOOK)),
    "unknown password": lambda log: log.info("line", where="postgresql://u:other-canary@h/d"),
    "unknown password with signs": lambda log: log.info("line", where="redis://:a/b@c:canary@h/0 refused"),
    "library message": lambda _: LIBRARY.warning("at " + ADDRESS),
    "library arguments": lambda _: LIBRARY.warning("at %s and %r", ADDRESS, {"k": ADDRESS}),
    "library mapping argument": lambda _: LIBRARY.warning("at %(where)s", {"where": ADDRESS}),
    "library bytes": lambda _: LIBRARY.warning("at %s", ADDRESS.encode()),
    "library object": lambda _: LIBRARY.warning(Opaque()),
    "library traceback": lambda _: LIBRARY.warning("at", exc_info=raised(ValueError(ADDRESS))),
    "library exception as message": lambda _: LIBRARY.error(raised(ValueError(ADDRESS))),
    "library odd level": lambda _: LIBRARY.log(37, ADDRESS),
    "library high level": lambda _: LIBRARY.log(99, ADDRESS),
    "text in a library's traceback": lambda _: LIBRARY.error("failed", exc_info=raised(KeyError("canary"))),
    "text in asyncio's own": lambda _: logging.getLogger("asyncio").error("Lost\n%r", KeyError("canary")),
    "asyncio's own": lambda _: logging.getLogger("asyncio").error("Task exception %r", ValueError(ADDRESS)),
    "message text": lambda log: log.info("line", text="private-canary"),
    "message text within": lambda log: log.info("line", update={"message": {"caption": "private-canary"}}),
    "message text in a struct": lambda log: log.info("line", note=Wrapped("here", "private-canary")),
}


def nested(depth: int) -> object:
    """Return lists within lists around the token."""
    return [nested(depth - 1)] if depth else ADDRESS


def in_context(log: structlog.typing.FilteringBoundLogger) -> None:
    """Write a line while working on something whose name holds the token."""
    with Concerning(About(intent=ADDRESS)):
        log.info("line")


@pytest.mark.parametrize("road", ROADS)
def test_no_canary_gets_through(book: Book, road: str) -> None:
    """Whatever road a secret takes into a line, the line is written and does not hold it."""
    ROADS[road](book.logs.logger)
    assert book.written.strip()
    assert "canary" not in book.written.lower()


@pytest.mark.parametrize(
    ("message", "arguments"),
    [("at %d", (ADDRESS,)), ("at", (ADDRESS,)), ("at %(nowhere)s", ({"where": ADDRESS},))],
)
def test_a_record_that_cannot_be_formatted_is_written_all_the_same(
    book: Book, message: str, arguments: tuple[object, ...]
) -> None:
    """A library's own mistake neither raises nor shows what it wanted to say."""
    Bridge(book.logs).handle(logging.LogRecord("some.library", 30, "", 1, message, arguments, None))
    assert "library_log" in book.written
    assert "canary" not in book.written.lower()


def test_libraries_debug_lines_stay_out(book: Book) -> None:
    """Database drivers show parameters there, and so what people wrote."""
    LIBRARY.debug("INSERT … %s", "private-canary")
    assert book.written == ""


def test_what_is_no_secret_stays() -> None:
    """Redaction leaves ids, plain addresses, times and short words alone."""
    words = "user 123456789 at 12:30 https://api.telegram.org/file/x?a=b from=me@example.org 1:short"
    assert Redactor(KNOWN).text(words) == words


def test_the_bot_stays_recognisable() -> None:
    """A token's first half is the bot's public id."""
    assert Redactor().text(ADDRESS) == f"https://api.telegram.org/bot123456789{SECRET}/getMe"


def test_a_short_secret_is_replaced_as_a_word_only() -> None:
    """A one-letter webhook secret must not turn every line into confetti."""
    assert Redactor(["ab"]).text("ab, cab, ab-c: ab") == f"{SECRET}, cab, ab-c: {SECRET}"


def test_plain_values_keep_their_type() -> None:
    """Numbers, truth and nothing are not secrets."""
    value = {"a": 1, "b": 2.5, "c": True, "d": None, "text": "hello"}
    assert Redactor().value(value) == {**value, "text": TEXT}


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=50), st.text(max_size=50))
def test_a_token_is_found_among_any_words(before: str, after: str) -> None:
    """Nothing around a token hides it, unless it makes it part of a longer word."""
    redacted = Redactor().text(f"{before} {TOKEN} {after}")
    assert "canary" not in redacted


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.text(), st.recursive(st.text() | st.integers() | st.binary() | st.none(), st.lists))
)
def test_any_line_can_be_written(fields: dict[str, object]) -> None:
    """Half surrogate pairs, endless numbers and odd keys cost no line and raise nothing."""
    stream = io.BytesIO()
    Logs(LogOptions(version="1"), stream, lambda: 0.0).logger.info("line", data=fields)
    assert orjson.loads(stream.getvalue())["event"] == "line"


@pytest.mark.parametrize("text", ["1" * 200_000, "://" * 70_000, "://a:" * 40_000, "1:" * 100_000])
def test_hostile_text_costs_no_more_than_its_length(text: str) -> None:
    """The patterns have no exponential or quadratic case."""
    began = time.process_time()
    Redactor(KNOWN).text(text)
    assert time.process_time() - began < 2.0
