"""plan() driven until it rests, for everybody who can be, whatever is known of them."""

from collections.abc import Iterator
from itertools import product

from tests.unit.domain.people import (
    ADMIN,
    BOT,
    DAY,
    FOR_A_DAY,
    FOR_EVER,
    NO_MEDIA_FOR_A_DAY,
    NOW,
    OVER,
    PERSON,
    TEXT_ONLY,
    owed,
    placed,
)
from tests.unit.domain.small_telegram import (
    ALLOWED,
    HELD,
    MOST_STEPS,
    PARDONED,
    UNDECIDED,
    UNTOUCHABLE,
    Attempt,
    Truth,
)

from gmbot.domain.hold import EndReason, Hold, HoldState
from gmbot.domain.ids import UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.plan import Lift, Look, Place
from gmbot.domain.standing import FREE, Standing, Status
from gmbot.domain.verdict import Verdict

OURS = placed().restriction
VERDICTS = (HELD, ALLOWED, UNDECIDED)


def truths() -> Iterator[Truth]:
    """Everything that a person can be."""
    yield Truth(Status.CREATOR)
    yield Truth(Status.ADMINISTRATOR)
    yield Truth(Status.MEMBER)
    yield Truth(Status.LEFT, present=False)
    yield Truth(Status.KICKED, present=False)
    restrictions = (OURS, FOR_EVER, FOR_A_DAY, TEXT_ONLY, NO_MEDIA_FOR_A_DAY, OVER)
    for restriction, present in product(restrictions, (True, False)):
        yield Truth(Status.RESTRICTED, restriction, present)


def records() -> Iterator[Hold | None]:
    """Every record that there can be of a hold with GMBot's fingerprint, or of another one."""
    yield None
    for prior in (FREE, TEXT_ONLY, NO_MEDIA_FOR_A_DAY, FOR_EVER):
        yield owed(prior=prior)
        yield placed(prior=prior)
        for reason in (EndReason.QUALIFIED, EndReason.TAKEN_OVER, EndReason.LEFT):
            yield placed(prior=prior).ended(reason, NOW - 50)
    yield placed(age_s=20 * DAY)
    yield owed(age_s=20 * DAY)


def beliefs(truth: Truth) -> Iterator[Standing | None]:
    """What GMBot may have heard: nothing, the truth, or something that is true no longer."""
    yield None
    for age_s, by in product((0, 30, 200), (None, BOT, ADMIN, PERSON)):
        yield truth.seen(heard(age_s, by), by)
    for was in truths():
        yield was.seen(heard(200, ADMIN), ADMIN)


def heard(age_s: int, by: UserId | None) -> Stamp:
    """The stamp of something heard so many seconds ago."""
    return Stamp(int(NOW) - age_s, Source.QUESTION if by is None else Source.EVENT)


def attempts(
    verdict: Verdict, *, spoke: bool
) -> Iterator[tuple[Truth, Standing | None, Hold | None, Attempt]]:
    """The verdict carried out for everybody who can be, with everything that may be known of them."""
    for truth, hold in product(truths(), records()):
        for belief in beliefs(truth):
            yield truth, belief, hold, Attempt(verdict, truth, belief, hold).run(spoke=spoke)


def active(hold: Hold | None) -> bool:
    """Whether a hold is recorded as being in force."""
    return hold is not None and hold.active


def heard_truly(truth: Truth, belief: Standing | None) -> bool:
    """Whether what was heard of somebody is so."""
    return belief is not None and belief == truth.seen(belief.stamp, belief.by)


def test_undecided_moves_nothing() -> None:
    """No call, no record, no question."""
    for spoke in (True, False):
        assert all(not done.actions for *_, done in attempts(UNDECIDED, spoke=spoke))


def test_it_always_comes_to_rest() -> None:
    """Within a few steps, whoever it is and whatever was known; nobody untouchable is ever called about."""
    for verdict, spoke in product(VERDICTS, (True, False)):
        for *_, done in attempts(verdict, spoke=spoke):
            assert len(done.actions) < MOST_STEPS


def test_whoever_speaks_without_qualifying_is_held_by_us_or_silenced_by_an_admin() -> None:
    """Unless an admin pardoned them, is one, or banned them."""
    for truth, belief, hold, done in attempts(HELD, spoke=True):
        if truth.status in UNTOUCHABLE or done.verdict is PARDONED:
            assert not done.truth.ours or truth.ours, (truth, belief, hold, done.actions)
        else:
            assert done.truth.ours or done.truth.admins_own(NOW), (truth, belief, hold, done.actions)


def test_a_hold_in_place_is_a_hold_on_record() -> None:
    """Whoever is silenced by us after a look can be found and freed again."""
    for truth, belief, hold, done in attempts(HELD, spoke=True):
        looked = any(isinstance(action, Look) for action in done.actions)
        if done.truth.ours and looked:
            recorded = done.hold is not None and done.hold.state is HoldState.PLACED
            assert recorded, (truth, belief, hold, done.actions)
            assert done.hold is not None
            assert done.hold.until == done.truth.restriction.until


def test_a_hold_on_record_is_a_hold_in_place_once_it_was_looked_at() -> None:
    """Records do not claim holds that Telegram does not have."""
    for truth, belief, hold, done in attempts(HELD, spoke=True):
        if active(done.hold):
            assert done.truth.ours, (truth, belief, hold, done.actions)


def test_whoever_qualifies_and_has_a_hold_on_record_is_free_of_it() -> None:
    """And of the record."""
    for truth, belief, hold, done in attempts(ALLOWED, spoke=False):
        if active(hold):
            assert not done.truth.ours, (truth, belief, hold, done.actions)
        assert not active(done.hold), (truth, belief, hold, done.actions)


def test_whoever_qualifies_and_was_heard_to_be_held_is_free_of_it() -> None:
    """Even with no record, or with one that says it ended."""
    for truth, belief, hold, done in attempts(ALLOWED, spoke=False):
        news = belief is not None and (hold is None or belief.stamp.at > hold.ended_at)
        if news and heard_truly(truth, belief):
            assert not done.truth.ours, (truth, belief, hold, done.actions)


def test_whoever_is_freed_has_what_they_had_before() -> None:
    """A member is a member again, a lesser restriction of an admin's is back."""
    for truth, belief, hold, done in attempts(ALLOWED, spoke=False):
        if truth.ours and not done.truth.ours:
            known = hold is not None and hold.until == truth.restriction.until
            prior = hold.prior if hold is not None and known else FREE
            assert done.truth == truth.restrict(prior, NOW), (truth, belief, hold, done.actions)


def test_promise_6_admins_own_doing_is_as_it_was() -> None:
    """Bans, promotions, mutes and lesser restrictions of others are never lifted or overwritten for good."""
    for verdict, spoke in product(VERDICTS, (True, False)):
        for truth, belief, hold, done in attempts(verdict, spoke=spoke):
            if truth.admins_own(NOW):
                lied_to = not heard_truly(truth, belief) and belief is not None
                assert done.truth == truth, (verdict, lied_to, truth, belief, hold, done.actions)


def test_promise_6_nobody_untouchable_is_ever_called_about() -> None:
    """Not even a call that would change nothing: restricting somebody banned un-bans them."""
    for verdict, spoke in product(VERDICTS, (True, False)):
        for truth, _, _, done in attempts(verdict, spoke=spoke):
            called = any(isinstance(action, Place | Lift) for action in done.actions)
            assert not (called and truth.status in UNTOUCHABLE)
