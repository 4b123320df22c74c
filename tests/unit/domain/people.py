"""Values that the tests of the domain are about."""

from gmbot.domain.hold import Hold, hold_end
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.standing import EVERYTHING, MUTED, SPEECH, Restriction, Standing, Status

NOW = 1_800_000_000.0
DAY = 86_400
GROUP, PERSON = GroupId(-1001), UserId(7)
BOT, ADMIN = UserId(99), UserId(50)
NEWS, SHOP, CLUB = ChannelId(-100), ChannelId(-200), ChannelId(-300)

FOR_EVER = Restriction(MUTED)
FOR_A_DAY = Restriction(MUTED, int(NOW) + DAY)
TEXT_ONLY = Restriction(frozenset({"can_send_messages"}))
NO_MEDIA_FOR_A_DAY = Restriction(EVERYTHING - SPEECH | {"can_send_messages"}, int(NOW) + DAY)
OVER = Restriction(MUTED, int(NOW) - 1)


def standing(
    status: Status = Status.MEMBER,
    restriction: Restriction | None = None,
    *,
    age_s: int = 0,
    by: UserId | None = None,
    present: bool | None = None,
) -> Standing:
    """A standing as Telegram would tell it `age_s` seconds ago."""
    gone = status in {Status.LEFT, Status.KICKED}
    return Standing(
        status=status,
        stamp=Stamp(int(NOW) - age_s, Source.QUESTION if by is None else Source.EVENT),
        present=not gone if present is None else present,
        restriction=restriction or Restriction(),
        by=by,
    )


def restricted(restriction: Restriction, *, age_s: int = 0, by: UserId | None = None) -> Standing:
    """A restricted person."""
    return standing(Status.RESTRICTED, restriction, age_s=age_s, by=by)


def owed(*, age_s: float = 100, prior: Restriction | None = None) -> Hold:
    """A hold that was written down `age_s` seconds ago."""
    at = NOW - age_s
    return Hold(GROUP, PERSON, at, hold_end(GROUP, PERSON, at), (NEWS,), prior=prior or Restriction())


def placed(*, age_s: float = 100, prior: Restriction | None = None) -> Hold:
    """A hold that Telegram has."""
    return owed(age_s=age_s, prior=prior).placed(NOW - age_s)
