"""Follow `chat_member`: what a person became, in a guarded group and in a required channel."""

from __future__ import annotations

import msgspec

from gmbot.domain.group import Group
from gmbot.domain.hold import EndReason, Hold, bears_mark
from gmbot.domain.ids import ChannelId, GroupId
from gmbot.domain.standing import Standing, Status, newer
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes, LearntMembership, LearntStanding
from gmbot.gate.incoming import MemberChanged
from gmbot.gate.intents import Owed, Prompt, Restore, Settle, SettleEverywhere
from gmbot.gate.opening import Opening
from gmbot.gate.ports import PersonRecord
from gmbot.gate.tell_held import owe_correction

NEWS_S = 3
"""Older news come from a backlog, where many wait behind each other (whole seconds, by Telegram's clock)."""

ANONYMOUS_ADMIN = 1087968824
"""GroupAnonymousBot, as which anonymous admins act."""


async def follow_member(bot: Bot, change: MemberChanged) -> bool:
    """Store what changed and what is owed for it; False if nobody here is concerned."""
    group = bot.guarded.group(change.chat.chat_id)
    channel = bot.guarded.channel(change.chat.chat_id)
    own_call = change.actor.user_id == bot.user_id
    if group is None and channel is None and not own_call:
        return False
    record = await _record(bot, change, group) if group or own_call else PersonRecord()
    here = _in_group(bot, change, record) if group or own_call else Changes()
    there = _in_channel(bot, change) if channel else Changes()
    facts = Changes(
        update_id=change.update_id,
        standings=here.standings,
        memberships=there.memberships,
        holds=here.holds,
        owed=here.owed + there.owed,
    )
    if group is not None and channel is None and _is_newcomer(bot, change, record):
        await _receive(bot, change, facts, record)
    else:
        await bot.ledger.write(facts)
    return True


async def _record(bot: Bot, change: MemberChanged, group: Group | None) -> PersonRecord:
    person, group_id = change.person, GroupId(change.chat.chat_id)
    if person.is_bot:
        return PersonRecord()
    if group is not None and _came(change):
        return await bot.knowledge.record(group_id, person.user_id, group.rule.channels)
    return await bot.store.person(group_id, person.user_id, ())


def _came(change: MemberChanged) -> bool:
    return change.new.present and not change.old.present


def _is_newcomer(bot: Bot, change: MemberChanged, record: PersonRecord) -> bool:
    """Whether somebody has just come, and nothing else is known to have happened to them."""
    just_now = bot.telegram.now() - change.at <= NEWS_S and not change.outdated
    return _came(change) and just_now and not change.person.is_bot and record.hold is None


async def _receive(bot: Bot, change: MemberChanged, facts: Changes, record: PersonRecord) -> None:
    """Settle a newcomer while their coming is stored, rather than after it: they wait to speak."""
    settling, standing = facts.owed[0], facts.standings[0].standing
    if not bot.ledger.begin(settling):
        await bot.ledger.write(facts)
        return
    known = standing if record.standing is None else newer(record.standing, standing)
    opening = Opening(bot.ledger, facts, msgspec.structs.replace(record, standing=known))
    bot.openings[settling.key] = opening
    try:
        await opening.stored()
    finally:
        bot.openings.pop(settling.key, None)


def _in_channel(bot: Bot, change: MemberChanged) -> Changes:
    """A subscription changed: settle the person in every group that requires the channel."""
    channel_id = ChannelId(change.chat.chat_id)
    fact = LearntMembership(change.person.user_id, channel_id, change.new.as_membership())
    if change.person.is_bot or change.old.present == change.new.present:
        return Changes(memberships=(fact,))
    fell = change.old.present
    look = SettleEverywhere(channel_id, change.person.user_id, change.person.name, fell)
    return Changes(memberships=(fact,), owed=(bot.ledger.owe(look),))


def _in_group(bot: Bot, change: MemberChanged, record: PersonRecord) -> Changes:
    """Somebody joined, left, was muted, freed, banned or promoted in a guarded group."""
    person, group_id = change.person, GroupId(change.chat.chat_id)
    fact = LearntStanding(group_id, person.user_id, _credited(change))
    if person.is_bot:
        return Changes(standings=(fact,))
    # Whom GMBot lets in at their request joins like anybody else; else what it does itself comes back.
    if change.actor.user_id == bot.user_id and not _came(change):
        return _echo(bot, change, fact, record)
    holds, prompt = _moved_about(bot, change, record)
    return Changes(standings=(fact,), holds=holds, owed=(_settling(bot, change), *prompt))


def _moved_about(
    bot: Bot, change: MemberChanged, record: PersonRecord
) -> tuple[tuple[Hold, ...], tuple[Owed, ...]]:
    """Nothing is said to somebody who left; an admin's pardon ends when the pardoned person leaves.

    Late news of a departure hide neither that the person is back nor that they were pardoned since.
    """
    hold = record.hold
    if hold is not None and hold.active and _pardons(change, hold):
        # By the event's time: whoever is held again after it is held by a call that came too late.
        return (hold.ended(EndReason.PARDONED, change.at),), (bot.ledger.owe(Prompt(hold.group_id)),)
    left = change.old.present and not change.new.present
    gone = left or change.new.status is Status.KICKED
    if hold is not None and hold.pardoned and gone and change.at >= int(hold.ended_at):
        return (hold.ended(EndReason.LEFT, change.at),), ()
    if hold is None or not hold.active:
        return (), ()
    if change.old.present == change.new.present:
        # It has gone before, whatever the clock of whoever placed it said: settling looks at what is there.
        older = hold.no_later_than(change.at) if hold.matches(change.old) else hold
        return () if older is hold else (older,), ()
    return (hold.gone(away=not _is_present(change, record)),), (bot.ledger.owe(Prompt(hold.group_id)),)


