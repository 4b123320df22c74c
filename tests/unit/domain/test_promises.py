"""Promise 6 and its neighbours, over every situation that hypothesis can think of."""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.people import (
    ADMIN,
    BOT,
    DAY,
    GROUP,
    NO_MEDIA_FOR_A_DAY,
    NOW,
    PERSON,
    TEXT_ONLY,
    placed,
)
from tests.unit.domain.small_telegram import ALLOWED, HELD, UNDECIDED, UNTOUCHABLE

from gmbot.domain.hold import Hold, HoldState, hold_end
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.plan import Confirm, Lift, Nothing, Place, Situation, plan
from gmbot.domain.standing import EVERYTHING, FREE, MUTED, Restriction, Standing, Status
from gmbot.domain.verdict import Judgement, Reason, Verdict

ends = st.one_of(
    st.just(0),
    st.integers(int(NOW) - 2 * DAY, int(NOW) + 400 * DAY),
    st.integers(int(NOW) - 10, int(NOW) + 120),
    st.just(placed().until),
    st.just(hold_end(GROUP, PERSON, NOW)),
)
voices = st.sampled_from([EVERYTHING, MUTED, TEXT_ONLY.allowed, NO_MEDIA_FOR_A_DAY.allowed])
restrictions = st.builds(Restriction, voices, ends)
seen_standings = st.builds(
    Standing,
    st.sampled_from(Status),
    st.builds(Stamp, st.integers(int(NOW) - 300, int(NOW) + 300), st.sampled_from(Source)),
    st.booleans(),
    restrictions,
    st.sampled_from([None, BOT, ADMIN, PERSON]),
)
holds = st.builds(
    Hold,
    group_id=st.just(GROUP),
    user_id=st.just(PERSON),
    at=st.floats(NOW - 300, NOW),
    until=ends.filter(bool),
    state=st.sampled_from(HoldState),
    prior=restrictions,
    ended_at=st.floats(NOW - 300, NOW),
)
situations = st.builds(
    Situation,
    group_id=st.just(GROUP),
    user_id=st.just(PERSON),
    now=st.floats(NOW, NOW + 1),
    standing=st.none() | seen_standings,
    hold=st.none() | holds,
    spoke=st.booleans(),
    looked=st.booleans(),
    bot_id=st.just(BOT),
)
verdicts = st.one_of(
    st.sampled_from([HELD, UNDECIDED]),
    st.sampled_from(Reason).map(lambda why: Verdict(Judgement.ALLOWED, why)),
)


@given(verdicts, situations)
def test_each_verdict_moves_in_its_own_direction_only(verdict: Verdict, situation: Situation) -> None:
    """UNDECIDED nowhere, ALLOWED never holds, HELD never frees."""
    action = plan(verdict, situation)
    match verdict.judgement:
        case Judgement.UNDECIDED:
            assert isinstance(action, Nothing)
        case Judgement.ALLOWED:
            assert not isinstance(action, Place | Confirm)
        case Judgement.HELD:
            assert not isinstance(action, Lift)


@given(situations)
def test_promise_6_nobody_is_muted_over_an_admins_head(situation: Situation) -> None:
    """On fresh news only; no admin, nobody banned, nobody silenced already."""
    if isinstance(plan(HELD, situation), Place):
        seen = situation.standing
        assert seen is not None
        assert situation.fresh
        assert seen.status not in UNTOUCHABLE
        assert seen.status is not Status.RESTRICTED or not seen.restriction.silences(situation.now)


@given(situations)
def test_promise_6_only_our_own_fingerprint_is_lifted(situation: Situation) -> None:
    """After a look; whoever is not under our hold is asked to be what they are."""
    action = plan(ALLOWED, situation)
    if isinstance(action, Lift):
        seen = situation.standing
        assert seen is not None
        assert situation.looked
        as_they_are = seen.status is Status.MEMBER and action.restriction == FREE
        as_before = seen.status is Status.RESTRICTED and seen.restriction == action.hold.prior
        assert action.hold.matches(seen) or as_they_are or as_before


@given(st.integers(-60, 200), st.floats(NOW, NOW + 1))
def test_what_is_given_back_never_becomes_for_ever(left_s: int, now: float) -> None:
    """Telegram takes an end in under 30 s for that, and the call needs its time too."""
    hold = placed(prior=Restriction(TEXT_ONLY.allowed, int(NOW) + left_s))
    seen = Standing(Status.RESTRICTED, Stamp(int(NOW)), restriction=hold.restriction)
    action = plan(ALLOWED, Situation(GROUP, PERSON, now, seen, hold, looked=True))
    assert isinstance(action, Lift)
    assert action.restriction == FREE or action.restriction.until > now + 60


@given(situations.filter(lambda s: s.hold is None or not s.hold.active))
def test_the_end_of_a_new_hold_is_one_that_telegram_keeps(situation: Situation) -> None:
    """Between 30 s and 366 days from now."""
    action = plan(HELD, situation)
    if isinstance(action, Place):
        assert 30 < action.hold.until - situation.now < 366 * DAY


@given(verdicts, situations)
def test_every_change_of_a_hold_is_a_new_revision(verdict: Verdict, situation: Situation) -> None:
    """Records are merged by revision: one that did not grow would be lost."""
    action = plan(verdict, situation)
    if isinstance(action, Place | Confirm) and situation.hold is not None and action.hold != situation.hold:
        assert action.hold.revision > situation.hold.revision
