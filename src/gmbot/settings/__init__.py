"""Settings: read once from the environment and `.env`, checked, frozen, secrets typed.

Every wrong or missing one is a `ConfigurationError` whose text is one plain sentence naming the variable,
what is wrong and an example. Secrets are never part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from gmbot.domain.errors import ConfigurationError
from gmbot.settings import parsing
from gmbot.settings.values import CircuitMode, Environment, LogLevel, Mode, Secret
from gmbot.settings.variables import (
    BOT_TOKEN,
    CACHE_NEGATIVE_TTL,
    CACHE_POSITIVE_TTL,
    CIRCUITS,
    DATABASE_URL,
    ENVIRONMENT,
    GROUP_MESSAGES_PER_MINUTE,
    KEEP_AUDIT_DAYS,
    KEEP_HOLDS_DAYS,
    KEEP_MEMBERSHIPS_DAYS,
    KEEP_SET_ASIDE_DAYS,
    KEEP_UPDATES_HOURS,
    LOG_LEVEL,
    LOG_SAMPLE,
    MASS_FLIP_LEAST,
    MASS_FLIP_SHARE,
    OFFICIAL_API_URL,
    OPS_HOST,
    OPS_PORT,
    OPS_TOKEN,
    OTEL_ENDPOINT,
    OTEL_TRACES_SAMPLE,
    PORT,
    REDIS_URL,
    SEND_BURST,
    SEND_RATE,
    SENTRY_DSN,
    SENTRY_TRACES_SAMPLE,
    SWEEP_AGE_HOURS,
    SWEEP_EVERY_HOURS,
    SWEEP_RATE,
    TELEGRAM_API_URL,
    VARIABLES,
    WEBHOOK_SECRET,
    WEBHOOK_URL,
    Variable,
)

__all__ = [
    "CircuitMode",
    "Environment",
    "LogLevel",
    "Mode",
    "Secret",
    "Settings",
    "database_url",
    "sqlite_file",
]

DEFAULT_DATABASE_URL: Final = "sqlite:///gmbot.db"
WEBHOOK_PORTS: Final = (443, 80, 88, 8443)
"""The only ports that Telegram delivers to (Bot API, setWebhook)."""
SHORTEST_TTL_S: Final = 40
"""A fact must outlast the time in which late news of it count as fresh, jitter included."""

LONGEST_TTL_S: Final = 86_400
LONGEST_KEPT_DAYS: Final = 3_650
HIGHEST_BUDGET: Final = 10_000
"""More than any server that one would point GMBot at; Telegram's own allows far less."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an operator decides, checked.

    `database_url` is normalised to `sqlite:///…` or `postgresql+asyncpg://…`; addresses
    have no slash at the end.
    """

    bot_tokens: tuple[Secret, ...]
    environment: Environment = Environment.DEVELOPMENT
    database_url: Secret = Secret(DEFAULT_DATABASE_URL)
    redis_url: Secret | None = None
    cache_positive_ttl_s: int = 600
    cache_negative_ttl_s: int = 60
    webhook_url: str | None = None
    webhook_secret: Secret | None = None
    port: int = 8443
    ops_host: str = "127.0.0.1"
    ops_port: int = 8000
    sentry_dsn: Secret | None = None
    sentry_traces_sample: float = 0.0
    otel_endpoint: str | None = None
    otel_traces_sample: float = 0.1
    ops_token: Secret | None = None
    log_level: LogLevel = LogLevel.INFO
    circuits: CircuitMode = CircuitMode.ON
    log_sample: float = 0.01
    telegram_api_url: str = OFFICIAL_API_URL
    send_rate: int = 25
    send_burst: int = 30
    group_messages_per_minute: int = 20
    sweep_rate: int = 5
    sweep_every_hours: int = 6
    sweep_age_hours: int = 24
    mass_flip_share: int = 30
    mass_flip_least: int = 10
    keep_memberships_days: int = 180
    keep_holds_days: int = 30
    keep_updates_hours: int = 48
    keep_audit_days: int = 365
    keep_set_aside_days: int = 30

    @classmethod
    def load(cls, environ: Mapping[str, str], dotenv: Path | None = None) -> Settings:
        """Return the settings of `environ` over those of the file `dotenv`, if there is one.

        Raises ConfigurationError with one sentence for the first thing that is wrong.
        """
        values = _values(environ, dotenv)
        if BOT_TOKEN.name not in values:
            raise BOT_TOKEN.wrong(
                "is missing: ask @BotFather for a token and put it into the environment or .env"
            )
        parsed: dict[str, Any] = {
            field: parse(variable, values[variable.name])
            for field, (variable, parse) in _PARSERS.items()
            if variable.name in values
        }
        settings = cls(**parsed)
        _check_together(settings)
        return settings

    @property
    def mode(self) -> Mode:
        """Webhook in production with a WEBHOOK_URL, else polling."""
        production = self.environment is Environment.PRODUCTION
        return Mode.WEBHOOK if production and self.webhook_url else Mode.POLLING

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Everything that must never be shown: whole addresses, and the passwords in them."""
        addresses = [url for url in (self.database_url, self.redis_url, self.sentry_dsn) if url]
        words = (
            self.webhook_secret,
            self.ops_token,
            *(password for url in addresses for password in _passwords(url)),
        )
        return (*self.bot_tokens, *addresses, *(word for word in words if word))


