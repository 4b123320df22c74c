"""Every word that GMBot says in a group or to its admins. Names and titles are escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from gmbot.domain.group import Channel, ChannelSenders, Group, PauseReason
from gmbot.domain.hold import Hold
from gmbot.domain.mass_flip import FlipCount
from gmbot.domain.rule import Quorum, Rule
from gmbot.entrypoints.bot import brake_texts, sweep_texts
from gmbot.gate.choose_settings import Choice
from gmbot.gate.outgoing import Button, Note
from gmbot.gate.sweeps import Sweep

MOST_NAMES = 10
MOST_ANSWER = 200
VERIFY = "verify"


class EnglishVoice:
    """What the gate says by itself, in English (gate.ports.Voice)."""

    def prompt(self, group: Group, missing: Sequence[Channel], people: Sequence[Hold]) -> Note:
        """Return what tells held people what to join."""
        text = (
            f"{mentions(people)}, to write here please join {wanted(group.rule, missing)}.\n"
            "You can write again the moment you have joined."
        )
        joins = tuple((_join(channel),) for channel in missing if channel.url)
        return Note(text, (*joins, (Button("✅ I have joined", data=VERIFY),)))

    def join_first(self, group: Group, missing: Sequence[Channel]) -> Note:
        """Return what tells somebody who asks to be let in what to join first."""
        text = (
            f"You asked to join <b>{escape(group.title)}</b>. Please join {wanted(group.rule, missing)} "
            "first: I let you in the moment you have."
        )
        return Note(text, tuple((_join(channel),) for channel in missing if channel.url))

    def paused(self, group: Group) -> Note:
        """Return what tells admins that a group is left alone, why, and how to mend it."""
        why = _PAUSES[group.paused or PauseReason.BY_ADMIN]
        return Note(f"⏸ I have stopped guarding <b>{escape(group.title)}</b>: {why}")

    def mass_flip(self, group: Group, seen: FlipCount) -> Note:
        """Return what asks admins whether so many people really left, with buttons to resume or stop."""
        return brake_texts.asks(group, seen)

    def sweep_progress(self, group: Group, sweep: Sweep) -> Note:
        """Return how far a sweep is, or what came of it."""
        return sweep_texts.progress(group, sweep)

    def channel_unusable(self, group: Group, channel: Channel) -> Note:
        """Return what tells admins that a channel no longer counts, and how to mend it."""
        return Note(
            f"⚠️ I can no longer see who is subscribed to <b>{escape(channel.title)}</b>, so nobody in "
            f"<b>{escape(group.title)}</b> is muted for it. Make me an admin of the channel again and it "
            "counts again."
        )


_PAUSES = {
    PauseReason.RIGHTS_MISSING: (
        "I need the admin right to <b>ban users</b>. Nobody is muted meanwhile. "
        "Give me the right and I go on by myself."
    ),
    PauseReason.BOT_REMOVED: (
        "I am no longer a member. Add me again as an admin who may ban users and delete messages, "
        "and I go on by myself."
    ),
    PauseReason.MASS_FLIP: (
        "too many members seemed to leave the channel at once. Nobody is muted until an admin taps a button "
        "of my message about it."
    ),
    PauseReason.BY_ADMIN: "an admin asked me to.",
}


def mentions(people: Sequence[Hold]) -> str:
    """Return people's names as links; beyond ten, how many more there are."""
    named = [
        f'<a href="tg://user?id={hold.user_id}">{escape(hold.name) or "friend"}</a>'
        for hold in people[:MOST_NAMES]
    ]
    more = len(people) - len(named)
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def wanted(rule: Rule, channels: Iterable[Channel]) -> str:
    """Return what a rule wants joined, in bold."""
    titles = [f"<b>{escape(channel.title)}</b>" for channel in channels]
    if len(titles) <= 1:
        return "".join(titles) or "the channel"
    if rule.quorum is Quorum.ANY:
        return "one of " + ", ".join(titles)
    if rule.quorum is Quorum.AT_LEAST:
        return f"at least {rule.count} of " + ", ".join(titles)
    return ", ".join(titles[:-1]) + " and " + titles[-1]


