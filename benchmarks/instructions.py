"""How many instructions each path takes, by callgrind: the same whatever else the machine does."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from benchmarks.driver import PATHS
from benchmarks.figures import Figure

KEPT = Path(__file__).parent / "results" / "instructions.json"
ROOT = Path(__file__).parents[1]
MOST_LOSS: Final = 0.15
MEASURED: Final = ("floor", "polled", "posted", "first_sight", "joined")
PATIENCE_S = 280
NAMES: Final[Mapping[str, str]] = {
    "floor": "decoding alone",
    "polled": "ordinary message, polling",
    "posted": "ordinary message, webhook, behind its server",
    "first_sight": "a known person's first message, database in memory",
    "joined": "a stranger's join until the mute is sent",
}


class Counted(msgspec.Struct, frozen=True):
    """Instructions per update of each path, and the Python that needed them."""

    python: str
    instructions: dict[str, float]

    def floors(self, path: str) -> float:
        """Return how often decoding alone would fit into a path."""
        return self.instructions[path] / self.instructions["floor"]


class Loss(msgspec.Struct, frozen=True):
    """A path that got dearer."""

    path: str
    before: float
    now: float

    def __str__(self) -> str:
        """Return it in a sentence."""
        more = (self.now / self.before - 1) * 100
        name = NAMES.get(self.path, self.path)
        return f"{name}: {self.now:.1f} × decoding, {more:.0f} % more than {self.before:.1f}"


def count(paths: Sequence[str] = MEASURED) -> Counted:
    """Return what paths take. Raises RuntimeError where that cannot be counted."""
    if platform.machine() != "x86_64" or shutil.which("valgrind") is None:
        raise RuntimeError("counting instructions needs valgrind on x86-64: apt-get install valgrind")
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            _command(folder, paths),
            cwd=ROOT,
            env=_environ(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the paths cannot be run: {done.stderr.strip()[-2000:]}")
        pids = dict(line.split() for line in done.stdout.splitlines())
        totals = {path: _total(Path(folder) / f"{pid}.out") for path, pid in pids.items()}
    return Counted(platform.python_version(), {path: n / PATHS[path][1] for path, n in totals.items()})


def _command(folder: str, paths: Sequence[str]) -> list[str]:
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"]
    out = f"--callgrind-out-file={folder}/%p.out"
    return [*valgrind, out, sys.executable, "-m", "benchmarks.driver", *paths]


def _environ() -> dict[str, str]:
    """The order of sets must be the same at each run."""
    return {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}


def _total(path: Path) -> int:
    for line in path.read_text().splitlines():
        if line.startswith("totals:"):
            return int(line.split()[1])
    raise RuntimeError("callgrind counted nothing")


def losses(before: Counted, now: Counted) -> list[Loss]:
    """Return every path whose ratio to decoding alone is worse by more than 15 %."""
    both = before.instructions.keys() & now.instructions.keys()
    compared = [Loss(path, before.floors(path), now.floors(path)) for path in sorted(both)]
    return [loss for loss in compared if loss.now > loss.before * (1 + MOST_LOSS)]


def kept(path: Path = KEPT) -> Counted | None:
    """Return what was counted when it was last kept."""
    return msgspec.json.decode(path.read_bytes(), type=Counted) if path.exists() else None


def keep(counted: Counted, path: Path = KEPT) -> None:
    """Keep a count as what later ones are compared with."""
    short = {name: round(number, 1) for name, number in counted.instructions.items()}
    text = msgspec.json.format(msgspec.json.encode(Counted(counted.python, short)), indent=1)
    path.write_bytes(text + b"\n")


async def of_instructions() -> list[Figure]:
    """Return what each path takes, and keep it for `make bench-check`."""
    counted = count()
    keep(counted)
    return [
        Figure(
            NAMES[path],
            counted.instructions[path] / 1000,
            "k instructions",
            floors=counted.floors(path),
        )
        for path in MEASURED
    ]