def _passwords(url: Secret) -> tuple[Secret, ...]:
    """Return the password of an address (for Sentry the user name is one), as written and decoded."""
    parts = urlsplit(url.reveal())
    written = parts.password or (parts.username if parts.scheme.startswith("http") else None)
    return (Secret(written), Secret(unquote(written))) if written else ()


def database_url(environ: Mapping[str, str], dotenv: Path | None = None) -> Secret:
    """Return DATABASE_URL alone, normalised, for work that needs no bot; raises as `Settings.load`."""
    value = _values(environ, dotenv).get(DATABASE_URL.name)
    return Secret(DEFAULT_DATABASE_URL) if value is None else parsing.database_url(DATABASE_URL, value)


def sqlite_file(url: Secret) -> Path | None:
    """Return which file a normalised DATABASE_URL names; None if it is not SQLite's."""
    address = url.reveal()
    # The slash after the empty host is no part of the name: an absolute path brings one of its own.
    return Path(unquote(urlsplit(address).path)[1:]) if address.startswith("sqlite") else None


def _values(environ: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    """Return what is set; an empty value counts as not set, as compose files write it."""
    from_file = _read_dotenv(dotenv) if dotenv is not None and dotenv.exists() else {}
    merged = {
        variable.name: (environ.get(variable.name) or from_file.get(variable.name) or "").strip()
        for variable in VARIABLES
    }
    return {name: value for name, value in merged.items() if value}


def _read_dotenv(path: Path) -> dict[str, str | None]:
    from dotenv import dotenv_values

    try:
        return dotenv_values(path, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        sentence = (
            f"{path} cannot be read: make it a readable UTF-8 text of lines like {PORT.name}={PORT.example}"
        )
        raise ConfigurationError(sentence) from error


def _check_together(settings: Settings) -> None:
    if settings.webhook_url is not None:
        _check_webhook_url(settings.webhook_url, settings.telegram_api_url)
    if settings.mode is Mode.POLLING:
        return
    if settings.webhook_secret is None:
        raise WEBHOOK_SECRET.wrong("is missing: the webhook refuses to start without it")
    if settings.port == settings.ops_port:
        raise OPS_PORT.wrong(f"is {settings.ops_port}, the same as PORT: give each its own")


def _check_webhook_url(url: str, telegram_api_url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "http":
        if telegram_api_url == OFFICIAL_API_URL or not parsing.is_loopback(parts.hostname or ""):
            raise WEBHOOK_URL.wrong(
                "must start with https:// (http:// is for loopback without the official server)"
            )
    elif (parts.port or 443) not in WEBHOOK_PORTS:
        raise WEBHOOK_URL.wrong(f"has port {parts.port}, and Telegram delivers to 443, 80, 88 and 8443 only")


_PARSERS: Final[Mapping[str, tuple[Variable, Callable[[Variable, str], object]]]] = {
    "bot_tokens": (BOT_TOKEN, parsing.bot_tokens),
    "environment": (ENVIRONMENT, parsing.environment),
    "database_url": (DATABASE_URL, parsing.database_url),
    "redis_url": (REDIS_URL, parsing.redis_url),
    "cache_positive_ttl_s": (CACHE_POSITIVE_TTL, parsing.seconds(SHORTEST_TTL_S, LONGEST_TTL_S)),
    "cache_negative_ttl_s": (CACHE_NEGATIVE_TTL, parsing.seconds(SHORTEST_TTL_S, LONGEST_TTL_S)),
    "webhook_url": (WEBHOOK_URL, parsing.web_address),
    "webhook_secret": (WEBHOOK_SECRET, parsing.webhook_secret),
    "port": (PORT, parsing.port(lowest=1)),
    "ops_host": (OPS_HOST, parsing.host),
    "ops_port": (OPS_PORT, parsing.port(lowest=0)),
    "sentry_dsn": (SENTRY_DSN, parsing.sentry_dsn),
    "sentry_traces_sample": (SENTRY_TRACES_SAMPLE, parsing.share),
    "otel_endpoint": (OTEL_ENDPOINT, parsing.web_address),
    "otel_traces_sample": (OTEL_TRACES_SAMPLE, parsing.share),
    "ops_token": (OPS_TOKEN, parsing.ops_token),
    "log_level": (LOG_LEVEL, parsing.log_level),
    "circuits": (CIRCUITS, parsing.circuit_mode),
    "log_sample": (LOG_SAMPLE, parsing.share),
    "telegram_api_url": (TELEGRAM_API_URL, parsing.telegram_api_url),
    "send_rate": (SEND_RATE, parsing.whole(1, HIGHEST_BUDGET)),
    "send_burst": (SEND_BURST, parsing.whole(1, HIGHEST_BUDGET)),
    "group_messages_per_minute": (GROUP_MESSAGES_PER_MINUTE, parsing.whole(1, HIGHEST_BUDGET)),
    "sweep_rate": (SWEEP_RATE, parsing.whole(1, HIGHEST_BUDGET)),
    "sweep_every_hours": (SWEEP_EVERY_HOURS, parsing.whole(1, LONGEST_KEPT_DAYS)),
    "sweep_age_hours": (SWEEP_AGE_HOURS, parsing.whole(1, LONGEST_KEPT_DAYS)),
    "mass_flip_share": (MASS_FLIP_SHARE, parsing.whole(1, 100)),
    "mass_flip_least": (MASS_FLIP_LEAST, parsing.whole(2, HIGHEST_BUDGET)),
    "keep_memberships_days": (KEEP_MEMBERSHIPS_DAYS, parsing.whole(1, LONGEST_KEPT_DAYS, " of days")),
    "keep_holds_days": (KEEP_HOLDS_DAYS, parsing.whole(1, LONGEST_KEPT_DAYS, " of days")),
    "keep_updates_hours": (KEEP_UPDATES_HOURS, parsing.whole(48, LONGEST_KEPT_DAYS * 24, " of hours")),
    "keep_audit_days": (KEEP_AUDIT_DAYS, parsing.whole(1, LONGEST_KEPT_DAYS, " of days")),
    "keep_set_aside_days": (KEEP_SET_ASIDE_DAYS, parsing.whole(1, LONGEST_KEPT_DAYS, " of days")),
}
