"""The bot itself: who it is, its commands, texts and buttons."""

from __future__ import annotations

import json
import re

from gmbot.simulator.access import Call
from gmbot.simulator.errors import bad_request
from gmbot.simulator.members import Wire
from gmbot.simulator.rights import rights_for

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
COMMANDS_LIMIT = 100
DESCRIPTION_LIMIT = 256
TEXT_LIMITS = {"name": 64, "description": 512, "short_description": 120}


def get_me(call: Call) -> object:
    """The bot's own User object."""
    return {**call.world.user_wire(call.bot.id), **call.bot.profile}


def log_out(_: Call) -> object:
    """Nothing to leave."""
    return True


def close(_: Call) -> object:
    """Nothing to close."""
    return True


def set_my_commands(call: Call) -> object:
    """Replace the commands of one scope and language."""
    given = call.args.listing("commands")
    if given is None:
        raise bad_request("can't parse commands JSON array")
    if len(given) > COMMANDS_LIMIT:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    call.bot.commands[_scope(call)] = [_command(item) for item in given]
    return True


def get_my_commands(call: Call) -> object:
    """The commands of exactly that scope and language."""
    return call.bot.commands.get(_scope(call), [])


def delete_my_commands(call: Call) -> object:
    """Forget the commands of one scope and language."""
    call.bot.commands.pop(_scope(call), None)
    return True


def set_my_name(call: Call) -> object:
    """Replace the name in one language."""
    return _set_text(call, "name")


def get_my_name(call: Call) -> object:
    """The name in that language, or the default one."""
    found = _text(call, "name")
    return {"name": found or str(call.world.user_wire(call.bot.id)["first_name"])}


def set_my_description(call: Call) -> object:
    """Replace what an empty chat with the bot shows."""
    return _set_text(call, "description")


def get_my_description(call: Call) -> object:
    """What an empty chat with the bot shows."""
    return {"description": _text(call, "description")}


def set_my_short_description(call: Call) -> object:
    """Replace what the bot's profile shows."""
    return _set_text(call, "short_description")


def get_my_short_description(call: Call) -> object:
    """What the bot's profile shows."""
    return {"short_description": _text(call, "short_description")}


def set_my_default_administrator_rights(call: Call) -> object:
    """What the bot asks for when it is added as an administrator."""
    channels = call.args.boolean("for_channels")
    asked = call.args.mapping("rights") or {}
    call.bot.default_rights[channels] = _rights(channels, asked)
    return True


def get_my_default_administrator_rights(call: Call) -> object:
    """What the bot asks for when it is added as an administrator."""
    channels = call.args.boolean("for_channels")
    return call.bot.default_rights.get(channels) or _rights(channels, {})


def set_chat_menu_button(call: Call) -> object:
    """Replace the menu button, of one private chat or of all."""
    button = call.args.mapping("menu_button") or {"type": "default"}
    call.bot.menu_buttons[call.args.integer("chat_id")] = button
    return True


def get_chat_menu_button(call: Call) -> object:
    """The menu button of a private chat, or the default one."""
    buttons = call.bot.menu_buttons
    return buttons.get(call.args.integer("chat_id")) or buttons.get(0) or {"type": "commands"}


def _scope(call: Call) -> tuple[str, str]:
    scope = call.args.mapping("scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), call.args.text("language_code")


def _command(item: object) -> Wire:
    if not isinstance(item, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, description = str(item.get("command", "")).removeprefix("/"), str(item.get("description", ""))
    if COMMAND.fullmatch(name) is None:
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= DESCRIPTION_LIMIT:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def _set_text(call: Call, name: str) -> bool:
    text = call.args.text(name)
    if len(text) > TEXT_LIMITS[name]:
        raise bad_request(f"bot {name.replace('_', ' ')} is too long")
    call.bot.texts[name, call.args.text("language_code")] = text
    return True


def _text(call: Call, name: str) -> str:
    texts = call.bot.texts
    return texts.get((name, call.args.text("language_code"))) or texts.get((name, ""), "")


def _rights(channels: bool, asked: Wire) -> Wire:
    names = rights_for("channel" if channels else "supergroup")
    rights: Wire = {"is_anonymous": asked.get("is_anonymous") is True}
    rights.update({name: asked.get(name) is True for name in names})
    return rights
