"""The `gmbot` command. Each verb imports what it needs when it is called, so that none pays for another.

Exit codes: 0 done, 1 a check or step failed, 2 a setting is wrong, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from gmbot import __version__
from gmbot.domain.errors import ConfigurationError

FAILED: Final = 1
MISCONFIGURED: Final = 2
INTERRUPTED: Final = 130
HIGHEST_PORT: Final = 65_535
HIGHEST_STANDARD: Final = 2
MOST: Final = 100_000


class Call(NamedTuple):
    """One call of a verb: its options, and where settings come from."""

    options: argparse.Namespace
    environ: Mapping[str, str]
    dotenv: Path


Verb = Callable[[Call], int]
Result = TypeVar("Result")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line's verb and return the exit code."""
    _occupy_standard_streams()
    options = _parser().parse_args(arguments)
    verb: Verb = options.verb
    return conclude(lambda: verb(Call(options, os.environ, Path(".env"))))


def conclude(work: Callable[[], int]) -> int:
    """Do the work and return its exit code, or the one of the error that ended it, told on stderr."""
    try:
        return work()
    except ConfigurationError as error:
        _tell(f"gmbot: {error}\n")
        return MISCONFIGURED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a last resort: what nobody foresaw must not show a token
        _tell(_redacted_traceback(error))
        return FAILED


def _tell(text: str) -> None:
    """Write to standard error, if there is one."""
    if sys.stderr is not None:
        sys.stderr.write(text)


def _occupy_standard_streams() -> None:
    """Put nothing in the place of a standard stream that was closed.

    Otherwise the next file or socket takes its number: a C library that writes to standard error would write
    into it, and libuv ends the process when it is closed.
    """
    with contextlib.suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= HIGHEST_STANDARD:
            pass
        os.close(number)


def run(call: Call) -> int:
    """Run the bot until it is told to stop."""
    # Whatever is loaded stays: until that is done there is nothing to look for.
    gc.disable()
    from gmbot.settings import Settings

    settings = Settings.load(call.environ, call.dotenv)
    from gmbot.bootstrap import run as run_until_told

    _in_loop(run_until_told(settings))
    return 0


def demo(call: Call) -> int:
    """Tell the story against a Telegram in a box, and let you play with it in a browser."""
    from gmbot.demo import run_demo

    options = call.options
    return _in_loop(
        run_demo(keep=options.keep, port=options.port, browser=not options.no_browser, story=not options.play)
    )


def migrate(call: Call) -> int:
    """Bring the database's tables to this version, or to none with --down."""
    from gmbot.adapters.sql.migrate import downgrade, upgrade
    from gmbot.settings import database_url

    url = database_url(call.environ, call.dotenv).reveal()
    _in_loop(downgrade(url) if call.options.down else upgrade(url))
    state = "has none of GMBot's tables now" if call.options.down else "is up to date"
    sys.stdout.write(f"The database {state}.\n")
    return 0


def doctor(call: Call) -> int:
    """Check what a run needs and say how to mend what is missing."""
    from gmbot.doctor import examine, show
    from gmbot.settings import Settings

    findings = _in_loop(examine(Settings.load(call.environ, call.dotenv)))
    show(findings)
    return 0 if all(finding.well for finding in findings) else FAILED


def db_check(call: Call) -> int:
    """Show how the database finds what every query looks for, and which index is missing."""
    from gmbot.db_check import checked, show
    from gmbot.settings import database_url

    seen = _in_loop(checked(database_url(call.environ, call.dotenv)))
    show(seen)
    return 0 if seen.well else FAILED


def set_aside(call: Call) -> int:
    """Show the updates that could not be handled: what they looked like, what went wrong and where."""
    from gmbot.set_aside import kept, show
    from gmbot.settings import Settings

    show(_in_loop(kept(Settings.load(call.environ, call.dotenv), call.options.limit)))
    return 0


def sweep(call: Call) -> int:
    """Ask again about everybody known in a group, and have those muted or freed who should be."""
    return _batch(call, "demand")


def warm(call: Call) -> int:
    """Learn who is subscribed before anybody writes; goes on where it was interrupted."""
    return _batch(call, "warm")


def _batch(call: Call, kind: str) -> int:
    from gmbot.settings import Settings

    settings = Settings.load(call.environ, call.dotenv)
    from gmbot.batches import Wanted, run_batch
    from gmbot.gate.sweeps import SweepKind

    asked = {name: value for name, value in vars(call.options).items() if name in Wanted.__struct_fields__}
    return _in_loop(run_batch(settings, Wanted(**{**asked, "kind": SweepKind(kind)})))


def version(_: Call) -> int:
    """Print the version."""
    sys.stdout.write(f"gmbot {__version__}\n")
    return 0


