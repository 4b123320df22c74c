"""Which of the things that are believed of a person are worth asking about again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.people import CLUB, DAY, NEWS, NOW, SHOP, standing

from gmbot.domain.ids import ChannelId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing, Status
from gmbot.domain.sweeping import Terms, to_ask
from gmbot.domain.verdict import Evidence

HOUR = 3600
ROUND = Terms(DAY)
THOROUGH = Terms(HOUR, thorough=True)
IN, OUT = MembershipState.IN, MembershipState.OUT


def fact(state: MembershipState, age_s: int) -> Membership:
    """What was learnt so long ago."""
    return Membership(Stamp(int(NOW) - age_s, Source.EVENT), state)


def about(
    news: Membership | None = None, seen: Standing | None = None, *, pardoned: bool = False, **unusable: bool
) -> Evidence:
    """What is known of somebody, in a group that requires NEWS."""
    facts = {} if news is None else {NEWS: news}
    gone = frozenset({NEWS}) if unusable else frozenset()
    return Evidence(Rule((NEWS,)), facts, gone, seen, pardoned, NOW)


MEMBER = standing()
GONE = standing(Status.LEFT, age_s=DAY)
LONG_GONE = standing(Status.LEFT, age_s=DAY + 1)
CASES = [
    ("a fresh IN is believed", about(fact(IN, DAY), MEMBER), ROUND, False, False),
    ("an old IN is doubted", about(fact(IN, DAY + 1), MEMBER), ROUND, False, True),
    ("an old IN of a stranger to the group too", about(fact(IN, DAY + 1)), ROUND, False, True),
    ("an unknown member is asked about", about(None, MEMBER), ROUND, False, True),
    ("who was seen nowhere is not", about(None), ROUND, False, False),
    ("who was seen nowhere is, if held", about(None), ROUND, True, True),
    ("who was seen nowhere is, in a thorough sweep", about(None), THOROUGH, False, True),
    (
        "who is held and OUT is asked about when that is old",
        about(fact(OUT, DAY + 1), MEMBER),
        ROUND,
        True,
        True,
    ),
    ("but not before", about(fact(OUT, DAY), MEMBER), ROUND, True, False),
    ("who is free and OUT is asked about soon", about(fact(OUT, 61), MEMBER), ROUND, False, True),
    ("but not at once", about(fact(OUT, 60), MEMBER), ROUND, False, False),
    ("nor if they were never seen there", about(fact(OUT, 61)), ROUND, False, False),
    ("unless the sweep is thorough", about(fact(OUT, 61)), THOROUGH, False, True),
    ("who left of late is nobody's business", about(fact(IN, 9 * DAY), GONE), ROUND, False, False),
    ("who left long ago may be back unseen", about(fact(IN, DAY + 1), LONG_GONE), ROUND, False, True),
    ("but a fresh IN of theirs is believed", about(fact(IN, DAY), LONG_GONE), ROUND, False, False),
    ("and if they are OUT the gate knows", about(fact(OUT, 9 * DAY), LONG_GONE), THOROUGH, False, False),
    ("or if nothing is known", about(None, LONG_GONE), THOROUGH, False, False),
    ("unless they are held", about(fact(OUT, 9 * DAY), GONE), ROUND, True, True),
    ("admins are never asked about", about(None, standing(Status.ADMINISTRATOR)), THOROUGH, False, False),
    ("nor those an admin freed", about(None, MEMBER, pardoned=True), THOROUGH, False, False),
    ("nor channels that cannot be seen into", about(None, MEMBER, unusable=True), THOROUGH, False, False),
]


@pytest.mark.parametrize(
    ("evidence", "terms", "held", "asked"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_who_is_asked_about(evidence: Evidence, terms: Terms, *, held: bool, asked: bool) -> None:
    """As its name says."""
    assert to_ask(evidence, terms, held=held) == ((NEWS,) if asked else ())


_channels = st.sampled_from([NEWS, SHOP, CLUB])
_facts = st.builds(fact, st.sampled_from(MembershipState), st.integers(0, 3 * DAY))
_evidence = st.builds(
    Evidence,
    st.just(Rule((NEWS, SHOP, CLUB))),
    st.dictionaries(_channels, _facts),
    st.frozensets(_channels),
    st.none() | st.builds(standing, st.sampled_from(Status)),
    st.booleans(),
    st.just(NOW),
)
_terms = st.builds(Terms, st.integers(60, 2 * DAY), st.booleans())


@given(evidence=_evidence, terms=_terms, held=st.booleans())
def test_what_was_just_learnt_is_not_asked_again(evidence: Evidence, terms: Terms, *, held: bool) -> None:
    """A sweep that begins anew ends: once everything is known, there is nothing to ask."""
    known = {channel: fact(IN, 0) for channel in evidence.rule.channels}
    assert to_ask(Evidence(evidence.rule, known, now=NOW), terms, held=held) == ()
    asked = to_ask(evidence, terms, held=held)
    assert len(set(asked)) == len(asked)
    assert not set(asked) & evidence.unusable


@given(evidence=_evidence, age=st.integers(60, 2 * DAY), held=st.booleans())
def test_a_thorough_sweep_asks_whatever_another_asks(evidence: Evidence, age: int, *, held: bool) -> None:
    """And perhaps more."""
    less: set[ChannelId] = set(to_ask(evidence, Terms(age), held=held))
    assert less <= set(to_ask(evidence, Terms(age, thorough=True), held=held))
