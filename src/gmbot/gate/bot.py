"""One bot at work: the tenant, with everything its use cases need."""

from __future__ import annotations

from dataclasses import dataclass, field

from gmbot.domain.ids import GroupId, UserId
from gmbot.gate.brake import Brake
from gmbot.gate.guarded import Guarded
from gmbot.gate.knowledge import Knowledge
from gmbot.gate.ledger import Ledger
from gmbot.gate.opening import Opening
from gmbot.gate.ports import Clock, Emit, Me, Store, Telegram, Voice
from gmbot.gate.questions import Questions
from gmbot.gate.sweeps import SweepPlan
from gmbot.gate.tracing import Trace, untraced
from gmbot.gate.waiting_requests import WaitingRequests
from gmbot.resilience.budget import Windows
from gmbot.resilience.keyed_lock import KeyedLock


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """What a use case is given. `signing_key` signs the links that ask a channel's admin to confirm.

    `pace` counts how often this process told each group of newcomers lately; `openings` are what attempts
    that begin now have in hand, by the key of the debt.
    """

    me: Me
    telegram: Telegram
    store: Store
    guarded: Guarded
    knowledge: Knowledge
    questions: Questions
    ledger: Ledger
    clock: Clock
    emit: Emit
    voice: Voice
    people: KeyedLock[tuple[GroupId, UserId]]
    brake: Brake
    sweeping: SweepPlan
    signing_key: bytes
    pace: Windows[GroupId]
    requests: WaitingRequests = field(default_factory=WaitingRequests)
    openings: dict[str, Opening] = field(default_factory=dict)
    trace: Trace = untraced

    @property
    def user_id(self) -> UserId:
        """The bot's own user id: the actor of its own calls' echoes."""
        return UserId(self.me.bot_id)
