"""A gate over the memory store, whose Telegram never answers, taking updates either way."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from tests.fixtures.telegram import client_of

from gmbot.adapters.memory.alone import Alone
from gmbot.adapters.memory.recall import FactMemory
from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.adapters.telegram.glimpses import nothing_passes, unless_passed
from gmbot.adapters.telegram.translate import decode_update
from gmbot.adapters.telegram.transport import Reply
from gmbot.domain.errors import Unavailable
from gmbot.domain.group import Channel, Group, PauseReason
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.mass_flip import FlipLimits
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Quorum, Rule
from gmbot.domain.standing import Standing, Status
from gmbot.entrypoints.bot.dispatch import Dispatcher
from gmbot.entrypoints.bot.texts import EnglishVoice
from gmbot.gate.bot import Bot
from gmbot.gate.brake import Brake
from gmbot.gate.changes import Changes, LearntMembership, LearntStanding
from gmbot.gate.events import Event
from gmbot.gate.guarded import Guarded
from gmbot.gate.knowledge import Knowledge
from gmbot.gate.ledger import Ledger
from gmbot.gate.ports import Me
from gmbot.gate.questions import Questions
from gmbot.gate.short_path import ShortPath
from gmbot.gate.sweeps import SweepPlan
from gmbot.gate.tally import Bounds, Tally
from gmbot.gate.tell_held import prompt_pace
from gmbot.resilience.keyed_lock import KeyedLock
from gmbot.resilience.workers import TaskPool
from gmbot.simulator import VirtualClock

START = 1_790_000_000
BOT = BotId(42)
GROUP, LOOSE, PAUSED, SHUT = GroupId(-1001), GroupId(-1002), GroupId(-1003), GroupId(-1004)
NEWS, CLUB, HIDDEN = ChannelId(-2001), ChannelId(-2002), ChannelId(-2003)
KNOWN = (UserId(10), UserId(11), UserId(12), UserId(13))
"""In the news; in the club; in both; an admin of the group who is in none."""

BOUNDS = Bounds(handling=(1.0,), lag=(0.5, 2.0, 60.0), recall=(1.0,))


class Mute:
    """A Telegram that does not answer."""

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Raise Unavailable."""
        raise Unavailable(f"{method}: no answer")


class Doubtful(Alone):
    """Shared memory that is out of touch with the others."""

    trusted = False


class Gate:
    """One bot: a group that requires the news, one that requires any, one paused, one nobody can see into."""

    def __init__(
        self,
        *,
        short: bool = True,
        trusted: bool = True,
        sampled: Callable[[int], bool] = lambda number: False,
    ) -> None:
        clock = VirtualClock(START)
        self.events: list[Event] = []
        self.database = MemoryDatabase()
        self.memory, self.tally = FactMemory(), Tally(BOUNDS)
        client = client_of(Mute(), [], clock=clock)
        store, guarded = MemoryStore(BOT, self.database), Guarded()
        shared = Alone() if trusted else Doubtful()
        self.ledger = Ledger(store, self.memory, shared, guarded, clock, telegram_now=client.now)
        self.bot = Bot(
            me=Me(BOT, "gm_bot", "GMBot"),
            telegram=client,
            store=store,
            guarded=guarded,
            knowledge=Knowledge(self.memory, shared, store, guarded),
            questions=Questions(client, clock, self.events.append),
            ledger=self.ledger,
            clock=clock,
            emit=self.events.append,
            voice=EnglishVoice(),
            people=KeyedLock(),
            brake=Brake(FlipLimits(), clock),
            sweeping=SweepPlan(),
            signing_key=b"key",
            pace=prompt_pace(clock.now),
        )
        self._dispatcher = Dispatcher(self.bot, TaskPool(1, _raise))
        self._passes = ShortPath(self.bot, self.tally, sampled) if short else nothing_passes
        self._begun = False

    async def take(self, body: bytes) -> bool:
        """Deal with an update as it came; return whether it passed."""
        if not self._begun:
            self._begun = True
            await self.ledger.write(_beginning())
        update = unless_passed(decode_update(body), self._passes)
        if update is not None:
            await self._dispatcher.handle(update)
        return update is None

    def owed(self) -> list[str]:
        """Return the kinds of what is owed."""
        return [type(owed.intent).__name__ for owed in self.database.tenant(BOT).debts.values()]

    def facts(self) -> object:
        """Return all that is stored, remembered or counted for the brake."""
        kept = self.memory
        remembered = [(dict(kind.young), dict(kind._old)) for kind in (kept._memberships, kept._standings)]
        windows = {group: window.count(START) for group, window in self.bot.brake._windows.items()}
        return vars(self.database.tenant(BOT)), remembered, windows


def message(number: int, chat_id: int, user_id: int) -> bytes:
    """Return an update with somebody's plain message."""
    said = {
        "message_id": number,
        "date": START,
        "chat": {"id": chat_id, "type": "supergroup"},
        "text": "hello",
    }
    said["from"] = {"id": user_id, "is_bot": False, "first_name": "Ann"}
    return msgspec.json.encode({"update_id": number, "message": said})


def _raise(error: BaseException) -> None:
    raise error


def _beginning() -> Changes:
    owner = UserId(1)
    stamp = Stamp(START - 10, Source.EVENT, 1)
    known = {KNOWN[0]: (NEWS,), KNOWN[1]: (CLUB,), KNOWN[2]: (NEWS, CLUB)}
    return Changes(
        groups=(
            Group(GROUP, owner, "G", Rule((NEWS,)), linked_chat_id=-3001),
            Group(LOOSE, owner, "L", Rule((NEWS, CLUB, HIDDEN), Quorum.AT_LEAST, 2)),
            Group(PAUSED, owner, "P", Rule((NEWS,)), paused=PauseReason.BY_ADMIN),
            Group(SHUT, owner, "S", Rule((HIDDEN,))),
        ),
        channels=(Channel(NEWS, "N"), Channel(CLUB, "C"), Channel(HIDDEN, "H", usable=False)),
        memberships=tuple(
            LearntMembership(user_id, channel, Membership(stamp, MembershipState.IN))
            for user_id, channels in known.items()
            for channel in channels
        ),
        standings=(LearntStanding(GROUP, KNOWN[3], Standing(Status.ADMINISTRATOR, stamp)),),
    )
