"""`gmbot demo` with its playground, from outside: where it is, and how it ends."""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
import time
import urllib.request
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from tests.fixtures.demo import demo, left_by, read_until

from gmbot.demo.box import opened_box
from gmbot.demo.outage import Outage
from gmbot.demo.play import playing
from gmbot.demo.stage import running
from gmbot.demo.surroundings import Surroundings

END_TIMEOUT_S = 2
RUN_TIMEOUT_S = 30


def _page(said: str) -> str:
    found = re.search(r"(http://127\.0\.0\.1:\d+/)  your turn", said)
    assert found, said
    return found.group(1)


def _do(url: str, deed: str, form: bytes = b"") -> None:
    urllib.request.urlopen(f"{url}do/{deed}", data=form, timeout=RUN_TIMEOUT_S).close()


def _await_on_page(url: str, words: str) -> None:
    """Look at the page until it has these words."""
    deadline = time.monotonic() + RUN_TIMEOUT_S
    while time.monotonic() < deadline:
        with urllib.request.urlopen(url, timeout=RUN_TIMEOUT_S) as answer:
            if words in answer.read().decode():
                return
    raise AssertionError(f"{words!r} never stood on the page")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_in_the_middle_of_a_raid_ends_it_within_two_seconds(
    tmp_path: Path, number: signal.Signals
) -> None:
    """With a page open, a fault on and three hundred people half judged; nothing is left behind."""
    with demo(tmp_path, "--play", "--no-browser", "--port", "0") as process, ExitStack() as contexts:
        url = _page(read_until(process, "Ctrl-C"))
        stream = contexts.enter_context(closing(HTTPConnection(urlsplit(url).netloc, timeout=RUN_TIMEOUT_S)))
        stream.request("GET", "/events")
        answer = contexts.enter_context(stream.getresponse())
        assert b"event: world" in answer.readline()
        _do(url, "say", b"text=/protect+@book_news")
        _await_on_page(url, "needs Book News")
        _do(url, "raid")
        _await_on_page(url, "restrictChatMember")
        _do(url, "switch", b"key=429")
        _do(url, "switch", b"key=database")
        _do(url, "switch", b"key=redis")
        process.send_signal(number)
        said, _ = process.communicate(timeout=END_TIMEOUT_S)
        assert "Traceback" not in said
        assert process.returncode == (130 if number is signal.SIGINT else 143)
        assert left_by(process, tmp_path) == []


async def test_without_redis_a_sentence_stands_where_its_switch_would(tmp_path: Path) -> None:
    """It says why there is nothing to break."""
    around = Surroundings(database=Outage())
    async with (
        opened_box() as box,
        running(box, tmp_path, tmp_path / "gmbot.log", around) as product,
        playing(box, product, around, 0) as playground,
        aiohttp.ClientSession() as session,
        session.get(playground.url) as answer,
    ):
        page = await answer.text()
    assert "this demo runs without Redis" in page
    assert '<button id="switch-database"' in page
    assert '<button id="switch-redis"' not in page


def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    """A port that was asked for and is taken ends the demo with code 2 and an example."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo(tmp_path, "--play", "--port", str(port)) as process:
            said, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert f"gmbot: --port {port} cannot be listened on; for example --port 0" in said
    assert "Traceback" not in said


def test_on_a_terminal_it_stays_until_interrupted(tmp_path: Path) -> None:
    """Somebody who watches is given the page without asking; Ctrl-C ends it."""
    terminal, theirs = pty.openpty()
    screen = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    with os.fdopen(terminal, "rb", buffering=0) as shown:
        with demo(tmp_path, "--no-browser", "--port", "0", **screen) as process:
            os.close(theirs)
            said = b""
            while b"Ctrl-C" not in said:
                said += shown.read(4096)
            url = _page(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.decode()))
            with urllib.request.urlopen(url, timeout=END_TIMEOUT_S) as answer:
                assert b"GMBot playground" in answer.read()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=END_TIMEOUT_S) == 130
        assert left_by(process, tmp_path) == []
