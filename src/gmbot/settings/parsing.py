"""One function per kind of variable: from text to a checked value.

None of them echoes a value that could hold a secret.
"""

from __future__ import annotations

import enum
import ipaddress
import re
from collections.abc import Callable
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from gmbot.settings.values import CircuitMode, Environment, LogLevel, Secret
from gmbot.settings.variables import OFFICIAL_API_URL, Variable

_TOKEN = re.compile(r"(\d{1,20}):[A-Za-z0-9_-]{30,64}", re.ASCII)
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)
_OPS_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,256}", re.ASCII)
_HOST_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?", re.ASCII)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself."""
    return ipaddress.ip_address(host).is_loopback if _is_address(host) else host == "localhost"


def bot_tokens(variable: Variable, value: str) -> tuple[Secret, ...]:
    tokens = [token.strip() for token in value.split(",")]
    matches = [_TOKEN.fullmatch(token) for token in tokens]
    if not all(matches):
        which = f"number {matches.index(None) + 1} " if len(tokens) > 1 else ""
        raise variable.wrong(f"{which}does not look like a token (digits, a colon, about 35 characters)")
    ids = [match.group(1) for match in matches if match]
    if len(set(ids)) < len(ids):
        raise variable.wrong("names the same bot twice")
    return tuple(Secret(token) for token in tokens)


def choice(variable: Variable, value: str, choices: type[enum.StrEnum], spelt: str) -> enum.StrEnum:
    if spelt not in list(choices):
        raise variable.wrong(f"{_shown(value)}must be one of {', '.join(choices)}")
    return choices(spelt)


def _shown(value: str) -> str:
    """Return what was found there, unless it is long enough to be a secret in the wrong place."""
    return f"is {value!r}, and " if len(value) <= 16 else ""


def environment(variable: Variable, value: str) -> enum.StrEnum:
    return choice(variable, value, Environment, value.lower())


def circuit_mode(variable: Variable, value: str) -> enum.StrEnum:
    return choice(variable, value, CircuitMode, value.lower())


def log_level(variable: Variable, value: str) -> enum.StrEnum:
    return choice(variable, value, LogLevel, value.upper())


def port(lowest: int) -> Callable[[Variable, str], int]:
    def parse(variable: Variable, value: str) -> int:
        number = int(value) if re.fullmatch(r"[0-9]{1,5}", value) else -1
        if not lowest <= number <= 65535:
            raise variable.wrong(f"{_shown(value)}must be a whole number from {lowest} to 65535")
        return number

    return parse


def seconds(shortest: int, longest: int) -> Callable[[Variable, str], int]:
    return whole(shortest, longest, " of seconds")


def whole(lowest: int, highest: int, of_what: str = "") -> Callable[[Variable, str], int]:
    def parse(variable: Variable, value: str) -> int:
        number = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else -1
        if not lowest <= number <= highest:
            raise variable.wrong(f"{_shown(value)}must be a whole number{of_what} from {lowest} to {highest}")
        return number

    return parse


def share(variable: Variable, value: str) -> float:
    part = float(value) if re.fullmatch(r"[01](\.[0-9]{1,9})?|\.[0-9]{1,9}", value) else -1.0
    if not 0 <= part <= 1:
        raise variable.wrong(f"{_shown(value)}must be a number from 0 to 1")
    return part


def host(variable: Variable, value: str) -> str:
    if not _is_host(value):
        raise variable.wrong("must be an IP address or a host name, without a port")
    return value


def _is_host(value: str) -> bool:
    return _is_address(value) or _HOST_NAME.fullmatch(value) is not None


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def split(variable: Variable, value: str, schemes: tuple[str, ...]) -> SplitResult:
    """Split an address; nothing of it is echoed, since it may hold a password."""
    parts = _split_or_none(value)
    if parts is None:
        raise variable.wrong("is not an address that makes sense (look at its host and its port)")
    if parts.scheme not in schemes:
        raise variable.wrong(f"must start with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return parts


def _split_or_none(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        port_number = parts.port
    except ValueError:
        return None
    return None if port_number == 0 else parts


def web_address(variable: Variable, value: str) -> str:
    parts = split(variable, value, ("https", "http"))
    if not _is_host(parts.hostname or ""):
        raise variable.wrong("has no host name that makes sense")
    if "@" in parts.netloc or parts.query or parts.fragment or re.search(r"\s", value):
        raise variable.wrong("must be a plain address without user, password, query, fragment or spaces")
    return value.rstrip("/")


def telegram_api_url(variable: Variable, value: str) -> str:
    address = web_address(variable, value)
    parts = urlsplit(address)
    if parts.scheme == "http" and parts.hostname == urlsplit(OFFICIAL_API_URL).hostname:
        raise variable.wrong(
            "must start with https:// for the official server, or the token would travel in the clear"
        )
    return address


def redis_url(variable: Variable, value: str) -> Secret:
    parts = split(variable, value, ("redis", "rediss", "unix"))
    if not (parts.path if parts.scheme == "unix" else parts.hostname):
        raise variable.wrong("names no host")
    return Secret(value)


def sentry_dsn(variable: Variable, value: str) -> Secret:
    parts = split(variable, value, ("https", "http"))
    if not parts.username or not parts.hostname or not parts.path.strip("/"):
        raise variable.wrong("must have a key, a host and a project number")
    return Secret(value)


def webhook_secret(variable: Variable, value: str) -> Secret:
    if not _WEBHOOK_SECRET.fullmatch(value):
        raise variable.wrong("must be 1 to 256 of A-Z, a-z, 0-9, _ and -")
    return Secret(value)


def ops_token(variable: Variable, value: str) -> Secret:
    if not _OPS_TOKEN.fullmatch(value):
        raise variable.wrong("must be 16 to 256 of A-Z, a-z, 0-9, _ and -")
    return Secret(value)


def database_url(variable: Variable, value: str) -> Secret:
    kind = value.partition("://")[0].partition("+")[0]
    if kind == "sqlite":
        return sqlite_url(variable, value)
    if kind in {"postgres", "postgresql"}:
        return postgresql_url(variable, value)
    raise variable.wrong("must start with sqlite:/// or postgresql://")


def sqlite_url(variable: Variable, value: str) -> Secret:
    path = value.partition("://")[2]
    # What GMBot owes must outlive the process, so a database in memory is no database.
    if not path.startswith("/") or path in {"/", "/:memory:"} or "mode=memory" in path:
        raise variable.wrong(
            "must name a file, with three slashes before a relative path and four before an absolute one"
        )
    return Secret(f"sqlite://{path}")


def postgresql_url(variable: Variable, value: str) -> Secret:
    rest = value.partition("://")[2]
    parts = split(variable, f"postgresql://{rest}", ("postgresql",))
    if not parts.path.strip("/"):
        raise variable.wrong("names no database after the last slash")
    query = [("ssl" if key == "sslmode" else key, text) for key, text in parse_qsl(parts.query)]
    options = f"?{urlencode(query)}" if query else ""
    return Secret(f"postgresql+asyncpg://{parts.netloc}{parts.path}{options}")
