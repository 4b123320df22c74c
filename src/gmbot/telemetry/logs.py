"""Log lines: JSON for machines, aligned colours for people, one road for GMBot's and libraries' alike.

Fields: `timestamp, level, event, app, version`, and `bot_id, user_id, group_id, channel_id` where there is
one. `event` is static snake_case; what varies is in the other fields.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, BinaryIO, Final, Self

import msgspec
import orjson

from gmbot.telemetry.plain_structlog import structlog
from gmbot.telemetry.redaction import Redactor

APP: Final = "gmbot"
LIBRARY_LINE: Final = "library_log"

Fields = MutableMapping[str, Any]


class LogOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to log. `level` is a name such as INFO; `secrets` are replaced wherever they would appear."""

    version: str
    level: str = "INFO"
    as_json: bool = True
    colours: bool = False
    secrets: tuple[str, ...] = ()


class Sink:
    """Where lines go. A full disk or a closed pipe costs lines, which are counted, and never an error."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.dropped = 0

    def msg(self, line: bytes) -> None:
        """Write one line, or count it as dropped."""
        try:
            self._stream.write(line + b"\n")
            self._stream.flush()
        except (OSError, ValueError):
            self.dropped += 1

    debug = info = warning = error = critical = msg


class Logs:
    """The logger, and the bridge by which the standard library's loggers reach it.

    Use as a context manager, or call `open` and `close`. `now` returns Unix seconds.
    """

    def __init__(self, options: LogOptions, stream: BinaryIO, now: Callable[[], float]) -> None:
        self._sink = Sink(stream)
        self._level = logging.getLevelNamesMapping()[options.level]
        self._bridge = Bridge(self)
        self._former_level = logging.WARNING
        self.logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
            self._sink,
            processors=_processors(options, now),
            wrapper_class=structlog.make_filtering_bound_logger(self._level),
            context_class=dict,
            cache_logger_on_first_use=True,
        )

    @property
    def dropped(self) -> int:
        """How many lines could not be written."""
        return self._sink.dropped

    def open(self) -> None:
        """Route the standard library's log records here.

        Libraries' lines below WARNING stay out at any level: the chatty ones show parameters, and so what
        people wrote, and the rest tell an operator nothing.
        """
        root = logging.getLogger()
        self._former_level = root.level
        root.addHandler(self._bridge)
        root.setLevel(max(self._level, logging.WARNING))

    def close(self) -> None:
        """Give the standard library's loggers back."""
        logging.getLogger().removeHandler(self._bridge)
        logging.getLogger().setLevel(self._former_level)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Bridge(logging.Handler):
    """Takes the standard library's records into the same road."""

    def __init__(self, logs: Logs) -> None:
        super().__init__()
        self._logs = logs

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record as a line whose `event` is `library_log`."""
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
        fields = {"logger": record.name, "message": _message(record), "exc_info": record.exc_info}
        self._logs.logger.log(level, LIBRARY_LINE, **fields)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"


def _processors(options: LogOptions, now: Callable[[], float]) -> Iterable[structlog.typing.Processor]:
    constants = {"app": APP, "version": options.version}

    def stamp(_: object, level: str, fields: Fields) -> Fields:
        event = fields.pop("event")
        return {"timestamp": _timestamp(now()), "level": level, "event": event, **constants, **fields}

    return (
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        Redactor(options.secrets),
        stamp,
        _as_json if options.as_json else _for_people(colours=options.colours),
    )


def _timestamp(seconds: float) -> str:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


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
