"""plan() over histories: admins act, people come and go, calls and news are lost; promises 2 and 6 hold."""

import contextlib
from collections.abc import Callable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.domain.people import ADMIN, BOT, DAY, NOW, PERSON, TEXT_ONLY
from tests.unit.domain.small_telegram import ALLOWED, HELD, PARDONED, UNTOUCHABLE, Attempt, CallLost, Truth

from gmbot.domain.hold import Hold
from gmbot.domain.ids import UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.plan import FRESH_STANDING_S
from gmbot.domain.standing import FREE, MUTED, Restriction, Standing, Status, newer
from gmbot.domain.verdict import Verdict


def _restricting(restriction: Callable[[float], Restriction]) -> Callable[[Truth, float], Truth]:
    def act(truth: Truth, now: float) -> Truth:
        return truth if truth.status in {Status.KICKED, Status.CREATOR} else _restricted(truth, now)

    def _restricted(truth: Truth, now: float) -> Truth:
        plain = Truth(Status.MEMBER if truth.present else Status.LEFT, FREE, truth.present)
        return plain.restrict(restriction(now), now)

    return act


def _leave(truth: Truth, _: float) -> Truth:
    if truth.status is Status.RESTRICTED:
        return msgspec.structs.replace(truth, present=False)
    return truth if truth.status is Status.KICKED else Truth(Status.LEFT, FREE, present=False)


def _join(truth: Truth, _: float) -> Truth:
    if truth.status is Status.RESTRICTED:
        return msgspec.structs.replace(truth, present=True)
    return Truth(Status.MEMBER) if truth.status is Status.LEFT else truth


ADMINS_ACTS: dict[str, Callable[[Truth, float], Truth]] = {
    "mute for ever": _restricting(lambda _: Restriction(MUTED)),
    "mute for a day": _restricting(lambda now: Restriction(MUTED, int(now) + DAY)),
    "mute for two minutes": _restricting(lambda now: Restriction(MUTED, int(now) + 120)),
    "text only": _restricting(lambda _: TEXT_ONLY),
    "free": _restricting(lambda _: FREE),
    "promote": lambda truth, _: Truth(Status.ADMINISTRATOR) if truth.present else truth,
    "demote": lambda truth, _: Truth(Status.MEMBER) if truth.status is Status.ADMINISTRATOR else truth,
    "ban": lambda _, __: Truth(Status.KICKED, present=False),
    "unban": lambda truth, _: Truth(Status.LEFT, present=False) if truth.status is Status.KICKED else truth,
}
OWN_ACTS: dict[str, Callable[[Truth, float], Truth]] = {"leave": _leave, "join": _join}


