"""A sweep: one pass over the people known in a group, as far as it has come."""

from __future__ import annotations

import enum

import msgspec

from gmbot.domain.ids import GroupId, MessageId, UserId
from gmbot.domain.mass_flip import FlipCount
from gmbot.domain.sweeping import Terms


class SweepKind(enum.StrEnum):
    """Why people are asked about again; a group has at most one sweep of each kind.

    ROUND: by themselves, now and then. DEMAND: an admin or operator asked. RESUMED: the group's admins
    said that a mass flip was real. WARM: to know before anybody writes.
    """

    ROUND = "round"
    DEMAND = "demand"
    RESUMED = "resumed"
    WARM = "warm"


class Sweep(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a sweep is, and what it found. Times are Unix seconds.

    Everybody up to `cursor` was looked at: `people` of about `total`, with `asked` questions, `failed` of
    them without an answer; about `checked` of those who are there Telegram told. `inside` may speak and
    `outside` may not, by all that is known; `turned` were subscribed before, `unseen` were never known to be;
    `held` and `freed` are owed to be. `told` is the message in `chat_id` that shows the progress. `worker` is
    who was at it at `touched_at`.
    """

    group_id: GroupId
    kind: SweepKind
    started_at: float
    cursor: UserId = UserId(0)
    total: int = 0
    people: int = 0
    checked: int = 0
    asked: int = 0
    failed: int = 0
    inside: int = 0
    outside: int = 0
    turned: int = 0
    unseen: int = 0
    held: int = 0
    freed: int = 0
    since: float = 0
    chat_id: int = 0
    told: MessageId | None = None
    worker: str = ""
    touched_at: float = 0
    finished_at: float | None = None

    @property
    def key(self) -> tuple[GroupId, SweepKind]:
        """One per group and kind."""
        return self.group_id, self.kind

    @property
    def flips(self) -> FlipCount:
        """How many turned OUT among those whom this sweep asked about."""
        return FlipCount(self.turned, self.checked)

    @property
    def confirmed(self) -> bool:
        """Whether somebody wants people held by it, however many they are."""
        return self.kind is SweepKind.RESUMED

    @property
    def to_be_told(self) -> bool:
        """Whether there is a message that shows its progress."""
        return self.told is not None

    def finished(self, at: float) -> Sweep:
        """Return the sweep after its end."""
        return msgspec.structs.replace(self, finished_at=at, touched_at=at)

    def taken(self, worker: str, at: float) -> Sweep:
        """Return the sweep with somebody at it."""
        return msgspec.structs.replace(self, worker=worker, touched_at=at)


class Ages(msgspec.Struct, frozen=True):
    """How old, in seconds, what is believed may be before each kind of sweep asks again."""

    round_s: float = 86_400
    demand_s: float = 3_600

    def terms(self, kind: SweepKind) -> Terms:
        """Return how much a sweep of this kind doubts."""
        by_itself = kind is SweepKind.ROUND
        return Terms(self.round_s if by_itself else self.demand_s, thorough=not by_itself)


class SweepPlan(msgspec.Struct, frozen=True):
    """How often groups are swept by themselves (`rounds`), and how many questions that may take.

    Without `serve` nothing is swept but by a call: for commands that work beside the service.
    """

    rate_per_s: float = 5.0
    every_s: float = 21_600
    ages: Ages = Ages()
    rounds: bool = True
    serve: bool = True
