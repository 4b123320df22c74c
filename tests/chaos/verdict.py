"""What must be true in the end, of the town, of the database and of what GMBot said of itself."""

from __future__ import annotations

import asyncio
import time

from tests.chaos.arena import Arena

QUIET_WITHIN_S = 60.0
OWED = "select key from intents where key like 'settle:%' or key like 'everywhere:%' or key like 'judge:%'"


class Untrue(AssertionError):
    """A promise was not kept; its text tells the story."""


async def settled(arena: Arena, since: float) -> float:
    """Return how long after a moment everything was right and quiet. Raises Untrue after a minute."""
    town = arena.town
    while town.unjust() or town.unread():
        if time.monotonic() - since > QUIET_WITHIN_S:
            waiting = [entry.kind for entry in town.world.bots[town.bot_id].mailbox.pending()]
            stories = [await asyncio.to_thread(_told, arena, user) for user in town.unjustly_treated()]
            raise Untrue(f"a minute later: {town.unjust() or f'unread {waiting}'}; {stories}")
        await asyncio.sleep(0.02)
    return time.monotonic() - since


async def nothing_owed(arena: Arena) -> None:
    """Return once the database has no debt about anybody's voice. Raises Untrue after a minute."""
    began = time.monotonic()
    while owed := await asyncio.to_thread(arena.ask, OWED):
        if time.monotonic() - began > QUIET_WITHIN_S:
            raise Untrue(f"still owed after a minute: {owed}")
        await asyncio.sleep(0.2)


async def judged(arena: Arena, *, every_tap: bool) -> None:
    """Look at what was stored, once GMBot has ended. Raises Untrue.

    With `every_tap`, nothing excuses a tap that had no effect.
    """
    town = arena.town
    wrongs = [*town.wrongs, *await asyncio.to_thread(_wrong_in_store, arena, every_tap=every_tap)]
    if wrongs:
        raise Untrue("; ".join(wrongs))


def _wrong_in_store(arena: Arena, *, every_tap: bool) -> list[str]:
    town = arena.town
    wrongs = []
    applied = {int(row[0]) for row in arena.ask("select update_id from applied_updates")}
    if lost := [update for update in town.concerning if update not in applied]:
        wrongs.append(f"{len(lost)} updates were confirmed and never stored")
    chosen = int(arena.ask("select count(*) from audit where action = 'settings'")[0][0])
    if silenced := town.silenced():
        wrongs.append(f"{len(silenced)} messages of people who may write were deleted")
    if chosen > town.taps:
        wrongs.append(f"{town.taps} taps were applied {chosen} times")
    if every_tap and chosen < town.taps:
        wrongs.append(f"of {town.taps} taps only {chosen} were applied")
    held = {int(row[0]) for row in arena.ask("select user_id from holds where state <> 'ended' and not away")}
    truly = {user for user in town.people if town.held(user)}
    if held != truly:
        wrongs.extend(_told(arena, user) for user in sorted(held ^ truly))
    return wrongs


def _told(arena: Arena, user: int) -> str:
    """Return what is so and what is stored of somebody about whom the two differ."""
    town = arena.town
    here, there = town.world.member(town.group, user), town.world.member(town.channel, user)
    hold = arena.ask(f"select body from holds where user_id = {user}")
    standing = arena.ask(
        f"select at, source, sequence, status, present from standings where user_id = {user}"
    )
    member = arena.ask(f"select at, source, sequence, state from memberships where user_id = {user}")
    owed = arena.ask(f"select key, due_at, owed_at, attempts from intents where key like '%{user}%'")
    return (
        f"{user} is {here.status} (present {here.present}) and in the channel {there.status}; "
        f"stored: {hold}, standing {standing}, membership {member}, owed {owed}, now {time.time():.0f}"
    )


def spare_prompts(arena: Arena) -> int:
    """Return how many prompts are to be seen of which GMBot knows nothing."""
    known = {int(row[0]) for row in arena.ask("select distinct prompt_id from holds where prompt_id > 0")}
    return len(set(arena.town.prompts()) - known)
