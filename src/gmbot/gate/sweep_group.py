"""Sweep a group: ask again about everybody known there of whom there is doubt, and owe what follows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from gmbot.domain.errors import RefusedError, TransientError
from gmbot.domain.group import Group
from gmbot.domain.ids import ChannelId, UserId
from gmbot.domain.mass_flip import FlipCount, is_mass_flip
from gmbot.domain.membership import UNKNOWN, MembershipState
from gmbot.domain.standing import Standing
from gmbot.domain.sweeping import Terms, to_ask
from gmbot.domain.verdict import Judgement, Reason, Verdict, decide
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes, LearntMembership, LearntStanding
from gmbot.gate.events import SweepAsked
from gmbot.gate.intents import Owed, Settle, SettleEverywhere
from gmbot.gate.ports import KnownPerson, PersonRecord
from gmbot.gate.pull_brake import pull_brake
from gmbot.gate.settle import owed_elsewhere, subscribed
from gmbot.gate.sweeps import Ages, Sweep, SweepKind
from gmbot.gate.watch_channels import lose_channels

PAGE: Final = 200
MOST_ESTIMATED: Final = 20_000
"""An estimate looks at no more people than this: it must not keep an admin waiting."""

Turn = Callable[[int], Awaitable[None]]
"""Returns when so many questions may be asked."""


class Estimate(msgspec.Struct, frozen=True):
    """What a sweep would do, by what is known now; `cut` when there are more people than were looked at."""

    people: int = 0
    asked: int = 0
    questions: int = 0
    held: int = 0
    freed: int = 0
    cut: bool = False


class _Person:
    """Somebody with what is known of them in the group that is swept."""

    def __init__(self, bot: Bot, group: Group, person: KnownPerson) -> None:
        self.user_id = person.user_id
        self.before: PersonRecord = bot.knowledge.heard(person.record)
        self.record = self.before
        self._bot = bot
        self._group = group

    @property
    def held(self) -> bool:
        """Whether GMBot holds them."""
        return self.before.hold is not None and self.before.hold.active

    @property
    def beyond(self) -> bool:
        """Whether they are known not to be in the group, or to be muted there by an admin."""
        standing = self.before.standing
        if standing is None:
            return False
        return not standing.present or standing.restriction.silences(self._bot.telegram.now())

    @property
    def verdict(self) -> Verdict:
        """What is thought of them now."""
        return decide(self._bot.knowledge.evidence(self._group, self.record, self._bot.telegram.now()))

    def to_ask(self, terms: Terms) -> tuple[ChannelId, ...]:
        """Return the channels that are worth a question."""
        evidence = self._bot.knowledge.evidence(self._group, self.before, self._bot.telegram.now())
        return to_ask(evidence, terms, held=self.held)

    def long_an_admin(self, terms: Terms) -> bool:
        """Whether they were an admin when last heard of, and that is a while ago."""
        standing = self.before.standing
        return (
            standing is not None
            and standing.is_admin
            # What the bot itself becomes, Telegram always tells it (my_chat_member).
            and self.user_id != self._bot.user_id
            and self._bot.telegram.now() - standing.stamp.at > terms.max_age_s
        )

    def now_is(self, standing: Standing) -> None:
        """Take in what they are in the group."""
        self.before = self.record = msgspec.structs.replace(self.before, standing=standing)

    def learn(self, answers: tuple[LearntMembership, ...]) -> None:
        """Take in what Telegram said."""
        self.record = self.record.learning(answers)

    def turned(self) -> tuple[ChannelId, ...]:
        """Return the channels where they were subscribed and are no longer."""
        was_in = subscribed(self.before)
        facts = self.record.memberships
        return tuple(c for c in sorted(was_in) if facts.get(c, UNKNOWN).state is MembershipState.OUT)

    @property
    def to_be_held(self) -> bool:
        """Whether they are free and should not be."""
        return not self.held and not self.beyond and self.verdict.judgement is Judgement.HELD

    @property
    def may_be_held(self) -> bool:
        """Whether they are free and should not be unless a question tells otherwise."""
        return not self.held and not self.beyond and bool(self.verdict.missing) and not self._qualifies

    @property
    def to_be_freed(self) -> bool:
        """Whether they are held and should not be."""
        return self.held and self._qualifies

    @property
    def _qualifies(self) -> bool:
        return self.verdict.judgement is Judgement.ALLOWED


async def estimate(bot: Bot, group: Group, terms: Terms) -> Estimate:
    """Return what a sweep would do; nobody is asked, and nothing is changed. Raises Unavailable."""
    seen, after = Estimate(), UserId(0)
    while page := await bot.store.known(group.group_id, group.rule.channels, after, PAGE):
        for known in page:
            seen = _counted(seen, _Person(bot, group, known), terms)
        after = page[-1].user_id
        if seen.people >= MOST_ESTIMATED:
            return msgspec.structs.replace(seen, cut=True)
    return seen


def _counted(seen: Estimate, person: _Person, terms: Terms) -> Estimate:
    questions = len(person.to_ask(terms))
    return Estimate(
        people=seen.people + 1,
        asked=seen.asked + bool(questions),
        questions=seen.questions + questions,
        held=seen.held + person.may_be_held,
        freed=seen.freed + person.to_be_freed,
    )


class Sweeping:
    """One attempt at a sweep, by one worker; `turn` keeps to the budget."""

    def __init__(self, bot: Bot, ages: Ages, turn: Turn) -> None:
        self._bot = bot
        self._ages = ages
        self._turn = turn

    async def look_at(self, group: Group, sweep: Sweep, known: KnownPerson) -> Sweep:
        """Return the sweep after one more person, stored with what was learnt and is owed.

        Raises Unavailable when the store cannot be written: the person is looked at again then.
        """
        person = _Person(self._bot, group, known)
        sweep = msgspec.structs.replace(sweep, cursor=known.user_id, people=sweep.people + 1)
        if sweep.kind is SweepKind.WARM and not _seen_since(known.record, sweep.since):
            return msgspec.structs.replace(sweep, people=sweep.people - 1)
        standings = await self._standing(group, person, self._ages.terms(sweep.kind))
        channels = person.to_ask(self._ages.terms(sweep.kind))
        answers = await self._answers(known.user_id, channels) if channels else ()
        person.learn(answers)
        if channels:
            outcome = _outcome(person, complete=len(answers) == len(channels))
            self._bot.emit(SweepAsked(group.group_id, known.user_id, outcome, len(channels)))
        sweep = _asked(sweep, person, channels, answers)
        owed, sweep = await self._owed(group, sweep, person, answers)
        if channels or owed or standings:
            sweep = msgspec.structs.replace(sweep, touched_at=self._bot.clock.now())
            changes = Changes(memberships=answers, standings=standings, owed=owed, sweeps=(sweep,))
            await self._bot.ledger.write(changes)
        return sweep

    async def _standing(self, group: Group, person: _Person, terms: Terms) -> tuple[LearntStanding, ...]:
        """Ask whether an admin still is one: they may have stepped down where the bot could not see it."""
        if not person.long_an_admin(terms):
            return ()
        await self._turn(1)
        try:
            learnt = await self._bot.questions.standing(group.group_id, person.user_id)
        except (TransientError, RefusedError):
            return ()
        person.now_is(learnt.standing)
        return (learnt,)

    async def _answers(
        self, user_id: UserId, channels: tuple[ChannelId, ...]
    ) -> tuple[LearntMembership, ...]:
        """Return what was learnt; a question that failed tells nothing, and is no verdict."""
        await self._turn(len(channels))
        answers = await self._bot.questions.memberships(user_id, channels)
        await lose_channels(self._bot, self._bot.questions.take_unusable())
        return tuple(answer for answer in answers if answer.membership.known)

    async def _owed(
        self, group: Group, sweep: Sweep, person: _Person, answers: tuple[LearntMembership, ...]
    ) -> tuple[tuple[Owed, ...], Sweep]:
        """Return what follows from what was learnt, and the sweep that counts it."""
        bot = self._bot
        owed = list(owed_elsewhere(bot, person.before.memberships, answers))
        turned = person.turned()
        if turned:
            sweep = await self._count_turned(group, sweep, person)
            owed += [bot.ledger.owe(SettleEverywhere(c, person.user_id, fell=True)) for c in turned]
        if not (person.to_be_held or person.to_be_freed):
            return tuple(owed), sweep
        if person.to_be_freed:
            sweep = msgspec.structs.replace(sweep, freed=sweep.freed + 1)
        elif not turned and not self._plausible(sweep):
            return tuple(owed), sweep
        else:
            unseen = sweep.unseen + (not turned)
            sweep = msgspec.structs.replace(sweep, held=sweep.held + 1, unseen=unseen)
        name = person.record.hold.name if person.record.hold else ""
        if not turned:
            owed.append(bot.ledger.owe(Settle(group.group_id, person.user_id, name)))
        return tuple(owed), sweep

    async def _count_turned(self, group: Group, sweep: Sweep, person: _Person) -> Sweep:
        """Count somebody who was subscribed; if they are too many, the group is paused before any is held."""
        if not person.to_be_held:
            return sweep
        sweep = msgspec.structs.replace(sweep, turned=sweep.turned + 1)
        accepted = sweep.confirmed or group.settings.flips_accepted_until > self._bot.clock.now()
        if not accepted and is_mass_flip(sweep.flips, self._bot.brake.limits):
            await pull_brake(self._bot, group, sweep.flips)
        return sweep

    def _plausible(self, sweep: Sweep) -> bool:
        """Whether so many free people may be out who were never known to be in.

        A round holds no more of them: a channel required since yesterday has most of its future
        subscribers still to come. The gate holds them when they write; an admin may sweep at once.
        """
        if sweep.kind in {SweepKind.DEMAND, SweepKind.RESUMED}:
            return True
        if sweep.kind is SweepKind.WARM:
            return False
        return not is_mass_flip(FlipCount(sweep.unseen + 1, sweep.checked), self._bot.brake.limits)


def _asked(
    sweep: Sweep, person: _Person, channels: tuple[ChannelId, ...], answers: tuple[LearntMembership, ...]
) -> Sweep:
    """Return the sweep with a person's questions and verdict counted."""
    judgement = person.verdict.judgement
    failed = len(answers) < len(channels)
    inside = judgement is Judgement.ALLOWED and person.verdict.reason is not Reason.NOT_GUARDED
    return msgspec.structs.replace(
        sweep,
        # Whoever would not be held in any case neither flips nor dilutes.
        checked=sweep.checked + (bool(answers) and not person.beyond),
        asked=sweep.asked + len(channels),
        failed=sweep.failed + failed,
        inside=sweep.inside + (inside and not failed),
        outside=sweep.outside + (not inside and not failed and bool(person.verdict.missing)),
    )


def _outcome(person: _Person, *, complete: bool) -> str:
    if not complete:
        return "unknown"
    if person.turned():
        return "turned_out"
    return "turned_in" if person.to_be_freed else "same"


def _seen_since(record: PersonRecord, since: float) -> bool:
    """Whether anything was heard of somebody since a Unix second."""
    stamps = [fact.stamp.at for fact in record.memberships.values()]
    if record.standing is not None:
        stamps.append(record.standing.stamp.at)
    return any(at >= since for at in stamps)
