"""How the story looks: a heading per act, a line per effect; in colour on a terminal, else plain text."""

from __future__ import annotations

import io
import os
import sys

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gmbot.demo.witness import NotSeen, Sight

WIDEST = 100
NARROW = 92
"""Below this many columns a line is broken in two."""

_CALL, _STATUS, _MS = 37, 6, 9


def console_for() -> Console:
    """Return a console on standard output; where nobody looks, one that is wide enough for a line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an old terminal shows ? for a check mark, and goes on
    plain = Console(highlight=False)
    width = plain.width if plain.is_terminal or "COLUMNS" in os.environ else WIDEST
    return Console(highlight=False, width=min(width, WIDEST))


class Screen:
    """Writes the story to a console, line by line as it happens."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._wide = console.width >= NARROW
        self.acts = 0

    def title(self, text: str) -> None:
        """Say what this is."""
        self._console.print(Text(text, "bold"))

    def say(self, text: str) -> None:
        """Say something in passing."""
        self._console.print(Text(text, "dim"), soft_wrap=True)

    def columns(self) -> None:
        """Name the columns, where there are any."""
        if self._wide:
            heads = ("after", "the bot's call", "answer")
            self._console.print(self._row(Text(), Text(), *(Text(head, "dim") for head in heads)))

    def act(self, text: str) -> None:
        """Begin an act: what somebody does."""
        self.acts += 1
        self._console.print(Text(f"{self.acts:2} {text}", "bold"))

    def effect(self, text: str, sight: Sight, target: str) -> None:
        """Tell what came of it, by which call, and how long it took."""
        call, status = _called(sight, target)
        ms = Text(f"{sight.ms:,.0f} ms" if sight.ms >= 10 else f"{sight.ms:.1f} ms", "cyan")
        self._console.print(self._row(Text("✓", "green"), Text(text), ms, call, status))

    def failure(self, missing: NotSeen) -> None:
        """Tell what should have happened, and what was seen instead."""
        self._console.print(Padding(Text(f"✗ expected: {missing.expected}", "bold red"), (0, 0, 0, 3)))
        self._console.print(Padding(Text(f"seen: {missing.seen}", "red"), (0, 0, 0, 5)))

    def address(self, url: str, answer: str) -> None:
        """Show a page's address and what it answered."""
        self._console.print(Text.assemble("   ", (url, "underline"), f"  {answer}"), soft_wrap=True)

    def ends(self, text: str, *, well: bool) -> None:
        """Say how it ended."""
        self._console.print(Text(text, "bold green" if well else "bold red"))

    def gap(self) -> None:
        """Leave a line free."""
        self._console.print()

    def _row(self, mark: Text, text: Text, ms: Text, call: Text, status: Text) -> Table:
        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column(width=4, justify="right")
        row.add_column(ratio=1)
        row.add_column(width=_MS, justify="right", no_wrap=True)
        if not self._wide:
            row.add_row(mark, text, ms)
            row.add_row("", Text.assemble(call, " ", status, style="dim"), "")
            return row
        row.add_column(width=_CALL)
        row.add_column(width=_STATUS, justify="right")
        row.add_row(mark, text, ms, call, status)
        return row


def _called(sight: Sight, target: str) -> tuple[Text, Text]:
    if sight.call is None:
        return Text(target, "dim"), Text()
    well = sight.call.status == 200
    call = Text.assemble((sight.call.method, "magenta"), f" {target}")
    return call, Text(str(sight.call.status), "green" if well else "yellow")
