"""A copy of the rooms that are to be mutated, mutmut's work on it, and what is left alive there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
FARM = ROOT / ".mutants"
LIST = ROOT / "docs" / "mutants.md"
ROOMS = ("domain", "resilience")

# Slow for what they add: every mutant would have to survive thousands of steps of theirs.
LEFT_OUT = ("tests/unit/resilience/test_circuit_machine.py",)

SETTINGS = f"""\
[project]
name = "gmbot"
version = "0"
[tool.pytest.ini_options]
pythonpath = [".", "src"]
addopts = ["-q", "--import-mode=importlib", "-p", "no:cacheprovider"]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
[tool.mutmut]
source_paths = {[f"src/gmbot/{room}" for room in ROOMS]}
tests_dir = {[f"tests/unit/{room}" for room in ROOMS]}
also_copy = ["src", "tests"]
"""

# The same examples for each mutant, and few of them: what a room promises is also said by plain tests.
PROFILE = """\
from hypothesis import HealthCheck, settings

settings.register_profile(
    "mutants", deadline=None, derandomize=True, database=None, max_examples=20,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutants")
"""


class Mutant(msgspec.Struct, frozen=True, order=True):
    """Where the code was changed, the line that it changed, and what that became."""

    where: str
    line: str
    became: str


def plant() -> None:
    """Make the copy anew."""
    shutil.rmtree(FARM, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__", *(Path(name).name for name in LEFT_OUT))
    for folder in ("src", "tests/fixtures", *(f"tests/unit/{room}" for room in ROOMS)):
        shutil.copytree(ROOT / folder, FARM / folder, ignore=unwanted)
    (FARM / "tests" / "conftest.py").write_text(PROFILE)
    (FARM / "pyproject.toml").write_text(SETTINGS)


def grow(children: int) -> None:
    """Try every mutant; raises CalledProcessError if the tests fail without any."""
    subprocess.run([*_mutmut(), "run", "--max-children", str(children)], cwd=FARM, check=True)


def alive() -> set[Mutant]:
    """Return the mutants that no test has noticed."""
    listed = _said("results")
    names = re.findall(r"^\s*(\S+): (?:survived|no tests|suspicious)$", listed, re.MULTILINE)
    return {_mutant(name, _said("show", name)) for name in names}


def _mutmut() -> list[str]:
    return [str(Path(sys.executable).with_name("mutmut"))]


def _said(*arguments: str) -> str:
    """Return what mutmut says."""
    command = [*_mutmut(), *arguments]
    return subprocess.run(command, cwd=FARM, check=True, capture_output=True, text=True).stdout


def _mutant(name: str, difference: str) -> Mutant:
    changed = [line for line in difference.splitlines() if not line.startswith(("---", "+++"))]
    was = [line[1:].strip() for line in changed if line.startswith("-")]
    became = [line[1:].strip() for line in changed if line.startswith("+")]
    return Mutant(_place(name), " ".join(was), " ".join(became))


def _place(name: str) -> str:
    """Return `room.module.Class.function` of mutmut's `gmbot.room.module.xǁClassǁfunction__mutmut_1`."""
    path = name.removeprefix("gmbot.").rsplit("__mutmut_", 1)[0]
    module, _, function = path.rpartition(".")
    if function.startswith("xǁ"):
        return f"{module}.{function[2:].replace('ǁ', '.')}"
    return f"{module}.{function.removeprefix('x_')}"


_ROW = re.compile(
    r"^\| `(?P<where>[^`]+)` \| `` (?P<line>.*?) `` \| `` (?P<became>.*?) `` \| (?P<reason>.+) \|$"
)


def listed(text: str) -> dict[Mutant, str]:
    """Return the mutants that a document lists, each with the reason why it may live."""
    return dict(_rows(text))


def _rows(text: str) -> Iterator[tuple[Mutant, str]]:
    for line in text.splitlines():
        if row := _ROW.match(line):
            yield Mutant(row["where"], _plain(row["line"]), _plain(row["became"])), row["reason"]


def row_of(mutant: Mutant, reason: str = "…") -> str:
    """Return the line of the document that lists a mutant."""
    line, became = (text.replace("|", "\\|") for text in (mutant.line, mutant.became))
    return f"| `{mutant.where}` | `` {line} `` | `` {became} `` | {reason} |"


def _plain(cell: str) -> str:
    return cell.replace("\\|", "|")
