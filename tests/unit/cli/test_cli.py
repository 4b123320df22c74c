"""The command line: what it says, and how it ends."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import NoReturn

import pytest

from gmbot import __version__
from gmbot.cli import conclude, main

TOKEN = "123456789:AAcanaryCANARYcanaryCANARYcanary0123"
VERBS = ["run", "demo", "migrate", "doctor", "set-aside", "sweep", "warm", "version"]
HEAVY = {
    "aiohttp",
    "sqlalchemy",
    "alembic",
    "starlette",
    "uvicorn",
    "prometheus_client",
    "structlog",
    "rich",
    "asyncio",
}


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` and no variable of this machine is read."""
    monkeypatch.chdir(tmp_path)
    for name in ("BOT_TOKEN", "DATABASE_URL", "ENVIRONMENT", "TELEGRAM_API_URL"):
        monkeypatch.delenv(name, raising=False)


def python(*arguments: str) -> str:
    """Return what a Python of its own prints."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True).stdout


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """`gmbot version` is for people and scripts."""
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"gmbot {__version__}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_explains_itself_with_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` ends with lines that can be pasted."""
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    assert f"gmbot {verb}" in text.split("examples:")[1]


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    """And says in a line what each does."""
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(re.search(rf"^ {{4}}{verb}\s", text, re.MULTILINE) for verb in VERBS)
    assert "examples:" in text


@pytest.mark.parametrize("arguments", [[], ["fly"], ["run", "--fast"], ["demo", "--kee"]])
def test_nonsense_is_refused(arguments: list[str]) -> None:
    """What is not understood does nothing."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2


@pytest.mark.parametrize("verb", ["run", "doctor"])
def test_a_missing_setting_is_one_sentence(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, with exit code 2 and no traceback."""
    assert main([verb]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("gmbot: BOT_TOKEN is missing")
    assert captured.err.count("\n") == 1


def test_a_wrong_setting_in_the_file_is_told_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`.env` of the working directory is read."""
    tmp_path.joinpath(".env").write_text(f"BOT_TOKEN={TOKEN}\nOPS_PORT=http\n")
    assert main(["run"]) == 2
    assert capsys.readouterr().err.startswith("gmbot: OPS_PORT is 'http', and must be a whole number")


def test_migrations_need_no_token(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their only setting is the database's address."""
    monkeypatch.setenv("DATABASE_URL", "mysql://root@h/d")
    assert main(["migrate"]) == 2
    assert capsys.readouterr().err.startswith(
        "gmbot: DATABASE_URL must start with sqlite:/// or postgresql://"
    )


def test_migrate_makes_and_removes_the_tables(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Up, and down again, on the default database in the working directory."""
    assert main(["migrate"]) == 0
    assert main(["migrate", "--down"]) == 0
    up, down = capsys.readouterr().out.splitlines()
    assert up == "The database is up to date."
    assert down == "The database has none of GMBot's tables now."
    assert tmp_path.joinpath("gmbot.db").exists()


def test_an_unreachable_database_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With exit code 2, and without the password."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:canary@127.0.0.1:1/d")
    assert main(["migrate"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("gmbot: DATABASE_URL names a database that cannot")
    assert "canary" not in shown
    assert shown.count("\n") == 1


def raising(error: BaseException) -> Callable[[], NoReturn]:
    """Return work that ends so."""

    def work() -> NoReturn:
        raise error

    return work


def test_an_interruption_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends with the shell's own code for it, and no word."""
    assert conclude(raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "")


def test_what_nobody_foresaw_shows_where_but_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback is for mending; a token in it is not."""
    error = RuntimeError(f"https://api.telegram.org/bot{TOKEN}/getMe postgresql://u:canary@h/d")
    assert conclude(raising(error)) == 1
    shown = capsys.readouterr().err
    assert "RuntimeError" in shown
    assert "in work" in shown
    assert "canary" not in shown.lower()


def test_module_and_command_are_the_same() -> None:
    """`python -m gmbot` works where scripts are not on the path."""
    done = subprocess.run(
        [sys.executable, "-m", "gmbot", "version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"gmbot {__version__}\n"


def test_the_command_line_is_light() -> None:
    """Nothing that a verb does not use is imported for it."""
    code = "import sys, gmbot.cli; gmbot.cli.main(['version']); print(*sys.modules)"
    assert not HEAVY & set(python("-c", code).split())


def test_the_package_and_the_command_tell_one_version() -> None:
    """pyproject.toml and the package are two places for one number."""
    assert metadata.version("gmbot") == __version__
