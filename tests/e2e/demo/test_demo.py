"""`gmbot demo`: it ends well only if each step really happened, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import io
import re
import signal
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.console import Console
from tests.fixtures.demo import demo, left_by, read_until

from gmbot.demo.box import Box, opened_box
from gmbot.demo.screen import Screen
from gmbot.demo.stage import perform
from gmbot.demo.story import tell
from gmbot.simulator import Fault, FaultKind

RUN_TIMEOUT_S = 30
END_TIMEOUT_S = 2
ACTS = 13


def told(width: int = 100) -> tuple[Screen, io.StringIO]:
    """Return a screen of that width, and what is written on it."""
    paper = io.StringIO()
    return Screen(Console(file=paper, width=width, highlight=False)), paper


def test_the_demo_ends_well_and_tells_each_step_plainly(tmp_path: Path) -> None:
    """Without a terminal: exit code 0, every act with what came of it, no colour codes, nothing left."""
    with demo(tmp_path) as process:
        said, _ = process.communicate(timeout=RUN_TIMEOUT_S)
    assert process.returncode == 0, said
    assert re.findall(r"^ ?(\d+) ", said, flags=re.MULTILINE) == [str(n + 1) for n in range(ACTS)]
    effects = [line for line in said.splitlines() if "✓" in line]
    assert len(effects) >= ACTS
    assert [line for line in effects if not re.search(r" ms (no )?\w+", line)] == []
    assert "\x1b" not in said
    assert "/health  200 healthy" in said
    assert "your turn" not in said
    assert left_by(process, tmp_path) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("moment", ["against a Telegram in a box", "Sam, a stranger", "and Ben joins"])
def test_an_interrupt_ends_it_quietly(tmp_path: Path, number: signal.Signals, code: int, moment: str) -> None:
    """At any moment: within two seconds, without a traceback, a process or a file."""
    with demo(tmp_path) as process:
        read_until(process, moment)
        process.send_signal(number)
        said, _ = process.communicate(timeout=END_TIMEOUT_S)
        assert process.returncode == code
        assert "Traceback" not in said
        assert left_by(process, tmp_path) == []


def test_kept_it_answers_until_interrupted(tmp_path: Path) -> None:
    """`--keep` leaves the pages up at the addresses that it printed."""
    with demo(tmp_path, "--keep") as process:
        said = read_until(process, "Ctrl-C")
        for page in re.findall(r"http://\S+/(?:health|metrics)", said):
            with urllib.request.urlopen(page, timeout=END_TIMEOUT_S) as answer:
                assert answer.status == 200
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=END_TIMEOUT_S)
        assert process.returncode == 130
        assert left_by(process, tmp_path) == []


async def test_a_bot_that_does_not_run_is_no_success() -> None:
    """The story looks for effects: without a bot nothing is taken or done, and that is said."""

    async def settled() -> None:
        return None

    screen, paper = told()
    async with opened_box() as box:
        assert not await tell(box, screen, settled, patience_s=0.05)
    assert "expected: GMBot ready for: Olga types /protect" in paper.getvalue()
    assert "no call of the bot; 3 updates not taken" in paper.getvalue()


@asynccontextmanager
async def box_without_mutes() -> AsyncIterator[Box]:
    """Yield a box in which nobody can be muted."""
    async with opened_box() as box:
        box.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="restrictChatMember"))
        yield box


async def test_a_step_that_did_not_happen_makes_the_exit_code_1() -> None:
    """It is told what was expected, what was seen, and what GMBot logged; nothing after it is claimed."""
    screen, paper = told()
    assert await perform(screen, keep=True, open_box=box_without_mutes, patience_s=3) == 1
    said = paper.getvalue()
    assert "expected: Sam is muted" in said
    assert re.search(r"seen: .*restrictChatMember Sam in Garden Club 500", said)
    assert "The last lines of GMBot's log:" in said
    assert " 3 " not in said


async def test_a_narrow_terminal_breaks_lines_but_no_words() -> None:
    """In 60 columns the call stands under its sentence, and no line is longer."""
    screen, paper = told(width=60)
    assert await asyncio.wait_for(perform(screen, keep=False), RUN_TIMEOUT_S) == 0
    lines = paper.getvalue().splitlines()
    assert max(map(len, lines)) <= 60
    assert any(line.strip() == "restrictChatMember Sam in Garden Club 200" for line in lines)