def _is_present(change: MemberChanged, record: PersonRecord) -> bool:
    """Whether somebody is in the group after what is newest of all that was told."""
    return (change.new if record.standing is None else newer(record.standing, change.new)).present


def _pardons(change: MemberChanged, hold: Hold) -> bool:
    """Whether an admin gave a held person their voice by hand; joining, or another bot, is no pardon."""
    freed = change.new.present and not change.new.is_admin and not change.new.restriction.silences(change.at)
    by_admin = change.actor.user_id != change.person.user_id and not _another_bot(change)
    return hold.matches(change.old) and freed and by_admin and change.new.status is not Status.KICKED


def _credited(change: MemberChanged) -> Standing:
    """What another bot does is nobody's decision: captcha bots free everybody."""
    return msgspec.structs.replace(change.new, by=None) if _another_bot(change) else change.new


def _another_bot(change: MemberChanged) -> bool:
    return change.actor.is_bot and change.actor.user_id != ANONYMOUS_ADMIN


def _echo(bot: Bot, change: MemberChanged, fact: LearntStanding, record: PersonRecord) -> Changes:
    """Our own call comes back with what it replaced: an admin's ban or mute, if the two raced, is given back.

    Restricting somebody banned un-bans them, and there is one restriction a person (restrictChatMember).
    """
    hold = record.hold
    if lost := _overwritten(change, hold):
        if hold is None or not hold.active:
            return Changes(standings=(fact,), owed=(bot.ledger.owe(lost),))
        ended = hold.ended(EndReason.TAKEN_OVER, bot.telegram.now())
        due = (bot.ledger.owe(lost), bot.ledger.owe(Prompt(hold.group_id)))
        return Changes(standings=(fact,), holds=(ended,), owed=due)
    if hold is not None and hold.active:
        holds, owed = _echo_of(bot, change, hold, present=_is_present(change, record))
        return Changes(standings=(fact,), holds=holds, owed=owed)
    orphan = bears_mark(fact.group_id, fact.user_id, change.new)
    return Changes(standings=(fact,), owed=(_settling(bot, change),) if orphan else ())


def _echo_of(
    bot: Bot, change: MemberChanged, hold: Hold, *, present: bool
) -> tuple[tuple[Hold, ...], tuple[Owed, ...]]:
    """What our call did is what is recorded, or whoever made it died before it could say so.

    It tells whether the person is there: the answer that they were held by may have been an old one.
    """
    if hold.matches(change.new):
        if hold.away != present or (hold.outside and not present):
            return (), ()
        # Whoever tells people writes to the same hold at that moment, and may win: settling looks again.
        told = hold.gone(away=not present)
        return (told,), (bot.ledger.owe(Prompt(hold.group_id)), _settling(bot, change))
    if not hold.matches(change.old) or change.at < int(hold.at):
        return (), ()
    if change.at == int(hold.at):
        # Of the release before it, or of its own: holds that follow each other have one end in common.
        return (hold.revived(hold.at),), (_settling(bot, change),)
    owed = (_settling(bot, change), *owe_correction(bot, hold))
    return (hold.ended(EndReason.QUALIFIED, change.at),), owed


def _settling(bot: Bot, change: MemberChanged) -> Owed:
    return bot.ledger.owe(Settle(GroupId(change.chat.chat_id), change.person.user_id, change.person.name))


def _overwritten(change: MemberChanged, hold: Hold | None) -> Restore | None:
    """Return what to give back if our call replaced a ban or a restriction that was not ours.

    What our own giving back replaced stays replaced: two restrictions would be given back in turns, for ever.
    """
    group_id, user_id, old = GroupId(change.chat.chat_id), change.person.user_id, change.old
    if old.status is Status.KICKED and change.new.status is not Status.KICKED:
        return Restore(group_id, user_id, banned=True, restriction=old.restriction)
    if old.status is not Status.RESTRICTED or old.restriction.lapsed(change.at):
        return None
    if _gives_back(change, hold):
        return None
    if bears_mark(group_id, user_id, old) or (hold is not None and old.restriction == hold.prior):
        return None
    instead = change.new.restriction
    return Restore(group_id, user_id, banned=False, restriction=old.restriction, instead=instead)


def _gives_back(change: MemberChanged, hold: Hold | None) -> bool:
    """Whether our call gave back what an admin had chosen: it neither placed a hold nor ended one."""
    new = change.new
    if new.status is Status.KICKED:
        return True
    ended_ours = hold is not None and new.restriction == hold.prior
    placed = bears_mark(GroupId(change.chat.chat_id), change.person.user_id, new)
    return new.status is Status.RESTRICTED and not placed and not ended_ours
