"""What an operator may set, and what one sentence says when it is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from gmbot.domain.errors import ConfigurationError
from gmbot.settings import (
    CircuitMode,
    Environment,
    LogLevel,
    Mode,
    Secret,
    Settings,
    database_url,
    sqlite_file,
)
from gmbot.settings.variables import VARIABLES

TOKEN = "123456789:AAcanaryCANARYcanaryCANARYcanary0123"
OTHER_TOKEN = "987654321:BBcanaryCANARYcanaryCANARYcanary0123"
MINIMAL = {"BOT_TOKEN": TOKEN}
WEBHOOK = {
    **MINIMAL,
    "ENVIRONMENT": "production",
    "WEBHOOK_URL": "https://bot.example.org",
    "WEBHOOK_SECRET": "open-sesame",
}


def load(**variables: str) -> Settings:
    return Settings.load({**MINIMAL, **variables})


def sentence(environ: Mapping[str, str]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Settings.load(environ)
    return str(caught.value)


def test_a_token_is_all_that_is_needed() -> None:
    """Everything but BOT_TOKEN has a default."""
    settings = Settings.load(MINIMAL)
    assert settings == Settings(bot_tokens=(Secret(TOKEN),))
    assert settings.mode is Mode.POLLING
    assert settings.database_url.reveal() == "sqlite:///gmbot.db"
    assert (settings.port, settings.ops_host, settings.ops_port) == (8443, "127.0.0.1", 8000)
    assert (settings.environment, settings.log_level) == (Environment.DEVELOPMENT, LogLevel.INFO)
    assert settings.telegram_api_url == "https://api.telegram.org"


def test_several_bots_are_separated_by_commas() -> None:
    """One process may run several bots."""
    settings = load(BOT_TOKEN=f"{TOKEN} , {OTHER_TOKEN}")
    assert [token.reveal() for token in settings.bot_tokens] == [TOKEN, OTHER_TOKEN]


def test_an_empty_value_counts_as_not_set() -> None:
    """Compose files set variables that nobody gave a value to the empty text."""
    assert load(REDIS_URL="", PORT=" ", LOG_LEVEL="") == Settings.load(MINIMAL)


def test_how_long_redis_keeps_things_is_in_seconds() -> None:
    """Ten minutes that somebody is there, one that they are not, unless told otherwise."""
    told, usual = load(CACHE_POSITIVE_TTL="900", CACHE_NEGATIVE_TTL="40"), load()
    assert (told.cache_positive_ttl_s, told.cache_negative_ttl_s) == (900, 40)
    assert (usual.cache_positive_ttl_s, usual.cache_negative_ttl_s) == (600, 60)


def test_choices_may_be_written_in_any_case() -> None:
    """`Production` and `debug` mean what they say."""
    settings = load(ENVIRONMENT="Production", LOG_LEVEL="debug")
    assert (settings.environment, settings.log_level) == (Environment.PRODUCTION, LogLevel.DEBUG)


@pytest.mark.parametrize(("given", "share"), [("0", 0.0), ("1", 1.0), ("0.25", 0.25), (".5", 0.5)])
def test_a_share_of_ordinary_updates_is_logged(given: str, share: float) -> None:
    """One in a hundred, unless told otherwise."""
    assert load(LOG_SAMPLE=given).log_sample == share
    assert load().log_sample == 0.01


def test_circuits_may_be_told_to_refuse_nobody() -> None:
    """They are on unless an operator says otherwise."""
    assert load().circuits is CircuitMode.ON
    assert load(CIRCUITS="Metrics").circuits is CircuitMode.METRICS


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """`.env` holds what the environment does not say."""
    dotenv = tmp_path / ".env"
    dotenv.write_text(
        f"\ufeffBOT_TOKEN={TOKEN}\nexport PORT=9000\nOPS_PORT='9001' # quoted\nREDIS_URL=redis://${{X}}h\n"
    )
    settings = Settings.load({"PORT": "9002"}, dotenv)
    assert (settings.port, settings.ops_port) == (9002, 9001)
    assert settings.redis_url == Secret("redis://${X}h")


def test_a_missing_file_is_no_error(tmp_path: Path) -> None:
    """`.env` is optional."""
    assert Settings.load(MINIMAL, tmp_path / ".env") == Settings.load(MINIMAL)


def test_an_unreadable_file_is_told_plainly(tmp_path: Path) -> None:
    """A `.env` that is no text is named."""
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(b"BOT_TOKEN=\xff\xfe\n")
    with pytest.raises(ConfigurationError, match=r"\.env cannot be read: make it a readable UTF-8 text"):
        Settings.load({}, dotenv)


def test_reading_the_environment_twice_is_impossible() -> None:
    """Settings are frozen."""
    with pytest.raises(AttributeError):
        Settings.load(MINIMAL).port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("sqlite:///gmbot.db", "sqlite:///gmbot.db"),
        ("sqlite:////var/lib/gmbot.db", "sqlite:////var/lib/gmbot.db"),
        ("sqlite+pysqlite:///x.db?timeout=5", "sqlite:///x.db?timeout=5"),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql://u:p%40@h:5433/d", "postgresql+asyncpg://u:p%40@h:5433/d"),
        ("postgresql+psycopg2://h/d?sslmode=require", "postgresql+asyncpg://h/d?ssl=require"),
        ("postgresql:///d?host=/run/postgresql", "postgresql+asyncpg:///d?host=%2Frun%2Fpostgresql"),
    ],
)
def test_database_addresses_are_normalised(given: str, meant: str) -> None:
    """Whatever driver an address names, GMBot uses its own."""
    assert load(DATABASE_URL=given).database_url.reveal() == meant


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("sqlite:///gmbot.db?timeout=5", Path("gmbot.db")),
        ("sqlite:////var/lib/my%20bot.db", Path("/var/lib/my bot.db")),
        ("postgresql+asyncpg://h/d", None),
    ],
)
def test_an_address_of_sqlite_names_a_file(address: str, file: Path | None) -> None:
    """Whoever looks whether it is there must not make it."""
    assert sqlite_file(Secret(address)) == file


def test_the_database_address_is_readable_without_a_token() -> None:
    """Migrations need no bot."""
    assert database_url({}).reveal() == "sqlite:///gmbot.db"
    assert database_url({"DATABASE_URL": "postgres://h/d"}).reveal() == "postgresql+asyncpg://h/d"


def test_production_with_an_address_means_webhook() -> None:
    """The rule of how updates arrive."""
    assert Settings.load(WEBHOOK).mode is Mode.WEBHOOK
    assert Settings.load({**WEBHOOK, "ENVIRONMENT": "development"}).mode is Mode.POLLING
    assert load(ENVIRONMENT="production").mode is Mode.POLLING


@pytest.mark.parametrize("port", [443, 80, 88, 8443])
def test_telegrams_four_ports_are_allowed(port: int) -> None:
    """Telegram delivers to these only (Bot API, setWebhook)."""
    settings = Settings.load({**WEBHOOK, "WEBHOOK_URL": f"https://bot.example.org:{port}/x/"})
    assert settings.webhook_url == f"https://bot.example.org:{port}/x"


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost:8081", "[::1]:5000"])
def test_plain_http_is_allowed_on_loopback_without_the_official_server(host: str) -> None:
    """A local Bot API server or a simulator needs no certificate."""
    settings = Settings.load(
        {**WEBHOOK, "WEBHOOK_URL": f"http://{host}", "TELEGRAM_API_URL": "http://127.0.0.1:8081/"}
    )
    assert (settings.webhook_url, settings.telegram_api_url) == (f"http://{host}", "http://127.0.0.1:8081")


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"BOT_TOKEN": ""}, "BOT_TOKEN is missing: ask @BotFather"),
        ({"BOT_TOKEN": "12345"}, "BOT_TOKEN does not look like a token"),
        ({"BOT_TOKEN": f"{TOKEN},oops"}, "BOT_TOKEN number 2 does not look like a token"),
        ({"BOT_TOKEN": f"{TOKEN},{TOKEN}"}, "BOT_TOKEN names the same bot twice"),
        ({"ENVIRONMENT": "prod"}, "ENVIRONMENT is 'prod', and must be one of development, production"),
        (
            {"LOG_LEVEL": "loud"},
            "LOG_LEVEL is 'loud', and must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL",
        ),
        ({"DATABASE_URL": "mysql://h/d"}, "DATABASE_URL must start with sqlite:/// or postgresql://"),
        ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL must name a file"),
        ({"DATABASE_URL": "sqlite:///:memory:"}, "DATABASE_URL must name a file"),
        ({"DATABASE_URL": "sqlite://gmbot.db"}, "DATABASE_URL must name a file"),
        ({"DATABASE_URL": "postgresql://h"}, "DATABASE_URL names no database"),
        ({"DATABASE_URL": "postgresql://h:x/d"}, "DATABASE_URL is not an address that makes sense"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL must start with redis:// or rediss:// or unix://"),
        ({"REDIS_URL": "redis://"}, "REDIS_URL names no host"),
        ({"REDIS_URL": "redis://h:0"}, "REDIS_URL is not an address that makes sense"),
        (
            {"CACHE_POSITIVE_TTL": "10m"},
            "CACHE_POSITIVE_TTL is '10m', and must be a whole number of seconds from 40 to 86400",
        ),
        (
            {"CACHE_NEGATIVE_TTL": "39"},
            "CACHE_NEGATIVE_TTL is '39', and must be a whole number of seconds from 40 to 86400",
        ),
        (
            {"CACHE_NEGATIVE_TTL": "86401"},
            "CACHE_NEGATIVE_TTL is '86401', and must be a whole number of seconds from 40 to 86400",
        ),
        ({"PORT": "http"}, "PORT is 'http', and must be a whole number from 1 to 65535"),
        ({"PORT": "0"}, "PORT is '0', and must be a whole number from 1 to 65535"),
        ({"OPS_PORT": "65536"}, "OPS_PORT is '65536', and must be a whole number from 0 to 65535"),
        ({"SEND_RATE": "0"}, "SEND_RATE is '0', and must be a whole number from 1 to 10000"),
        ({"SEND_BURST": "2.5"}, "SEND_BURST is '2.5', and must be a whole number from 1 to 10000"),
        ({"GROUP_MESSAGES_PER_MINUTE": "-1"}, "GROUP_MESSAGES_PER_MINUTE is '-1', and must be a whole"),
        ({"CIRCUITS": "off"}, "CIRCUITS is 'off', and must be one of on, metrics"),
        ({"LOG_SAMPLE": "1.5"}, "LOG_SAMPLE is '1.5', and must be a number from 0 to 1"),
        ({"LOG_SAMPLE": "ten"}, "LOG_SAMPLE is 'ten', and must be a number from 0 to 1"),
        ({"OPS_TOKEN": "too-short"}, "OPS_TOKEN must be 16 to 256 of"),
        ({"OPS_HOST": "127.0.0.1:80"}, "OPS_HOST must be an IP address or a host name"),
        ({"SENTRY_DSN": "https://sentry.example.org"}, "SENTRY_DSN must have a key, a host and a project"),
        ({"TELEGRAM_API_URL": "api.telegram.org"}, "TELEGRAM_API_URL must start with https:// or http://"),
        (
            {"TELEGRAM_API_URL": "http://api.telegram.org"},
            "TELEGRAM_API_URL must start with https:// for the off",
        ),
        ({"TELEGRAM_API_URL": "https://u:p@h"}, "TELEGRAM_API_URL must be a plain address"),
        ({"TELEGRAM_API_URL": "https://"}, "TELEGRAM_API_URL has no host name that makes sense"),
        ({"WEBHOOK_URL": "https://[::1"}, "WEBHOOK_URL is not an address that makes sense"),
        ({"WEBHOOK_URL": "https://h/?a=b"}, "WEBHOOK_URL must be a plain address"),
        (
            {"WEBHOOK_URL": "https://h:8080"},
            "WEBHOOK_URL has port 8080, and Telegram delivers to 443, 80, 88",
        ),
        ({"WEBHOOK_URL": "http://127.0.0.1"}, "WEBHOOK_URL must start with https://"),
        (
            {"WEBHOOK_URL": "http://h.org", "TELEGRAM_API_URL": "http://t"},
            "WEBHOOK_URL must start with https://",
        ),
        ({"WEBHOOK_SECRET": "no spaces"}, "WEBHOOK_SECRET must be 1 to 256 of"),
        ({"WEBHOOK_SECRET": "x" * 257}, "WEBHOOK_SECRET must be 1 to 256 of"),
        ({**WEBHOOK, "WEBHOOK_SECRET": ""}, "WEBHOOK_SECRET is missing: the webhook refuses to start"),
        ({**WEBHOOK, "PORT": "8000"}, "OPS_PORT is 8000, the same as PORT"),
    ],
)
def test_each_mistake_is_one_sentence_with_an_example(variables: dict[str, str], problem: str) -> None:
    """The variable, what is wrong, an example: on one line."""
    text = sentence({**MINIMAL, **variables})
    assert text.startswith(problem)
    name = text.split(" ", 1)[0]
    assert f"; for example {name}=" in text
    assert "\n" not in text


@pytest.mark.parametrize("variable", [variable.name for variable in VARIABLES])
def test_no_sentence_echoes_a_secret(variable: str) -> None:
    """A token pasted anywhere, whole, cut or in an address, is never shown."""
    for value in (TOKEN + "!", f"https://{TOKEN}@h:99999", f"postgresql://u:{TOKEN}@h", f"x {TOKEN}"):
        assert "canary" not in sentence({**MINIMAL, variable: value})


def test_secrets_do_not_show_themselves() -> None:
    """Neither printing settings nor formatting a secret reveals one."""
    settings = load(
        DATABASE_URL="postgresql://u:hunter2@h/d", REDIS_URL="redis://:hunter2@h", WEBHOOK_SECRET="hunter2"
    )
    secret = settings.bot_tokens[0]
    shown = f"{settings!r} {settings} {secret!r} {secret} {[secret]}"
    assert "canary" not in shown
    assert "hunter2" not in shown


def test_secrets_are_compared_by_value() -> None:
    """Two secrets are equal when what they hide is."""
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("a") != "a"


def test_everything_secret_is_listed_for_redaction() -> None:
    """Tokens, addresses with passwords, and the passwords themselves, as written and decoded."""
    settings = load(
        DATABASE_URL="postgresql://u:p%40ss@h/d",
        REDIS_URL="redis://:redis-word@h",
        WEBHOOK_SECRET="hook-word",
        OPS_TOKEN="a-word-for-operators",
        SENTRY_DSN="https://dsn-key@s.example.org/1",
    )
    listed = {secret.reveal() for secret in settings.secrets}
    assert {TOKEN, "hook-word", "a-word-for-operators", "p%40ss", "p@ss", "redis-word", "dsn-key"} <= listed
    assert {"redis://:redis-word@h", "https://dsn-key@s.example.org/1"} <= listed


def test_the_documentation_lists_exactly_these_variables() -> None:
    """`docs/settings.md` has one row per variable, with the code's own words."""
    text = Path(__file__).parents[3].joinpath("docs/settings.md").read_text()
    rows = re.findall(r"^\| `[A-Z_]+` \|.*$", text, re.MULTILINE)
    assert rows == [f"| `{v.name}` | {v.default} | {v.meaning} | `{v.example}` |" for v in VARIABLES]
