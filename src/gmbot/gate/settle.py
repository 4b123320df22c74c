"""Settle one person in one group: make their mute what the facts say, one checked step at a time."""

from __future__ import annotations

import msgspec

from gmbot.domain.errors import ChatUnusable, PersonProtected, PersonUnknown, RightsMissing, Unavailable
from gmbot.domain.group import Group, PauseReason
from gmbot.domain.hold import EndReason, Hold
from gmbot.domain.ids import GroupId, ThreadId, UserId
from gmbot.domain.plan import Action, Confirm, End, Lift, Look, Nothing, Place, Situation, plan
from gmbot.domain.verdict import Judgement, Verdict, decide
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes, LearntMembership, LearntStanding
from gmbot.gate.events import HoldEnded, HoldPlaced
from gmbot.gate.intents import Prompt
from gmbot.gate.pause_group import pause_group
from gmbot.gate.watch_channels import lose_channels

MOST_STEPS = 8
"""More than any person needs; a bound on what a disagreement with Telegram can cost."""


class Case(msgspec.Struct, frozen=True):
    """Whose turn it is, under which name, since when (Unix seconds, our clock); and where they `spoke`."""

    group_id: GroupId
    user_id: UserId
    since: float
    spoke: bool = False
    name: str = ""
    thread_id: ThreadId | None = None


async def settle(bot: Bot, case: Case) -> Verdict:
    """Return the verdict, after making it so.

    Raises TransientError when it could not be made so yet: the case stays owed and is taken up again.
    UNDECIDED after asking is such a case; nobody's mute is touched by it.
    """
    async with bot.people((case.group_id, case.user_id)):
        return await _Settlement(bot, case).run()


class _Settlement:
    """One attempt, under the person's lock."""

    def __init__(self, bot: Bot, case: Case) -> None:
        self._bot = bot
        self._case = case
        self._looked: LearntStanding | None = None
        self._asked: tuple[LearntMembership, ...] = ()

    async def run(self) -> Verdict:
        asked = False
        for _ in range(MOST_STEPS):
            group = self._bot.guarded.group(self._case.group_id)
            hold = await self._bot.store.hold(self._case.group_id, self._case.user_id)
            verdict = await self._verdict(group, hold)
            if verdict.ask and not asked:
                asked = True
                await self._ask(verdict)
            elif verdict.judgement is Judgement.UNDECIDED:
                raise Unavailable("membership is still unknown")
            elif await self._step(verdict, group, hold):
                return verdict
        raise Unavailable("a hold did not settle")

    async def _verdict(self, group: Group | None, hold: Hold | None) -> Verdict:
        now = self._bot.telegram.now()
        return decide(await self._bot.knowledge.truth(group, self._case.user_id, hold, now))

    async def _ask(self, verdict: Verdict) -> None:
        learnt = await self._bot.questions.memberships(self._case.user_id, verdict.ask)
        await self._bot.ledger.write(
            Changes(memberships=tuple(one for one in learnt if one.membership.known))
        )
        await lose_channels(self._bot, self._bot.questions.take_unusable())

    async def _step(self, verdict: Verdict, group: Group | None, hold: Hold | None) -> bool:
        """Take one step; True when there is nothing left to do.

        After each step all is decided anew: whoever joined while they were being held is freed at once.
        """
        action = plan(verdict, await self._situation(group, hold))
        if isinstance(action, Nothing) or (_holds(action) and not _may_hold(group)):
            return True
        try:
            await self._act(action)
        except (RightsMissing, ChatUnusable) as error:
            return await self._stand_back(group, error)
        except PersonProtected:
            return await self._exempt(hold)
        except PersonUnknown:
            return True
        return False

    async def _situation(self, group: Group | None, hold: Hold | None) -> Situation:
        standing = self._looked.standing if self._looked else None
        if standing is None and group is not None:
            standing = await self._bot.store.standing(group.group_id, self._case.user_id)
        return Situation(
            group_id=self._case.group_id,
            user_id=self._case.user_id,
            now=self._bot.telegram.now(),
            standing=standing,
            hold=hold,
            spoke=self._case.spoke,
            looked=self._looked is not None,
            bot_id=self._bot.user_id,
        )

    async def _act(self, action: Action) -> None:
        match action:
            case Look():
                self._looked = await self._bot.questions.standing(self._case.group_id, self._case.user_id)
                await self._bot.ledger.write(Changes(standings=(self._looked,)))
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

    async def _place(self, hold: Hold) -> None:
        case = self._case
        owed = msgspec.structs.replace(
            hold, name=case.name or hold.name, thread_id=case.thread_id or hold.thread_id
        )
        await self._bot.ledger.write(Changes(holds=(owed,)))
        await self._bot.telegram.restrict(case.group_id, case.user_id, owed.restriction)
        self._looked = None
        self._case = msgspec.structs.replace(case, spoke=False)
        await self._record_placed(owed.placed())

    async def _record_placed(self, hold: Hold) -> None:
        prompt = self._bot.ledger.owe(Prompt(hold.group_id))
        await self._bot.ledger.write(Changes(holds=(hold,), owed=(prompt,)))
        since = self._bot.clock.now() - self._case.since
        self._bot.emit(HoldPlaced(hold.group_id, hold.user_id, "not_subscribed", since))

    async def _lift(self, lift: Lift) -> None:
        case = self._case
        await self._bot.telegram.restrict(case.group_id, case.user_id, lift.restriction)
        self._looked = None
        await self._record_end(lift.hold, lift.reason, lifted=True)

    async def _record_end(self, hold: Hold, reason: EndReason, *, lifted: bool) -> None:
        bot = self._bot
        prompt = (bot.ledger.owe(Prompt(hold.group_id)),) if hold.prompt_id else ()
        ended = hold.ended(reason, bot.telegram.now())
        await bot.ledger.write(Changes(holds=(ended,), owed=prompt))
        since = bot.clock.now() - self._case.since
        bot.emit(HoldEnded(hold.group_id, hold.user_id, reason.value, lifted, since))

    async def _exempt(self, hold: Hold | None) -> bool:
        """Telegram refuses to restrict an admin whom we took for a member: look again, and end the hold."""
        case = self._case
        owed = await self._bot.store.hold(case.group_id, case.user_id) or hold
        if owed is not None and owed.active:
            await self._record_end(owed, EndReason.EXEMPT, lifted=False)
        learnt = await self._bot.questions.standing(case.group_id, case.user_id)
        await self._bot.ledger.write(Changes(standings=(learnt,)))
        return True

    async def _stand_back(self, group: Group | None, error: RightsMissing | ChatUnusable) -> bool:
        """The bot may not act in the group: pause it; whoever is held stays recorded for better times."""
        if group is not None:
            removed = isinstance(error, ChatUnusable)
            reason = PauseReason.BOT_REMOVED if removed else PauseReason.RIGHTS_MISSING
            await pause_group(self._bot, group, reason)
        return True


def _holds(action: Action) -> bool:
    return isinstance(action, Place | Confirm)


def _may_hold(group: Group | None) -> bool:
    return group is not None and group.enforced
