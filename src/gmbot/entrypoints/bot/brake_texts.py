"""What admins are asked when members seem to leave a channel en masse."""

from __future__ import annotations

from html import escape

from gmbot.domain.group import Group
from gmbot.domain.mass_flip import FlipCount
from gmbot.gate.outgoing import Button, Note

VERB = "flip"
"""How the data of these buttons begins."""


def asks(group: Group, seen: FlipCount) -> Note:
    """Return what was seen, and what can be done about it."""
    text = (
        f"⏸ I have paused <b>{escape(group.title)}</b>: {seen.flipped} of the {seen.checked} subscribed "
        "members whom I looked at just now seemed to have left. Muting them all could be a mistake, so I "
        "mute nobody until you say so."
    )
    return Note(text, (_choices(group, seen),))


def asks_again(group: Group, seen: FlipCount) -> Note:
    """Return the question before guarding ends."""
    text = f"Stop guarding <b>{escape(group.title)}</b>? Everybody whom I muted can write again."
    return Note(text, ((_button("Yes, stop", "end", group, seen), _button("No", "back", group, seen)),))


def resumed(group: Group) -> Note:
    """Return what stands there once an admin said that it was real."""
    return Note(f"▶️ I guard <b>{escape(group.title)}</b> again, and look at everybody I know there.")


def stopped(group: Group) -> Note:
    """Return what stands there once an admin ended it."""
    return Note(f"<b>{escape(group.title)}</b> is no longer guarded. Everybody whom I muted is being freed.")


RUNS = Note("▶️ This was decided already: the group is not paused for that any more.")


def _choices(group: Group, seen: FlipCount) -> tuple[Button, ...]:
    return _button("▶️ Resume", "go", group, seen), _button("⏹ Stop guarding", "stop", group, seen)


def _button(text: str, choice: str, group: Group, seen: FlipCount) -> Button:
    return Button(text, data=f"{VERB}:{choice}:{group.group_id}:{seen.flipped}:{seen.checked}")
