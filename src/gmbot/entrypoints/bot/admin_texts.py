"""What admins are answered: setting up, and what is missing."""

from __future__ import annotations

from html import escape

from gmbot.domain.group import Channel, Group
from gmbot.entrypoints.bot.texts import wanted
from gmbot.gate.confirm_channel import Confirmation
from gmbot.gate.confirm_channel import Standing as May
from gmbot.gate.follow_bot import Arrival
from gmbot.gate.incoming import Chat
from gmbot.gate.outgoing import Button, Note
from gmbot.gate.protect_group import MOST_CHANNELS, ChannelOutcome, ChannelResult, ProtectOutcome, Refusal

ADDED_BY_LINK = "start"
"""What comes with the /start that Telegram's apps send into a group when the bot was added by its link."""

LONGEST_NAMED = 64
GROUP_RIGHTS = "restrict_members+delete_messages+invite_users"
RIGHT_NAMES = {"can_restrict_members": "Ban users", "can_delete_messages": "Delete messages"}
USAGE = (
    "Name the channel that people must join, for example <code>/protect @channel</code>. Also possible: "
    "<code>/protect -1001234567890</code>, a t.me link, several at once, or reply <code>/protect</code> to a "
    "message forwarded from the channel."
)


def add_to_group(username: str) -> Button:
    """Return the button that adds the bot to a group with the rights it needs."""
    return Button(
        "➕ Add me to a group",
        url=f"https://t.me/{username}?startgroup={ADDED_BY_LINK}&admin={GROUP_RIGHTS}",
    )


def add_to_channel(username: str) -> Button:
    """Return the button that makes the bot an admin of a channel."""
    return Button("📢 Add me to a channel", url=f"https://t.me/{username}?startchannel&admin=invite_users")


def protected(outcome: ProtectOutcome, username: str) -> Note:
    """Return the answer to /protect: what was done, what is missing, and how to mend it."""
    if outcome.refusal is not None:
        return _refused(outcome.refusal, outcome.missing_rights, username)
    lines = [_outcome(one) for one in outcome.channels]
    if any(one.result is ChannelResult.UNREADABLE for one in outcome.channels):
        lines.append(USAGE)
    if outcome.group is not None:
        lines.append(_summary(outcome.group, outcome.required))
    buttons = [(_confirm(one, username),) for one in outcome.channels if one.code]
    if any(one.result is ChannelResult.BOT_NOT_ADMIN for one in outcome.channels):
        buttons.append((add_to_channel(username),))
    return Note("\n".join(lines), tuple(buttons))


def _summary(group: Group, channels: tuple[Channel, ...]) -> str:
    return (
        f"🛡 To write here, people must join {wanted(group.rule, channels)}. "
        "See /status and /settings; /unprotect ends it."
    )


def _refused(refusal: Refusal, rights: tuple[str, ...], username: str) -> Note:
    text = _REFUSALS[refusal]
    if refusal is Refusal.BOT_LACKS_RIGHTS:
        text += " Missing: " + ", ".join(f"<b>{RIGHT_NAMES.get(right, right)}</b>" for right in rights) + "."
    mend = refusal in {Refusal.BOT_NOT_ADMIN, Refusal.NOT_A_GROUP}
    return Note(text, ((add_to_group(username),),) if mend else ())


_REFUSALS = {
    Refusal.BASIC_GROUP: (
        "This is a basic group, in which Telegram lets no bot mute anybody. Make it a supergroup: open the "
        "group's settings, <b>Chat history for new members</b> → <b>Visible</b>. Then type the command again."
    ),
    Refusal.NOT_A_GROUP: "Type this in the group that should be guarded.",
    Refusal.NOT_ADMIN: "Only admins of this group can do that.",
    Refusal.BOT_NOT_ADMIN: (
        "I am not an admin here. Make me one who may <b>ban users</b> and <b>delete messages</b>, "
        "then type the command again."
    ),
    Refusal.BOT_LACKS_RIGHTS: (
        "I am an admin here, but lack a right. Open the group's administrators, choose me and switch it on, "
        "then type the command again."
    ),
    Refusal.NOTHING_NAMED: USAGE,
}


def _outcome(one: ChannelOutcome) -> str:
    title = escape(one.channel.title if one.channel else _short(one.named))
    return _OUTCOMES[one.result].format(title=f"<b>{title}</b>")


def _short(named: str) -> str:
    return named if len(named) <= LONGEST_NAMED else named[: LONGEST_NAMED - 1] + "…"


