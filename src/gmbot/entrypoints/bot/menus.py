"""The private chat: welcome, how it works, set-up, commands, help; and the command menus of each scope."""

from __future__ import annotations

from gmbot.entrypoints.bot.admin_texts import add_to_channel, add_to_group
from gmbot.gate.outgoing import Button, Note
from gmbot.gate.ports import CommandMenu

_PAGES = {
    "home": (
        "👋 I make subscribing to your channel the price of writing in your group. Whoever is not "
        "subscribed is muted, told what to join, and free again the moment they join."
    ),
    "setup": (
        "<b>Set-up takes a minute</b>\n"
        "1. Add me to your group as an admin who may <b>ban users</b> and <b>delete messages</b>.\n"
        "2. Add me to your channel as an admin (no right but <b>invite users</b> is needed).\n"
        "3. In the group, type <code>/protect @yourchannel</code>."
    ),
    "how": (
        "<b>How it works</b>\n"
        "• I hear from your channel who subscribes and who leaves; I ask Telegram only when I do not know.\n"
        "• Whoever is not subscribed is muted when they join or write, and sees what to join.\n"
        "• Whoever subscribes is freed at once, without a tap.\n"
        "• Admins, bots and your linked channel are never touched, and a mute by an admin is never lifted.\n"
        "• When Telegram does not answer, I mute nobody."
    ),
    "commands": (
        "<b>Commands</b> (in the group)\n"
        "/protect @channel – require a channel (admins)\n"
        "/unprotect – stop, and free everybody (admins)\n"
        "/settings – how strict I am (admins)\n"
        "/sweep – look again at everybody I know here (admins)\n"
        "/status – what is required\n"
        "/help – this"
    ),
    "help": (
        "<b>Help</b>\n"
        "• <i>I do nothing?</i> Type /status in the group: it says what is missing.\n"
        "• <i>A private channel?</i> Reply <code>/protect</code> to a message forwarded from it; I make the "
        "invite link.\n"
        "• <i>Somebody should be free of this?</i> Make them an admin, or unmute them by hand: I leave them "
        "alone then."
    ),
}
_TITLES = {"setup": "🚀 Set up", "how": "💡 How it works", "commands": "⌨️ Commands", "help": "❓ Help"}


def page(name: str, username: str) -> Note:
    """Return a page of the private chat; an unknown name is the first page."""
    text = _PAGES.get(name, _PAGES["home"])
    others = [Button(title, data=f"menu:{key}") for key, title in _TITLES.items() if key != name]
    rows = [tuple(others[at : at + 2]) for at in range(0, len(others), 2)]
    if name in _TITLES:
        rows.append((Button("« Back", data="menu:home"),))
    return Note(text, ((add_to_group(username),), (add_to_channel(username),), *rows))


def group_help() -> Note:
    """Return the answer to /help in a group."""
    return Note(_PAGES["commands"])


_STATUS = ("status", "What is required to write here")
_HELP = ("help", "How this works")
COMMAND_MENUS = (
    CommandMenu("all_private_chats", (("start", "Begin here"), _HELP)),
    CommandMenu("all_group_chats", (_STATUS, _HELP)),
    CommandMenu(
        "all_chat_administrators",
        (
            ("protect", "Require a channel: /protect @channel"),
            ("unprotect", "Stop requiring anything"),
            ("settings", "How strict I am"),
            ("sweep", "Look again at everybody I know here"),
            _STATUS,
            _HELP,
        ),
    ),
)
