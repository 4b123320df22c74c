"""A hold: a mute that GMBot placed, and only that."""

from __future__ import annotations

import enum

import msgspec

from gmbot.domain.ids import ChannelId, GroupId, MessageId, ThreadId, UserId
from gmbot.domain.standing import FREE, MUTED, SPEECH, Restriction, Standing, Status

HOLD_SECONDS = 360 * 86_400
"""How long Telegram keeps a hold that GMBot never lifts; under 366 days, beyond which it means for ever."""

_MARK_CYCLE_S = 431_993


def hold_end(group_id: GroupId, user_id: UserId, at: float) -> int:
    """Return the end (Unix second) of a hold placed at `at`: 360 to 365 days on, and bearing GMBot's mark."""
    earliest = int(at) + HOLD_SECONDS
    return earliest + (_mark(group_id, user_id) - earliest) % _MARK_CYCLE_S


def bears_mark(group_id: GroupId, user_id: UserId, standing: Standing) -> bool:
    """Whether a restriction is one of GMBot's holds, past or present, even if all records of it are lost.

    An admin's restriction bears it by chance once in 431,993 times, if it also silences and has an end.
    """
    held = standing.restriction
    silent = standing.status is Status.RESTRICTED and not held.allowed & SPEECH
    return silent and held.until > 0 and held.until % _MARK_CYCLE_S == _mark(group_id, user_id)


def _mark(group_id: GroupId, user_id: UserId) -> int:
    return (group_id * 31 + user_id) % _MARK_CYCLE_S


class HoldState(enum.StrEnum):
    """Where a hold is in its life; it is written down as OWED before it is attempted."""

    OWED = "owed"
    PLACED = "placed"
    ENDED = "ended"


class EndReason(enum.StrEnum):
    """Why a hold ended."""

    QUALIFIED = "qualified"
    UNPROTECTED = "unprotected"
    CHANNEL_UNUSABLE = "channel_unusable"
    EXEMPT = "exempt"
    PROMOTED = "promoted"
    BANNED = "banned"
    TAKEN_OVER = "taken_over"
    PARDONED = "pardoned"
    LEFT = "left"
    LAPSED = "lapsed"
    NEVER_PLACED = "never_placed"


class Hold(msgspec.Struct, frozen=True):
    """One person's hold in one group.

    `until` (Unix seconds) is both the end that Telegram knows and the hold's fingerprint: a
    restriction with another end was placed by somebody else and is never lifted. `prior` is what the
    person had before and gets back. `pardoned` says that an admin freed the person by hand: they are
    left alone from then on. `prompt_id` is the message that told them what to join; nobody who is `away`
    (left the group) is told anything; whoever writes from `outside`, as people may in a channel's discussion
    group, was never in it and is told all the same.
    """

    group_id: GroupId
    user_id: UserId
    at: float
    until: int
    missing: tuple[ChannelId, ...] = ()
    state: HoldState = HoldState.OWED
    prior: Restriction = FREE
    end: EndReason | None = None
    ended_at: float = 0
    prompt_id: MessageId | None = None
    prompted_at: float = 0
    thread_id: ThreadId | None = None
    name: str = ""
    away: bool = False
    outside: bool = False
    revision: int = 0

    @property
    def active(self) -> bool:
        """Whether the hold is owed or in place."""
        return self.state is not HoldState.ENDED

    @property
    def pardoned(self) -> bool:
        """Whether an admin ended this hold by hand."""
        return self.end is EndReason.PARDONED

    @property
    def restriction(self) -> Restriction:
        """What GMBot tells Telegram to place."""
        return Restriction(MUTED, self.until)

    def matches(self, standing: Standing) -> bool:
        """Whether the restriction that the person has is this hold and nobody else's."""
        held = standing.restriction
        return standing.status is Status.RESTRICTED and held.until == self.until and not held.allowed & SPEECH

    def placed(self, at: float) -> Hold:
        """Return the hold once Telegram has it, and was heard to at `at` (Unix seconds).

        A call may wait for seconds: what an admin did meanwhile came before the hold and is no pardon.
        """
        return self._next(state=HoldState.PLACED, at=at)

    def no_later_than(self, at: float) -> Hold:
        """Return the hold as placed no later than `at` (Unix seconds), when something else took its place."""
        return self._next(at=at) if at < int(self.at) else self

    def retried(self, prior: Restriction, at: float) -> Hold:
        """Return the hold as attempted again at `at` (Unix seconds) on a person who has `prior` by now.

        Its end stays, so that an attempt which arrives late is recognised; news from before `at` tell
        nothing about it.
        """
        return self._next(prior=prior, at=at)

    def revived(self, at: float) -> Hold:
        """Return the hold as owed again: Telegram had it at `at` (Unix seconds), and may have it still."""
        return self._next(state=HoldState.OWED, end=None, ended_at=0, at=at)

    def ended(self, reason: EndReason, at: float) -> Hold:
        """Return the hold after its end at `at` (Unix seconds)."""
        return self._next(state=HoldState.ENDED, end=reason, ended_at=at)

    def prompted(self, prompt_id: MessageId, at: float) -> Hold:
        """Return the hold after its person was told what to join."""
        return self._next(prompt_id=prompt_id, prompted_at=at)

    def unprompted(self) -> Hold:
        """Return the hold after its message was deleted; when it was sent is kept."""
        return self._next(prompt_id=None)

    def gone(self, *, away: bool) -> Hold:
        """Return the hold after its person left the group, or came back."""
        return self._next(away=away)

    def _next(self, **changes: object) -> Hold:
        return msgspec.structs.replace(self, revision=self.revision + 1, **changes)
