"""What happened, line by line: the same seed writes the same journal, byte for byte."""

from __future__ import annotations

import asyncio
import hashlib

import msgspec

MOST_TOLD = 45
"""Lines of a story: enough to see what led to the end."""


class Broken(msgspec.Struct, frozen=True):
    """A promise that was not kept; `about` are the ids that it concerns."""

    promise: str
    detail: str
    about: tuple[int, ...] = ()
    at: float = 0.0


class Journal:
    """Everything that the world, the faults and GMBot did, with the virtual second at which they did it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.broken: list[Broken] = []

    def write(self, text: str) -> None:
        """Note what happens now."""
        self.lines.append(f"{asyncio.get_running_loop().time():9.3f} {text}")

    def blame(self, promise: str, detail: str, *about: int) -> None:
        """Note that a promise is broken now."""
        at = asyncio.get_running_loop().time()
        self.broken.append(Broken(promise, detail, about, at))
        self.lines.append(f"{at:9.3f} BROKEN {promise}: {detail}")

    @property
    def digest(self) -> str:
        """The journal in 64 characters."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()

    def story(self, broken: Broken) -> str:
        """Return how it came to that: the last lines about those whom it concerns."""
        before = [line for line in self.lines if float(line.split(maxsplit=1)[0]) <= broken.at + 1.0]
        names = [str(one) for one in broken.about]
        telling = [line for line in before if _tells(line, names)] or before
        return "\n".join(("…", *telling[-MOST_TOLD:])) if len(telling) > MOST_TOLD else "\n".join(telling)


def _tells(line: str, names: list[str]) -> bool:
    return not names or any(name in line for name in names) or " fault " in line or " process " in line