def _in_loop(work: Coroutine[Any, Any, Result]) -> Result:
    import asyncio

    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def _redacted_traceback(error: Exception) -> str:
    import traceback

    from gmbot.telemetry.redaction import Redactor

    return Redactor().text("".join(traceback.format_exception(error)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("gmbot", **_described(_SUMMARY, _EXAMPLES))
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for verb, examples in _VERBS.items():
        summary = (verb.__doc__ or "").splitlines()[0]
        command = verbs.add_parser(
            verb.__name__.replace("_", "-"), help=summary, **_described(summary, examples)
        )
        command.set_defaults(verb=verb)
        for flag, meaning in _FLAGS.get(verb, {}).items():
            command.add_argument(flag, action="store_true", help=meaning)
        if verb in _MORE:
            _MORE[verb](command)
        for option, meaning in _PORTS.get(verb, {}).items():
            command.add_argument(option, type=_port, metavar="N", help=meaning)
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {HIGHEST_PORT}, not {text!r}")
    return int(text)


def _set_aside_options(command: argparse.ArgumentParser) -> None:
    meaning = "how many of each bot's, the newest first (50)"
    command.add_argument("--limit", type=_count, metavar="N", default=50, help=meaning)


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < MOST:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, not {text!r}")
    return int(text)


def _sweep_options(command: argparse.ArgumentParser) -> None:
    _add_groups(command, required=True)
    _add_rate(command)


def _warm_options(command: argparse.ArgumentParser) -> None:
    where = command.add_mutually_exclusive_group(required=True)
    _add_groups(where)
    where.add_argument("--all", action="store_const", dest="groups", const=(), help="in every guarded group")
    _add_rate(command)
    meaning = "only people of whom something was heard in the last N days (30)"
    command.add_argument("--active-days", type=_above_zero, metavar="N", default=30.0, help=meaning)


def _add_groups(command: argparse._ActionsContainer, *, required: bool = False) -> None:
    meaning = "the group's id; may be given again for another"
    command.add_argument(
        "--group", action="append", dest="groups", type=int, metavar="ID", required=required, help=meaning
    )


def _add_rate(command: argparse.ArgumentParser) -> None:
    rate: dict[str, Any] = {"dest": "rate_per_s", "type": _above_zero, "default": 5.0, "metavar": "N"}
    command.add_argument("--rate", help="how many questions a second (5)", **rate)


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < MOST:
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text!r}")
    return number


def _described(summary: str, examples: Sequence[str]) -> dict[str, Any]:
    epilog = "examples:\n" + "\n".join(f"  {example}" for example in examples)
    formatter = argparse.RawDescriptionHelpFormatter
    return {"description": summary, "epilog": epilog, "formatter_class": formatter, "allow_abbrev": False}


_SUMMARY: Final = "Telegram groups where only a channel's subscribers can speak."
_EXAMPLES: Final = ("gmbot demo", "BOT_TOKEN=123456789:AAF0… gmbot run", "gmbot doctor")
_VERBS: Final[Mapping[Verb, Sequence[str]]] = {
    run: (
        "BOT_TOKEN=123456789:AAF0… gmbot run",
        "ENVIRONMENT=production WEBHOOK_URL=https://bot.example.org WEBHOOK_SECRET=… gmbot run",
    ),
    demo: ("gmbot demo", "gmbot demo --play", "gmbot demo --keep --no-browser --port 0"),
    migrate: (
        "gmbot migrate",
        "DATABASE_URL=postgresql://gmbot:…@localhost/gmbot gmbot migrate",
        "gmbot migrate --down",
    ),
    doctor: ("gmbot doctor", "ENVIRONMENT=production gmbot doctor"),
    db_check: ("gmbot db-check", "DATABASE_URL=postgresql://gmbot:…@localhost/gmbot gmbot db-check"),
    set_aside: ("gmbot set-aside", "gmbot set-aside --limit 5"),
    sweep: ("gmbot sweep --group -1001234567890 --dry-run", "gmbot sweep --group -1001234567890 --rate 10"),
    warm: (
        "gmbot warm --group -1001234567890",
        "gmbot warm --all --rate 10 --active-days 7",
    ),
    version: ("gmbot version",),
}
_MORE: Final[Mapping[Verb, Callable[[argparse.ArgumentParser], None]]] = {
    set_aside: _set_aside_options,
    sweep: _sweep_options,
    warm: _warm_options,
}
_FLAGS: Final[Mapping[Verb, Mapping[str, str]]] = {
    demo: {
        "--keep": "leave everything running at the end, until Ctrl-C, as on a terminal",
        "--play": "go straight to the playground, without the story",
        "--no-browser": "only print the playground's address",
    },
    migrate: {"--down": "remove GMBot's tables and everything in them"},
    sweep: {"--dry-run": "only tell what would be asked and done"},
}
_PORTS: Final[Mapping[Verb, Mapping[str, str]]] = {
    demo: {
        "--port": "the playground's port; 0 takes any free one, which is also what happens if 8765 is taken"
    },
}
