"""`gmbot doctor`: looks at everything that a run needs, and says how to mend what is missing."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.http import HttpPool
from gmbot.adapters.telegram.wire import WebhookInfo
from gmbot.domain.errors import ConfigurationError, GMBotError
from gmbot.domain.ids import bot_of
from gmbot.resilience.clock import SystemClock
from gmbot.settings import Mode, Secret, Settings, sqlite_file

PATIENCE_S = 5.0


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at; `remedy` says what to do when it is not well."""

    name: str
    well: bool
    detail: str
    remedy: str = ""


async def examine(settings: Settings) -> Sequence[Finding]:
    """Look at the database, Redis, the ports, each bot's token and webhook, at once; changes nothing."""
    pool = HttpPool(settings.telegram_api_url)
    bots = [_client(pool, token) for token in settings.bot_tokens]
    try:
        findings = await asyncio.gather(
            _database(settings.database_url),
            *([_redis(settings.redis_url)] if settings.redis_url else []),
            *(asyncio.to_thread(_port, *address) for address in _addresses(settings)),
            *(_bot(bot, settings) for bot in bots),
        )
    finally:
        await pool.close()
    return [_well("settings", f"{settings.environment}, updates by {settings.mode}"), *findings]


def show(findings: Sequence[Finding]) -> None:
    """Print the findings as a table."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("", "What", "How it is", "What to do", title="gmbot doctor")
    for finding in findings:
        mark = Text("ok", "green") if finding.well else Text("no", "bold red")
        table.add_row(mark, Text(finding.name), Text(finding.detail), Text(finding.remedy))
    Console().print(table)


def _client(pool: HttpPool, token: Secret) -> BotClient:
    word = token.reveal()
    return BotClient(
        pool.bot(word),
        bot_id=bot_of(word),
        clock=SystemClock(),
        emit=lambda event: None,
        deadline_s=PATIENCE_S,
    )


async def _bot(bot: BotClient, settings: Settings) -> Finding:
    name = f"bot {bot.bot_id}"
    try:
        me = await bot.me()
        info = await bot.webhook()
    except ConfigurationError as error:
        return _ill(name, str(error), "ask @BotFather for the token (/mybots) and set BOT_TOKEN")
    except GMBotError as error:
        return _ill(name, f"{type(error).__name__}: {error}", "check the network and TELEGRAM_API_URL")
    return _arrival(f"{name} @{me.username}", info, settings)


def _arrival(name: str, info: WebhookInfo, settings: Settings) -> Finding:
    if settings.mode is Mode.POLLING:
        note = "; a webhook is set, and `gmbot run` will remove it" if info.url else ""
        return _well(name, f"token accepted, {info.pending_update_count} updates waiting{note}")
    if not info.url:
        return _well(name, "token accepted; `gmbot run` will set the webhook")
    if info.last_error_message:
        problem = f"Telegram could not deliver: {info.last_error_message}"
        return _ill(
            name, problem, "check that WEBHOOK_URL leads to PORT from outside, with a valid certificate"
        )
    return _well(name, f"token accepted, webhook set, {info.pending_update_count} updates waiting")


async def _database(url: Secret) -> Finding:
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return _folder(file.parent)
    from gmbot.adapters.sql.migrate import is_current

    try:
        async with asyncio.timeout(PATIENCE_S):
            current = await is_current(url.reveal())
    except ConfigurationError as error:
        return _ill("database", str(error), "start it, or mend DATABASE_URL")
    except TimeoutError:
        return _ill("database", f"does not answer within {PATIENCE_S:g} s", "start it, or mend DATABASE_URL")
    if current:
        return _well("database", "answers, tables up to date")
    return _ill("database", "answers, but its tables are not those of this version", "run `gmbot migrate`")


async def _redis(url: Secret) -> Finding:
    from gmbot.adapters.redis.connection import is_primary

    try:
        primary = await is_primary(url.reveal(), patience_s=PATIENCE_S)
    except GMBotError as error:
        return _ill(
            "redis", f"does not answer: {error}", "start it, or mend REDIS_URL; GMBot runs without it"
        )
    if not primary:
        return _ill("redis", "is a replica and cannot be written to", "name its primary in REDIS_URL")
    return _well("redis", "answers")


def _folder(folder: Path) -> Finding:
    """Judge where a SQLite file will be made; looking at one that is missing would make it."""
    if os.access(folder, os.W_OK | os.X_OK):
        return _well("database", "`gmbot run` will make the file")
    return _ill(
        "database",
        f"{folder.absolute()} is no folder that can be written to",
        "make it, or mend DATABASE_URL",
    )


def _addresses(settings: Settings) -> Sequence[tuple[str, str, int]]:
    ops = ("OPS_PORT", settings.ops_host, settings.ops_port)
    return [ops] if settings.mode is Mode.POLLING else [ops, ("PORT", "", settings.port)]


def _port(variable: str, host: str, port: int) -> Finding:
    name = f"{variable} {port}"
    try:
        family = socket.getaddrinfo(host or "0.0.0.0", port, type=socket.SOCK_STREAM)[0][0]  # noqa: S104
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        remedy = f"stop what listens there (another gmbot?), or set {variable} to another port"
        return _ill(name, f"cannot be opened: {error.strerror}", remedy)
    return _well(name, "free")


def _well(name: str, detail: str) -> Finding:
    return Finding(name, well=True, detail=detail)


def _ill(name: str, detail: str, remedy: str) -> Finding:
    return Finding(name, well=False, detail=detail, remedy=remedy)
