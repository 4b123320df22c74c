"""Log lines: JSON for machines, aligned colours for people, one road for GMBot's and libraries' alike.

Fields: `timestamp, level, event, app, version`, and `bot_id, update_id, user_id, group_id, channel_id,
intent` where they are known (`gate/about.py`). `event` is static snake_case; what varies is in the other
fields.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import traceback
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import msgspec
import orjson

from gmbot.gate.about import NOTHING, about
from gmbot.telemetry.plain_structlog import structlog
from gmbot.telemetry.redaction import Redactor
from gmbot.telemetry.writer import Writer

APP: Final = "gmbot"
LIBRARY_LINE: Final = "library_log"
LEVELS: Final = {number: name for name, number in structlog.processors.NAME_TO_LEVEL.items()} | {
    logging.WARNING: "warning",
    logging.ERROR: "error",
}
DEEPEST: Final = 12
CONTEXT: Final = ("bot_id", "update_id", "user_id", "group_id", "channel_id", "intent")

Fields = MutableMapping[str, Any]


class LogOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to log. `level` is a name such as INFO; `secrets` are replaced wherever they would appear."""

    version: str
    level: str = "INFO"
    as_json: bool = True
    colours: bool = False
    secrets: tuple[str, ...] = ()


class Logs:
    """The logger, and the bridge by which the standard library's loggers reach it.

    Use as a context manager, or call `open` and `close`; lines of a `stream` of None are dropped. `now`
    returns Unix seconds. `level`, a number of logging's, may be changed at any time.
    """

    def __init__(self, options: LogOptions, stream: BinaryIO | None, now: Callable[[], float]) -> None:
        self._writer = Writer(stream)
        self.configured_level = logging.getLevelNamesMapping()[options.level]
        self.level = self.configured_level
        self._bridge = Bridge(self)
        self._former_level = logging.WARNING
        self._processors = tuple(_processors(options, now))
        self.logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
            self._writer,
            processors=(self._require_loudness, *self._processors),
            wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
            context_class=dict,
            cache_logger_on_first_use=True,
        )

    @property
    def dropped(self) -> int:
        """How many lines could not be written."""
        return self._writer.dropped

    def tell(self, level: int, event: str, fields: Fields) -> None:
        """Write one line as `logger` does, whatever the level: without its many copies of the fields."""
        name = LEVELS[level]
        line: Any = fields
        line["event"] = event
        for process in self._processors:
            line = process(self._writer, name, line)
        self._writer.msg(line)

    def toggle(self) -> None:
        """Tell everything, or, if that is so already, what is configured."""
        self.level = self.configured_level if self.level == logging.DEBUG else logging.DEBUG

    def open(self) -> None:
        """Route the standard library's log records and warnings here, and write in the background.

        Libraries' lines below WARNING stay out at any level: the chatty ones show parameters, and so what
        people wrote, and the rest tell an operator nothing.
        """
        root = logging.getLogger()
        self._former_level = root.level
        root.addHandler(self._bridge)
        root.setLevel(logging.WARNING)
        logging.captureWarnings(True)
        self._writer.start()

    def flush(self) -> None:
        """Return once what was told is written, or cannot be."""
        self._writer.flush()

    def close(self) -> None:
        """Give the standard library's loggers back, and write what still waits."""
        logging.captureWarnings(False)
        logging.getLogger().removeHandler(self._bridge)
        logging.getLogger().setLevel(self._former_level)
        self._writer.stop()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _require_loudness(self, _: object, name: str, fields: Fields) -> Fields:
        if structlog.processors.NAME_TO_LEVEL[name] < self.level:
            raise structlog.DropEvent
        return fields


class Bridge(logging.Handler):
    """Takes the standard library's records into the same road."""

    def __init__(self, logs: Logs) -> None:
        super().__init__()
        self._logs = logs

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record as a line whose `event` is `library_log`.

        Of an error its kind and where it came from: its text may quote what people wrote. So may what asyncio
        says, but for its first line.
        """
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
        fields: dict[str, object] = {"logger": record.name, "message": _message(record)}
        if record.name == "asyncio":
            fields["message"] = _message(record).partition("\n")[0]
        if record.exc_info and (error := record.exc_info[1]) is not None:
            fields |= {"error": type(error).__name__, "trace": trace_of(error)}
        self._logs.logger.log(level, LIBRARY_LINE, **fields)


def trace_of(error: BaseException) -> list[str]:
    """Return where an error came from, the innermost place last: `folder/file.py:line function`."""
    return places(traceback.extract_tb(error.__traceback__))


def places(stack: Sequence[traceback.FrameSummary]) -> list[str]:
    """Return the innermost places of a stack: where in the code, and nothing that anybody wrote."""
    return [f"{'/'.join(Path(one.filename).parts[-3:])}:{one.lineno} {one.name}" for one in stack[-DEEPEST:]]


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"


def _processors(options: LogOptions, now: Callable[[], float]) -> Iterable[structlog.typing.Processor]:
    constants = {"app": APP, "version": options.version}
    stamp = Stamp(now)

    def compose(_: object, level: str, fields: Fields) -> Fields:
        event = fields.pop("event")
        return {"timestamp": stamp(), "level": level, "event": event, **constants, **fields}

    return (
        _say_whom,
        _explain,
        Redactor(options.secrets),
        compose,
        _as_json if options.as_json else _for_people(colours=options.colours),
    )


def _say_whom(_: object, __: str, fields: Fields) -> Fields:
    """Add what is known of whom a line is about; what the line itself says goes first."""
    here = about()
    if here is not NOTHING:
        for name in CONTEXT:
            value = getattr(here, name)
            if value is not None and name not in fields:
                fields[name] = value
    return fields


def _explain(logger: Any, name: str, fields: Fields) -> Fields:
    """Turn an exception into a field; most lines have none, and pay nothing."""
    if "exc_info" not in fields:
        return fields
    return structlog.processors.format_exc_info(logger, name, fields)


class Stamp:
    """The time as lines write it, in UTC with milliseconds; a second is spelt out once."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._second = -1
        self._spelt = ""

    def __call__(self) -> str:
        """Return the time now."""
        milliseconds = int(self._now() * 1000)
        second, rest = divmod(milliseconds, 1000)
        if second != self._second:
            self._spelt = dt.datetime.fromtimestamp(second, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._second = second
        return f"{self._spelt}.{rest:03}Z"


def _as_json(_: object, __: str, fields: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(fields)
    except orjson.JSONEncodeError:
        # What orjson refuses: half a surrogate pair, a number beyond 64 bits.
        return json.dumps(fields).encode()


def _for_people(*, colours: bool) -> structlog.typing.Processor:
    renderer = structlog.dev.ConsoleRenderer(
        colors=colours, exception_formatter=structlog.dev.plain_traceback, pad_event_to=24
    )

    def render(logger: Any, level: str, fields: Fields) -> bytes:
        return renderer(logger, level, fields).encode(errors="backslashreplace")

    return render