def _join(channel: Channel) -> Button:
    return Button(f"📢 {channel.title}"[:64], url=channel.url)


_NOT_YET = "Not yet: please join {}, then tap again."


def missing_answer(missing: Sequence[Channel]) -> str:
    """Return the answer to a tap by somebody who has not joined everything yet, within 200 characters."""
    room = (MOST_ANSWER - len(_NOT_YET.format(""))) // max(1, len(missing)) - len(", ")
    titles = ", ".join(channel.title for channel in missing)
    if len(titles) > MOST_ANSWER - len(_NOT_YET.format("")):
        titles = ", ".join(_cut(channel.title, max(2, room)) for channel in missing)
    return _NOT_YET.format(titles)[:MOST_ANSWER]


def _cut(title: str, most: int) -> str:
    return title if len(title) <= most else title[: most - 1] + "…"


def status(group: Group | None, channels: Sequence[Channel]) -> Note:
    """Return what a group requires and how it goes."""
    if group is None:
        return Note("This group is not guarded. An admin can type <code>/protect @channel</code>.")
    lines = [f"🛡 To write here, join {wanted(group.rule, channels)}."]
    lines += [f"• {_line(channel)}" for channel in channels]
    if group.paused:
        lines.append(f"⏸ Paused: {_PAUSES[group.paused]}")
    return Note("\n".join(lines))


def _line(channel: Channel) -> str:
    title = escape(channel.title)
    named = f'<a href="{escape(channel.url)}">{title}</a>' if channel.url else title
    return named if channel.usable else f"{named} (I cannot see its members, so it counts for nobody)"


def settings(group: Group, channels: Sequence[Channel]) -> Note:
    """Return a group's settings with a button for each."""
    chosen = group.settings
    rows = (
        (Choice.QUORUM, f"Required: {_quorum(group.rule)}"),
        (Choice.DELETE_MESSAGES, f"Delete their messages: {_on(chosen.delete_messages)}"),
        (Choice.PROMPTS, f"Tell them what to join: {_on(chosen.prompts)}"),
        (Choice.CHANNEL_SENDERS, f"Writing as a channel: {_SENDERS[chosen.channel_senders]}"),
        (Choice.APPROVE_REQUESTS, f"Approve subscribers' requests to join: {_on(chosen.approve_requests)}"),
    )
    buttons = tuple((Button(text, data=f"set:{choice.value}"),) for choice, text in rows)
    text = f"⚙️ <b>Settings</b>\nRequired here: {wanted(group.rule, channels)}."
    return Note(text + (_NEEDS_INVITE if chosen.approve_requests else ""), buttons)


_NEEDS_INVITE = "\nTo approve requests I need the admin right <b>invite users</b> here. I never decline any."


_SENDERS = {
    ChannelSenders.LINKED_ONLY: "linked channel only",
    ChannelSenders.ALLOW_ALL: "allowed",
    ChannelSenders.BLOCK: "blocked",
}


def _quorum(rule: Rule) -> str:
    if rule.quorum is Quorum.AT_LEAST:
        return f"at least {rule.count}"
    return "every channel" if rule.quorum is Quorum.ALL else "any one channel"


def _on(value: bool) -> str:
    return "yes" if value else "no"


ALREADY_FREE = "I have not muted you. This button is for people whom I have."
WELCOME = "✅ Thank you! You can write now."
NOT_GUARDED = "Nothing is required here any more: you can write."
UNSURE = "Telegram is slow to answer. I keep checking, and free you as soon as it says that you have joined."
ADMINS_ONLY = "Only admins of this group can do that."
NOT_YOURS = "Only the admin who asked can confirm this."
TRY_AGAIN = Note("Telegram did not answer, so nothing was changed. Please try again in a minute.")
GONE = "This button is no longer in use."
DONE = "Done."