_OUTCOMES = {
    ChannelResult.ADDED: "✅ {title} is required from now on.",
    ChannelResult.ALREADY: "✅ {title} is required already.",
    ChannelResult.UNREADABLE: "❌ {title} is not a channel's @name, id or link.",
    ChannelResult.INVITE_LINK: (
        "❌ {title} is an invite link, which bots cannot open. Reply <code>/protect</code> to a message "
        "forwarded from the channel, or name its id."
    ),
    ChannelResult.NOT_FOUND: (
        "❌ I cannot find {title}. Check the name; if it is private, make me an admin of the channel first."
    ),
    ChannelResult.NOT_A_CHANNEL: "❌ {title} is neither a channel nor a supergroup.",
    ChannelResult.ITSELF: "❌ {title} is this group itself; name a channel.",
    ChannelResult.BOT_NOT_ADMIN: (
        "❌ I am not an admin of {title}, so I cannot see who is subscribed. Make me an admin of the channel "
        "(no right but <b>invite users</b> is needed), then type the command again."
    ),
    ChannelResult.NO_INVITE_RIGHT: (
        "❌ {title} is private: give me its admin right <b>invite users</b> so that I can make a link for "
        "people to join by, then type the command again."
    ),
    ChannelResult.CONFIRM: (
        "🔑 An admin of {title} must agree, so that nobody learns who reads somebody else's channel. "
        "If you are one, tap the button; else ask one to. It is valid for a day."
    ),
    ChannelResult.TOO_MANY: f"❌ {{title}} is one too many: a group can require {MOST_CHANNELS} channels.",
}


def _confirm(one: ChannelOutcome, username: str) -> Button:
    title = one.channel.title if one.channel else one.named
    return Button(f"🔑 Confirm for {title}"[:64], url=f"https://t.me/{username}?start={one.code}")


def confirmation(code: str, asked: Confirmation) -> Note:
    """Return what an admin of a channel is asked in private."""
    if asked.standing is not May.MAY_CONFIRM or asked.group is None or asked.channel is None:
        return Note(_NOT_CONFIRMED[asked.standing])
    text = (
        f"The group <b>{escape(asked.group.title)}</b> wants to let only subscribers of "
        f"<b>{escape(asked.channel.title)}</b> write. Its admins then see who of its members is subscribed. "
        "Do you agree?"
    )
    return Note(
        text,
        ((Button("✅ Agree", data=f"ok:{code}"), Button("❌ Refuse", data="refuse")),),
    )


_NOT_CONFIRMED = {
    May.MAY_CONFIRM: "This request is no longer valid.",
    May.BAD_CODE: "This link is not valid any more. Type /protect in the group again for a new one.",
    May.NOT_CHANNEL_ADMIN: "Only an admin of the channel can agree to this.",
}


def confirmed(outcome: ProtectOutcome, group: Chat | None) -> Note:
    """Return what the admin of a channel is told, in private, after agreeing."""
    title = f"<b>{escape(group.title if group else '')}</b>"
    if outcome.refusal is not None:
        return Note(f"In {title}: {_REFUSALS[outcome.refusal]}")
    done = {ChannelResult.ADDED, ChannelResult.ALREADY}
    if not all(one.result in done for one in outcome.channels):
        return Note("\n".join(_outcome(one) for one in outcome.channels))
    names = ", ".join(f"<b>{escape(one.channel.title)}</b>" for one in outcome.channels if one.channel)
    return Note(f"✅ Thank you. Only subscribers of {names} can write in {title} from now on.")


CONFIRM_REFUSED = Note("You refused. Nothing was changed.")


def confirm_unprotect(group: Group, asker_id: int) -> Note:
    """Return the question before a group is no longer guarded; 0 stands for an anonymous admin."""
    text = f"Stop guarding <b>{escape(group.title)}</b>? Everybody whom I muted can write again."
    yes = Button("Yes, stop", data=f"unprotect:{asker_id}")
    return Note(text, ((yes, Button("No", data=f"keep:{asker_id}")),))


UNPROTECTED = Note("This group is no longer guarded. Everybody whom I muted is being freed.")
KEPT = Note("Nothing was changed: the group stays guarded.")
NOT_PROTECTED = Note("This group is not guarded. " + USAGE)


def added(username: str, arrival: Arrival) -> Note:
    """Return what is said when the bot is added to a group, or made an admin of it."""
    if arrival is Arrival.ADDED_TO_BASIC_GROUP:
        return Note(_REFUSALS[Refusal.BASIC_GROUP])
    hello = "Hello! I let only subscribers of your channel write here.\n"
    if arrival is Arrival.READY:
        text = "I have every right that I need here. Now make me an admin of your channel too, and type "
        return Note(f"{hello}{text}<code>/protect @channel</code>.", ((add_to_channel(username),),))
    steps = (
        "1. Make me an admin here who may <b>ban users</b> and <b>delete messages</b>, if I am none yet.\n"
        "2. Make me an admin of your channel.\n"
        "3. Type <code>/protect @channel</code>."
    )
    return Note(hello + steps, ((add_to_channel(username),),))
