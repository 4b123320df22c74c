"""Settle one person in one group: make their mute what the facts say, one checked step at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from gmbot.domain.errors import ChatUnusable, PersonProtected, PersonUnknown, RightsMissing, Unavailable
from gmbot.domain.group import Group, PauseReason
from gmbot.domain.hindsight import was_wrongful
from gmbot.domain.hold import EndReason, Hold
from gmbot.domain.ids import ChannelId, GroupId, ThreadId, UserId
from gmbot.domain.membership import UNKNOWN, Membership, MembershipState, merge
from gmbot.domain.plan import Action, Confirm, End, Lift, Look, Nothing, Place, Situation, plan
from gmbot.domain.verdict import Judgement, Reason, Verdict, decide
from gmbot.gate.bot import Bot
from gmbot.gate.changes import NO_CHANGES, LearntMembership
from gmbot.gate.events import HoldEnded, HoldPlaced
from gmbot.gate.intents import Owed, Prompt, SettleEverywhere
from gmbot.gate.opening import Opening
from gmbot.gate.pause_group import pause_group
from gmbot.gate.ports import KnownMemberships, PersonRecord
from gmbot.gate.pull_brake import pull_brake
from gmbot.gate.tell_held import owe_correction, owe_prompt
from gmbot.gate.watch_channels import lose_channels

MOST_STEPS = 8
"""More than any person needs; a bound on what a disagreement with Telegram can cost."""


class Case(msgspec.Struct, frozen=True):
    """Whose turn it is, under which name, since when (Unix seconds, our clock); and where they `spoke`.

    `fell`: a channel told that they were subscribed, and are no longer.
    """

    group_id: GroupId
    user_id: UserId
    since: float
    spoke: bool = False
    name: str = ""
    thread_id: ThreadId | None = None
    fell: bool = False


async def settle(bot: Bot, case: Case, opening: Opening | None = None) -> Verdict:
    """Return the verdict, after making it so.

    Raises TransientError when it could not be made so yet: the case stays owed and is taken up again.
    UNDECIDED after asking is such a case; nobody's mute is touched by it. What `opening` has is stored on
    the way; raises AppliedBefore, and does nothing, if it was before.
    """
    person = case.group_id, case.user_id
    if opening is not None and bot.people.held(person):
        # Somebody is settling them: what was known of them before that is not believed.
        await opening.write()
        opening = None
    async with bot.people(person):
        return await _Settlement(bot, case, opening).run()


class _Settlement:
    """One attempt, under the person's lock.

    What is asked is written together with what it leads to: a hold and the facts it rests on are one
    transaction. After each effect the record is read again, so that nothing that came meanwhile is missed.
    """

    def __init__(self, bot: Bot, case: Case, opening: Opening | None) -> None:
        self._bot = bot
        self._case = case
        self._opening = opening
        self._record = PersonRecord()
        self._looked = False
        self._asked = False
        self._reread = False
        self._learnt = NO_CHANGES
        self._was_in: frozenset[ChannelId] = frozenset()

    async def run(self) -> Verdict:
        if self._opening is None:
            await self._read()
        else:
            self._record = self._opening.record
        self._was_in = subscribed(self._record)
        for _ in range(MOST_STEPS):
            group = self._bot.guarded.group(self._case.group_id)
            with self._bot.trace("decide"):
                verdict = decide(self._bot.knowledge.evidence(group, self._record, self._bot.telegram.now()))
            if verdict.ask and not self._asked:
                await self._ask(verdict)
            elif verdict.judgement is Judgement.UNDECIDED:
                await self._write()
                raise Unavailable("membership is still unknown")
            elif await self._step(verdict, group):
                await self._write()
                await self._follow_presence()
                if verdict.reason is Reason.QUALIFIED:
                    self._bot.brake.passed(self._case.group_id, self._case.user_id)
                return verdict
        raise Unavailable("a hold did not settle")

    async def _read(self) -> None:
        group = self._bot.guarded.group(self._case.group_id)
        channels = group.rule.channels if group is not None else ()
        self._record = await self._bot.knowledge.record(self._case.group_id, self._case.user_id, channels)
        self._looked = False

    async def _write(self, **changes: Any) -> None:
        """Store changes together with what was learnt since the last time, if there is anything at all."""
        learnt, self._learnt = self._learnt, NO_CHANGES
        opening, self._opening = self._opening, None
        if changes or learnt is not NO_CHANGES:
            changes["owed"] = (*learnt.owed, *changes.get("owed", ()))
            learnt = msgspec.structs.replace(learnt, **changes)
        if opening is not None:
            await opening.write(learnt)
        elif learnt is not NO_CHANGES:
            await self._bot.ledger.write(learnt)

    async def _ask(self, verdict: Verdict) -> None:
        self._asked = True
        answers = await self._bot.questions.memberships(self._case.user_id, verdict.ask)
        known = tuple(answer for answer in answers if answer.membership.known)
        owed = owed_elsewhere(self._bot, self._record.memberships, known)
        self._learnt = msgspec.structs.replace(self._learnt, memberships=known, owed=owed)
        self._record = self._record.learning(known)
        await lose_channels(self._bot, self._bot.questions.take_unusable())

    async def _step(self, verdict: Verdict, group: Group | None) -> bool:
        """Take one step; True when there is nothing left to do.

        After each step all is decided anew: whoever joined while they were being held is freed at once.
        """
        action = plan(verdict, self._situation())
        if isinstance(action, Nothing) or (_holds(action) and not _may_hold(group)):
            return True
        if isinstance(action, Place) and await self._overtaken(group):
            return False
        if isinstance(action, Place) and await self._braked(group, verdict):
            return True
        try:
            await self._act(action)
        except (RightsMissing, ChatUnusable) as error:
            return await self._stand_back(group, error)
        except PersonProtected:
            return await self._exempt()
        except PersonUnknown as error:
            return self._unseen(error)
        return False

    async def _overtaken(self, group: Group | None) -> bool:
        """Whether news that allow the person came while Telegram was asked; then all is read again, once."""
        if group is None or self._reread:
            return False
        known = self._bot.knowledge.recall(group, self._case.user_id, self._bot.telegram.now())
        if known.judgement is not Judgement.ALLOWED:
            return False
        self._reread = True
        await self._write()
        await self._read()
        return True

    async def _braked(self, group: Group | None, verdict: Verdict) -> bool:
        """Whether so many members have just turned OUT that an admin must look before anybody is held."""
        known = self._case.fell or not self._was_in.isdisjoint(verdict.missing)
        if group is None or not known or group.settings.flips_accepted_until > self._bot.clock.now():
            return False
        seen = self._bot.brake.flipped(group.group_id, self._case.user_id)
        if seen is None:
            return False
        await pull_brake(self._bot, group, seen)
        return True

    async def _follow_presence(self) -> None:
        """Tell nobody who is not there: people leave, and come, while they are being held.

        Whoever tells them writes to the same hold at that moment, and may win.
        """
        for _ in range(MOST_STEPS):
            hold, standing = self._record.hold, self._record.standing
            if hold is None or standing is None or not hold.active or hold.outside:
                return
            if hold.away != standing.present:
                return
            prompt = self._bot.ledger.owe(Prompt(hold.group_id))
            await self._write(holds=(hold.gone(away=not standing.present),), owed=(prompt,))
            await self._read()

    def _outside(self) -> bool:
        """Whether somebody wrote who never joined; without a linked channel they must have left since."""
        group, standing = self._bot.guarded.group(self._case.group_id), self._record.standing
        linked = group is not None and group.linked_chat_id is not None
        return linked and self._case.spoke and standing is not None and not standing.present

    def _situation(self) -> Situation:
        return Situation(
            group_id=self._case.group_id,
            user_id=self._case.user_id,
            now=self._bot.telegram.now(),
            standing=self._record.standing,
            hold=self._record.hold,
            spoke=self._case.spoke,
            looked=self._looked,
            bot_id=self._bot.user_id,
        )

    async def _act(self, action: Action) -> None:
        match action:
            case Look():
                await self._look()
            case Place(hold=hold):
                await self._place(hold)
            case Confirm(hold=hold):
                await self._record_placed(hold)
            case Lift():
                await self._lift(action)
            case End(hold=hold, reason=reason):
                await self._record_end(hold, reason, lifted=False)
            case Nothing():
                pass

    async def _look(self) -> None:
        learnt = await self._bot.questions.standing(self._case.group_id, self._case.user_id)
        self._learnt = msgspec.structs.replace(self._learnt, standings=(learnt,))
        self._record = msgspec.structs.replace(self._record, standing=learnt.standing)
        self._looked = True

    async def _place(self, hold: Hold) -> None:
        case = self._case
        outside, standing = self._outside(), self._record.standing
        owed = msgspec.structs.replace(
            hold,
            name=case.name or hold.name,
            thread_id=case.thread_id or hold.thread_id,
            outside=outside,
            away=standing is not None and not standing.present and not outside,
        )
        await self._write(holds=(owed,))
        self._record = msgspec.structs.replace(self._record, hold=owed)
        await self._bot.telegram.restrict(case.group_id, case.user_id, owed.restriction)
        self._case = msgspec.structs.replace(case, spoke=False)
        await self._record_placed(owed.placed(self._bot.telegram.now()))

    async def _record_placed(self, hold: Hold) -> None:
        await self._write(holds=(hold,), owed=(owe_prompt(self._bot, hold.group_id),))
        since = self._bot.clock.now() - self._case.since
        self._bot.emit(HoldPlaced(hold.group_id, hold.user_id, "not_subscribed", since))
        await self._read()

    async def _lift(self, lift: Lift) -> None:
        case = self._case
        await self._bot.telegram.restrict(case.group_id, case.user_id, lift.restriction)
        await self._record_end(lift.hold, lift.reason, lifted=True)

    async def _record_end(self, hold: Hold, reason: EndReason, *, lifted: bool) -> None:
        bot = self._bot
        ended = hold.ended(reason, bot.telegram.now())
        await self._write(holds=(ended,), owed=owe_correction(bot, hold))
        since = bot.clock.now() - self._case.since
        group = bot.guarded.group(hold.group_id)
        wrongful = group is not None and was_wrongful(group.rule, hold, self._record.memberships)
        bot.emit(HoldEnded(hold.group_id, hold.user_id, reason.value, lifted, since, wrongful))
        await self._read()
        await self._insist(hold, reason)

    async def _insist(self, hold: Hold, reason: EndReason) -> None:
        """Write the end again if whoever else wrote to the hold at that moment has won.

        Nobody must be taken for held who is free.
        """
        for _ in range(MOST_STEPS):
            kept = self._record.hold
            if kept is None or not kept.active or kept.at > hold.at:
                return
            ended = kept.ended(reason, self._bot.telegram.now())
            await self._write(holds=(ended,), owed=owe_correction(self._bot, kept))
            await self._read()

    async def _exempt(self) -> bool:
        """Telegram refuses to restrict an admin whom we took for a member: end the hold, and look again."""
        hold = self._record.hold
        if hold is not None and hold.active:
            await self._record_end(hold, EndReason.EXEMPT, lifted=False)
        await self._look()
        return True

    def _unseen(self, error: PersonUnknown) -> bool:
        """Telegram fails at random to see people who are there: whoever is held is not forgotten for it."""
        hold = self._record.hold
        if hold is not None and hold.active:
            raise Unavailable(str(error)) from error
        return True

    async def _stand_back(self, group: Group | None, error: RightsMissing | ChatUnusable) -> bool:
        """The bot may not act in the group: pause it; whoever is held stays recorded for better times."""
        if group is not None:
            removed = isinstance(error, ChatUnusable)
            reason = PauseReason.BOT_REMOVED if removed else PauseReason.RIGHTS_MISSING
            await pause_group(self._bot, group, reason)
        return True


def subscribed(record: PersonRecord) -> frozenset[ChannelId]:
    """Return where somebody was subscribed when last heard of."""
    known = (c for c, fact in record.memberships.items() if fact.state is MembershipState.IN)
    return frozenset((*known, *record.lapsed))


def owed_elsewhere(
    bot: Bot, before: KnownMemberships, answers: Sequence[LearntMembership]
) -> tuple[Owed, ...]:
    """Return what answers lead to: whoever joined a channel unheard is freed in every group, not in one.

    An answer that is older than what is believed changes nothing: to owe for it would be to ask without end.
    """
    return tuple(
        bot.ledger.owe(SettleEverywhere(answer.channel_id, answer.user_id))
        for answer in answers
        if _turned_in(before.get(answer.channel_id, UNKNOWN), answer.membership)
    )


def _turned_in(before: Membership, answer: Membership) -> bool:
    return before.state is MembershipState.OUT and merge(before, answer).state is MembershipState.IN


def _holds(action: Action) -> bool:
    return isinstance(action, Place | Confirm)


def _may_hold(group: Group | None) -> bool:
    return group is not None and group.enforced
