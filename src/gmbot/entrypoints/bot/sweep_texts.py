"""What admins read of a sweep: what it would do, how far it is, and what came of it."""

from __future__ import annotations

from html import escape

from gmbot.domain.group import Group
from gmbot.gate.outgoing import Button, Note
from gmbot.gate.sweep_group import Estimate
from gmbot.gate.sweeps import Sweep, SweepKind

VERB = "sweep"
"""How the data of these buttons begins."""


def estimate(group: Group, seen: Estimate, rate_per_s: float) -> Note:
    """Return what a sweep would do, and the button that begins it."""
    title = f"<b>{escape(group.title)}</b>"
    more = "more than " if seen.cut else ""
    text = (
        f"🧹 I know {more}{seen.people} people in {title}. I would ask Telegram about {more}{seen.asked} of "
        f"them, which takes about {_span(seen.questions / rate_per_s)}, and by what I know now mute "
        f"{seen.held} and free {seen.freed}. Nothing has been done yet."
    )
    return Note(text, ((Button("🧹 Do it", data=f"{VERB}:go"), Button("No", data=f"{VERB}:no")),))


def progress(group: Group, sweep: Sweep) -> Note:
    """Return how far a sweep is, or what came of it."""
    title = f"<b>{escape(group.title)}</b>"
    found = f"{sweep.inside} subscribed, {sweep.outside} not, {sweep.failed} I could not learn"
    done = f"{sweep.held} to be muted, {sweep.freed} to be freed"
    if sweep.finished_at is None:
        return Note(f"🧹 Looking at {title}: {sweep.people} of {_total(sweep)} people. {found}; {done}.")
    took = _span(sweep.finished_at - sweep.started_at)
    opening = "▶️ I guard" if sweep.kind is SweepKind.RESUMED else "🧹 I have looked at"
    again = " again" if sweep.kind is SweepKind.RESUMED else ""
    return Note(f"{opening} {title}{again}: {sweep.people} people in {took}. {found}; {done}.")


def _total(sweep: Sweep) -> str:
    return str(max(sweep.total, sweep.people)) if sweep.total else "all"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


LEFT_ALONE = Note("Nothing was changed.")
PAUSED = Note(
    "This group is paused, so nobody would be muted. Mend that first: /status says what is missing."
)
RUNS = "I am at it already."
BEGUN = "I begin."
