"""Commands in groups and in private."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gmbot.domain.errors import RefusedError, TransientError
from gmbot.domain.ids import GroupId, UserId
from gmbot.entrypoints.bot import admin_texts, menus, texts
from gmbot.entrypoints.bot.admins import commanded
from gmbot.entrypoints.bot.replies import CHATTER_S, reply
from gmbot.entrypoints.bot.sweep_taps import command_sweep
from gmbot.gate.authorize import asker_of
from gmbot.gate.bot import Bot
from gmbot.gate.confirm_channel import read_code
from gmbot.gate.confirmation import VALID_S
from gmbot.gate.events import AdminActed
from gmbot.gate.follow_bot import Arrival
from gmbot.gate.incoming import ChatKind, MessageSeen
from gmbot.gate.protect_group import ProtectRequest, protect_group
from gmbot.gate.targets import Target, read_targets

Command = Callable[[Bot, MessageSeen], Awaitable[None]]
SETTINGS_S = 300.0
EVERYBODY = UserId(0)


def addressed(bot: Bot, message: MessageSeen) -> Command | None:
    """Return the command in a message if it is one of ours, meant for us, and not an edit."""
    command = message.command
    if command is None or message.edited:
        return None
    if command.mention is not None and command.mention.lower() != bot.me.username.lower():
        return None
    known = _PRIVATE if message.chat.kind is ChatKind.PRIVATE else _GROUP
    return known.get(command.name)


async def run_command(bot: Bot, message: MessageSeen, command: Command) -> None:
    """Run a command. If Telegram does not answer it says so; if the store does not, Unavailable is raised."""
    try:
        await command(bot, message)
    except (TransientError, RefusedError):
        await reply(bot, message, texts.TRY_AGAIN)


async def _protect(bot: Bot, message: MessageSeen) -> None:
    group_id = GroupId(message.chat.chat_id)
    request = ProtectRequest(
        chat=message.chat,
        asker=asker_of(message.chat, message.sender, message.sender_chat),
        targets=_targets(message),
    )
    async with bot.people((group_id, EVERYBODY)):
        outcome = await protect_group(bot, request)
        note = admin_texts.protected(outcome, bot.me.username)
        waits = any(one.code for one in outcome.channels)
        lifetime_s = VALID_S if waits else CHATTER_S
        await reply(bot, message, note, outcome.changes, lifetime_s=lifetime_s)
    if outcome.changes.groups:
        bot.emit(AdminActed(group_id, request.asker.user_id, "protect"))


def _targets(message: MessageSeen) -> tuple[Target, ...]:
    named = read_targets(message.command.rest if message.command else "")
    if named or message.forwarded_from is None:
        return named
    return (Target(message.forwarded_from.title, message.forwarded_from.chat_id),)


async def _unprotect(bot: Bot, message: MessageSeen) -> None:
    group = await commanded(bot, message)
    if group is not None:
        asker = asker_of(message.chat, message.sender, message.sender_chat)
        await reply(bot, message, admin_texts.confirm_unprotect(group, asker.user_id))


async def _settings(bot: Bot, message: MessageSeen) -> None:
    group = await commanded(bot, message)
    if group is not None:
        note = texts.settings(group, bot.guarded.channels_of(group))
        await reply(bot, message, note, lifetime_s=SETTINGS_S)


async def _status(bot: Bot, message: MessageSeen) -> None:
    group = bot.guarded.group(message.chat.chat_id)
    channels = bot.guarded.channels_of(group) if group else ()
    await reply(bot, message, texts.status(group, channels))


async def _group_help(bot: Bot, message: MessageSeen) -> None:
    await reply(bot, message, menus.group_help())


async def _group_start(bot: Bot, message: MessageSeen) -> None:
    """Telegram's apps send a /start of their own after the bot was added by its link: it was greeted then."""
    if message.command is not None and message.command.rest == admin_texts.ADDED_BY_LINK:
        return
    if bot.guarded.group(message.chat.chat_id) is not None:
        await _status(bot, message)
        return
    basic = message.chat.kind is ChatKind.GROUP
    arrival = Arrival.ADDED_TO_BASIC_GROUP if basic else Arrival.ADDED
    await reply(bot, message, admin_texts.added(bot.me.username, arrival))


async def _start(bot: Bot, message: MessageSeen) -> None:
    code = message.command.rest.strip() if message.command else ""
    if not code or message.sender is None:
        await reply(bot, message, menus.page("home", bot.me.username))
        return
    asked = await read_code(bot, code, message.sender)
    await reply(bot, message, admin_texts.confirmation(code, asked))


async def _private_help(bot: Bot, message: MessageSeen) -> None:
    await reply(bot, message, menus.page("help", bot.me.username))


async def _only_in_groups(bot: Bot, message: MessageSeen) -> None:
    await reply(bot, message, menus.page("setup", bot.me.username))


_GROUP: dict[str, Command] = {
    "protect": _protect,
    "unprotect": _unprotect,
    "settings": _settings,
    "status": _status,
    "sweep": command_sweep,
    "help": _group_help,
    "start": _group_start,
}
_PRIVATE: dict[str, Command] = {
    "start": _start,
    "help": _private_help,
    "protect": _only_in_groups,
    "unprotect": _only_in_groups,
    "settings": _only_in_groups,
    "status": _only_in_groups,
    "sweep": _only_in_groups,
}
