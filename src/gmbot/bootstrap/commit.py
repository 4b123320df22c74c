"""Which commit runs, where that can be known."""

from __future__ import annotations

from pathlib import Path
from typing import Final

UNKNOWN: Final = "unknown"
_SHORT = 12
_INDIRECT = "ref: "


def commit_of(root: Path) -> str:
    """Return the first 12 digits of the commit checked out at `root`, or `unknown` where there is no git."""
    git = root / ".git"
    try:
        head = (git / "HEAD").read_text().strip()
        if not head.startswith(_INDIRECT):
            return head[:_SHORT]
        return _resolved(git, head.removeprefix(_INDIRECT))[:_SHORT]
    except OSError:
        return UNKNOWN


def _resolved(git: Path, ref: str) -> str:
    loose = git / ref
    if loose.exists():
        return loose.read_text().strip()
    for line in (git / "packed-refs").read_text().splitlines():
        commit, _, name = line.partition(" ")
        if name == ref:
            return commit
    return UNKNOWN