class History:
    """One person's time in one group, as it is and as GMBot hears of it."""

    def __init__(self) -> None:
        self.now = NOW
        self.truth = Truth(Status.MEMBER)
        self.belief: Standing | None = None
        self.hold: Hold | None = None
        self._late: Restriction | None = None
        self._sequence = 0

    def act(self, name: str, *, heard: bool) -> None:
        """Somebody does something to the person, and GMBot may hear of it.

        What is unheard is so for longer than a standing is fresh. Within that time plan() acts on what it
        heard last; what it overwrites then is given back when the echo of the call tells of it.
        """
        by_self = name in OWN_ACTS
        if name == "join" and self.truth.status is Status.KICKED:
            return
        act = OWN_ACTS[name] if by_self else ADMINS_ACTS[name]
        self._become(act(self.truth, self.now), PERSON if by_self else ADMIN, heard=heard)
        if not heard:
            self.wait(FRESH_STANDING_S + 1)

    def settle(self, verdict: Verdict, *, spoke: bool, loses: str = "", heard: bool = True) -> None:
        """One attempt; whatever an admin did before it must have survived it."""
        self._lapse()
        pardoned = self.hold is not None and self.hold.pardoned
        verdict, before = PARDONED if pardoned else verdict, self.truth
        attempt = Attempt(verdict, self.truth, self.belief, self.hold, now=self.now, loses=loses)
        with contextlib.suppress(CallLost):
            attempt.run(spoke=spoke)
        assert not before.admins_own(self.now) or attempt.truth == before, attempt.actions
        self.hold = attempt.hold
        self._late = attempt.on_its_way or self._late
        self._become(attempt.truth, BOT, heard=heard)

    def arrive(self) -> None:
        """A call that was given up takes effect after all, and its echo is heard."""
        self._lapse()
        if self._late is not None and self.truth.status not in UNTOUCHABLE:
            self._become(self.truth.restrict(self._late, self.now), BOT, heard=True)
        self._late = None

    def wait(self, seconds: float) -> None:
        """Time passes, and restrictions with it."""
        self.now += seconds
        self._lapse()

    def _lapse(self) -> None:
        if self.truth.status is Status.RESTRICTED and self.truth.restriction.lapsed(self.now):
            self.truth = Truth(Status.MEMBER if self.truth.present else Status.LEFT, FREE, self.truth.present)

    def _become(self, truth: Truth, by: UserId, *, heard: bool) -> None:
        if truth == self.truth:
            return
        self.truth = truth
        self._sequence += 1
        if heard:
            news = truth.seen(Stamp(int(self.now), Source.EVENT, self._sequence), by)
            self.belief = newer(self.belief, news) if self.belief else news


LOSSES = ["", "", "before", "after", "late"]

steps = st.one_of(
    st.tuples(st.just("act"), st.sampled_from([*ADMINS_ACTS, *OWN_ACTS]), st.booleans()),
    st.tuples(
        st.just("settle"),
        st.sampled_from([HELD, ALLOWED]),
        st.sampled_from(["", "", "before", "after", "late"]),
    ),
    st.tuples(st.just("wait"), st.sampled_from([0.3, 2, 30, 3600]), st.just("")),
    st.tuples(st.just("arrive"), st.just(0), st.just("")),
)


def live(script: list[tuple[str, object, object]]) -> History:
    """Live through a script."""
    history = History()
    for kind, what, how in script:
        if kind == "act":
            history.act(str(what), heard=bool(how))
        elif kind == "settle":
            assert isinstance(what, Verdict)
            present = history.truth.status is Status.MEMBER
            history.settle(what, spoke=present, loses=str(how))
        elif kind == "arrive":
            history.arrive()
        else:
            assert isinstance(what, float | int)
            history.wait(what)
    return history


scripts = st.lists(steps, max_size=12)


@settings(max_examples=300)
@given(scripts)
def test_promise_2_whoever_qualifies_in_the_end_is_not_silenced_by_us(
    script: list[tuple[str, object, object]],
) -> None:
    """Once faults are over, one attempt is enough."""
    history = live(script)
    history.arrive()
    history.wait(1)
    history.settle(ALLOWED, spoke=False)
    assert not history.truth.ours
    assert history.hold is None or not history.hold.active


@settings(max_examples=300)
@given(scripts)
def test_whoever_speaks_and_does_not_qualify_in_the_end_is_silenced(
    script: list[tuple[str, object, object]],
) -> None:
    """By us or by an admin, unless an admin pardoned, promoted or banned them."""
    history = live(script)
    history.wait(10)
    history.settle(HELD, spoke=True)
    pardoned = history.hold is not None and history.hold.pardoned
    assert pardoned or history.truth.ours or history.truth.admins_own(history.now)


@settings(max_examples=300)
@given(scripts)
def test_nobody_is_pardoned_but_by_an_admin_who_freed_them(script: list[tuple[str, object, object]]) -> None:
    """Losing calls and coming and going never add up to a pardon."""
    quiet = [step for step in script if step[1] not in {"free", "text only"}]
    history = live([step for step in quiet if step[0] != "act" or step[1] in OWN_ACTS])
    assert history.hold is None or not history.hold.pardoned
