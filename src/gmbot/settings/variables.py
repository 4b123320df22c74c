"""The environment variables that operators rely on, in the words they read."""

from __future__ import annotations

from typing import Final

import msgspec

from gmbot.domain.errors import ConfigurationError

OFFICIAL_API_URL: Final = "https://api.telegram.org"


class Variable(msgspec.Struct, frozen=True):
    """One environment variable as an operator sees it: what it means, its default, an example."""

    name: str
    meaning: str
    default: str
    example: str

    def wrong(self, problem: str) -> ConfigurationError:
        """Return the error whose text says what is wrong with this variable."""
        return ConfigurationError(f"{self.name} {problem}; for example {self.name}={self.example}")


BOT_TOKEN: Final = Variable(
    "BOT_TOKEN",
    "The token that @BotFather gave; several bots in one process are separated by commas",
    "none, required",
    "123456789:AAF0aBcDeFgHiJkLmNoPqRsTuVwXyZ_0-12",
)
ENVIRONMENT: Final = Variable(
    "ENVIRONMENT",
    "`development` (coloured log lines) or `production` (JSON log lines, webhook allowed)",
    "development",
    "production",
)
DATABASE_URL: Final = Variable(
    "DATABASE_URL",
    "The database: a SQLite file (`sqlite:///file`, with four slashes for an absolute path) or PostgreSQL",
    "sqlite:///gmbot.db",
    "postgresql://gmbot:password@localhost:5432/gmbot",
)
REDIS_URL: Final = Variable(
    "REDIS_URL",
    "A Redis shared by several processes; may vanish at any time",
    "none",
    "redis://localhost:6379/0",
)
CACHE_POSITIVE_TTL: Final = Variable(
    "CACHE_POSITIVE_TTL",
    "For how many seconds Redis keeps that somebody is in a channel, give or take 15 %",
    "600",
    "600",
)
CACHE_NEGATIVE_TTL: Final = Variable(
    "CACHE_NEGATIVE_TTL",
    "For how many seconds Redis keeps that somebody is not in a channel, give or take 15 %",
    "60",
    "60",
)
WEBHOOK_URL: Final = Variable(
    "WEBHOOK_URL",
    "The public address at which Telegram reaches `PORT`; in production it turns polling into webhook. "
    "HTTPS on port 443, 80, 88 or 8443, or `http://` on loopback when TELEGRAM_API_URL is not the "
    "official server",
    "none",
    "https://bot.example.org",
)
WEBHOOK_SECRET: Final = Variable(
    "WEBHOOK_SECRET",
    "What Telegram must send with every update: 1 to 256 of `A-Z a-z 0-9 _ -`; required in webhook mode",
    "none",
    "a-long-random-word",
)
PORT: Final = Variable("PORT", "The port that the webhook listens on", "8443", "8443")
OPS_HOST: Final = Variable(
    "OPS_HOST",
    "The address that `/live`, `/ready`, `/health` and `/metrics` listen on",
    "127.0.0.1",
    "0.0.0.0",  # noqa: S104 - an example for containers
)
OPS_PORT: Final = Variable("OPS_PORT", "Their port; 0 takes any free one", "8000", "8000")
SENTRY_DSN: Final = Variable(
    "SENTRY_DSN",
    "Where errors that nobody foresaw are reported to: a project of Sentry, or of what speaks its protocol; "
    "needs `gmbot[sentry]`",
    "none",
    "https://key@sentry.example.org/1",
)
SENTRY_TRACES_SAMPLE: Final = Variable(
    "SENTRY_TRACES_SAMPLE",
    "The share of pieces of work whose time is told to Sentry, from 0 to 1; above 0 each query costs 50 µs",
    "0",
    "0.01",
)
OTEL_ENDPOINT: Final = Variable(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "An OpenTelemetry collector that takes spans by OTLP over HTTP; needs `gmbot[otel]`",
    "none",
    "http://localhost:4318",
)
OTEL_TRACES_SAMPLE: Final = Variable(
    "OTEL_TRACES_SAMPLE",
    "The share of pieces of work whose spans it gets, from 0 to 1",
    "0.1",
    "0.1",
)
LOG_LEVEL: Final = Variable(
    "LOG_LEVEL", "The least important line written: DEBUG, INFO, WARNING, ERROR or CRITICAL", "INFO", "INFO"
)
CIRCUITS: Final = Variable(
    "CIRCUITS",
    "`on`: who keeps failing is left alone for a while; `metrics`: GMBot only shows that it would do so",
    "on",
    "metrics",
)
LOG_SAMPLE: Final = Variable(
    "LOG_SAMPLE",
    "The share of ordinary updates (messages of members, and what is none of GMBot's business) that get a "
    "log line of their own, from 0 to 1; everything else always does",
    "0.01",
    "0.1",
)
OPS_TOKEN: Final = Variable(
    "OPS_TOKEN",
    "What a request must send as `Authorization: Bearer …` to see the details of `/health` and to change the "
    "log level: 16 to 256 of `A-Z a-z 0-9 _ -`; without it nobody may",
    "none",
    "another-long-random-word",
)
TELEGRAM_API_URL: Final = Variable(
    "TELEGRAM_API_URL",
    "The Bot API server: the official one, a local one, or a simulator",
    OFFICIAL_API_URL,
    OFFICIAL_API_URL,
)
SEND_RATE: Final = Variable(
    "SEND_RATE",
    "How many calls that change something a bot makes in a second; Telegram allows about 30",
    "25",
    "25",
)
SEND_BURST: Final = Variable(
    "SEND_BURST",
    "How many of them it may save up for a moment in which more is to be done",
    "30",
    "30",
)
GROUP_MESSAGES_PER_MINUTE: Final = Variable(
    "GROUP_MESSAGES_PER_MINUTE",
    "How many messages, edits included, a bot sends to one group in a minute; Telegram allows 20",
    "20",
    "20",
)
KEEP_MEMBERSHIPS_DAYS: Final = Variable(
    "KEEP_MEMBERSHIPS_DAYS",
    "For how many days it is kept who is in which channel and group, since that was last learnt; what is "
    "known of people who are held is kept for as long as they are",
    "180",
    "180",
)
KEEP_HOLDS_DAYS: Final = Variable(
    "KEEP_HOLDS_DAYS",
    "For how many days holds are kept that have ended; whom an admin freed by hand is never forgotten",
    "30",
    "30",
)
KEEP_UPDATES_HOURS: Final = Variable(
    "KEEP_UPDATES_HOURS",
    "For how many hours it is kept which updates were dealt with; Telegram repeats them for 24",
    "48",
    "48",
)
KEEP_AUDIT_DAYS: Final = Variable(
    "KEEP_AUDIT_DAYS", "For how many days it is kept what admins did", "365", "365"
)
KEEP_SET_ASIDE_DAYS: Final = Variable(
    "KEEP_SET_ASIDE_DAYS",
    "For how many days it is kept what updates looked like that could not be handled",
    "30",
    "30",
)
SWEEP_RATE: Final = Variable(
    "SWEEP_RATE",
    "How many questions a bot asks in a second to keep what it knows true, when nothing else is to be done",
    "5",
    "5",
)
SWEEP_EVERY_HOURS: Final = Variable(
    "SWEEP_EVERY_HOURS",
    "How many hours after a round over a group's people the next one begins",
    "6",
    "6",
)
SWEEP_AGE_HOURS: Final = Variable(
    "SWEEP_AGE_HOURS",
    "After how many hours a round asks again whether somebody is still in a channel",
    "24",
    "24",
)
MASS_FLIP_SHARE: Final = Variable(
    "MASS_FLIP_SHARE",
    "A group is paused when more than so many per cent of the subscribed members who were looked at within "
    "a minute seem to have left",
    "30",
    "30",
)
MASS_FLIP_LEAST: Final = Variable(
    "MASS_FLIP_LEAST", "But only if they are at least so many people", "10", "10"
)
VARIABLES: Final = (
    BOT_TOKEN,
    ENVIRONMENT,
    DATABASE_URL,
    REDIS_URL,
    CACHE_POSITIVE_TTL,
    CACHE_NEGATIVE_TTL,
    WEBHOOK_URL,
    WEBHOOK_SECRET,
    PORT,
    OPS_HOST,
    OPS_PORT,
    OPS_TOKEN,
    SENTRY_DSN,
    SENTRY_TRACES_SAMPLE,
    OTEL_ENDPOINT,
    OTEL_TRACES_SAMPLE,
    LOG_LEVEL,
    CIRCUITS,
    LOG_SAMPLE,
    TELEGRAM_API_URL,
    SEND_RATE,
    SEND_BURST,
    GROUP_MESSAGES_PER_MINUTE,
    SWEEP_RATE,
    SWEEP_EVERY_HOURS,
    SWEEP_AGE_HOURS,
    MASS_FLIP_SHARE,
    MASS_FLIP_LEAST,
    KEEP_MEMBERSHIPS_DAYS,
    KEEP_HOLDS_DAYS,
    KEEP_UPDATES_HOURS,
    KEEP_AUDIT_DAYS,
    KEEP_SET_ASIDE_DAYS,
)
