"""decide(): may this person speak in this group?"""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.people import CLUB, NEWS, NOW, SHOP, standing

from gmbot.domain.ids import ChannelId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Quorum, Rule
from gmbot.domain.standing import Status
from gmbot.domain.verdict import FRESH_OUT_S, Evidence, Judgement, Reason, Verdict, decide

CHANNELS = (NEWS, SHOP, CLUB)
UNHEARD, DOUBTED, OUT, IN, OLD_IN = "unheard", "doubted", "out", "in", "old_in"
KINDS = (UNHEARD, DOUBTED, OUT, IN, OLD_IN)


def fact(kind: str) -> Membership:
    """What is known of one channel."""
    old = int(NOW) - FRESH_OUT_S - 1
    return {
        UNHEARD: Membership(Stamp(int(NOW), Source.QUESTION)),
        DOUBTED: Membership(Stamp(old, Source.EVENT), MembershipState.OUT),
        OUT: Membership(Stamp(int(NOW) - FRESH_OUT_S, Source.EVENT), MembershipState.OUT),
        IN: Membership(Stamp(int(NOW), Source.EVENT), MembershipState.IN),
        OLD_IN: Membership(Stamp(1, Source.EVENT), MembershipState.IN),
    }[kind]


def rules(channels: tuple[ChannelId, ...]) -> Iterator[Rule]:
    """Every rule over these channels."""
    yield Rule(channels, Quorum.ALL)
    yield Rule(channels, Quorum.ANY)
    for count in range(1, len(channels) + 1):
        yield Rule(channels, Quorum.AT_LEAST, count)


def evidence(rule: Rule, *kinds: str, unusable: tuple[ChannelId, ...] = ()) -> Evidence:
    """What is known of an ordinary person."""
    facts = {channel: fact(kind) for channel, kind in zip(rule.channels, kinds, strict=True)}
    return Evidence(rule, facts, frozenset(unusable), standing(), now=NOW)


def small_universe() -> Iterator[tuple[Evidence, dict[ChannelId, str]]]:
    """Every rule of up to three channels, everything that can be known of each, usable or not."""
    for size in range(1, 4):
        channels = CHANNELS[:size]
        for kinds in product(KINDS, repeat=size):
            for usable in product([True, False], repeat=size):
                hidden = tuple(c for c, seen in zip(channels, usable, strict=True) if not seen)
                names = dict(zip(channels, kinds, strict=True))
                for rule in rules(channels):
                    yield evidence(rule, *kinds, unusable=hidden), names


def possible_truths(given_: Evidence, names: dict[ChannelId, str]) -> Iterator[list[bool]]:
    """Every way in which the doubts may resolve: who is in which channel."""
    certain = {OUT: [False], IN: [True], OLD_IN: [True]}
    yield from map(
        list,
        product(
            *(
                [True] if channel in given_.unusable else certain.get(kind, [True, False])
                for channel, kind in names.items()
            )
        ),
    )


def meets(rule: Rule, memberships: list[bool]) -> bool:
    """The rule, read aloud."""
    if rule.quorum is Quorum.ALL:
        return all(memberships)
    return any(memberships) if rule.quorum is Quorum.ANY else sum(memberships) >= rule.count


def expected(given_: Evidence, names: dict[ChannelId, str]) -> Judgement:
    """Sure to meet the rule, sure not to, or neither."""
    outcomes = {meets(given_.rule, truth) for truth in possible_truths(given_, names)}
    if outcomes == {True}:
        return Judgement.ALLOWED
    return Judgement.HELD if outcomes == {False} else Judgement.UNDECIDED


def test_it_agrees_with_trying_every_possible_truth() -> None:
    """ALLOWED if all of them qualify, HELD if none does, UNDECIDED otherwise."""
    wrong = [
        (given_, decide(given_))
        for given_, names in small_universe()
        if decide(given_).judgement is not expected(given_, names)
    ]
    assert wrong == []


def test_it_asks_for_exactly_what_is_doubtful() -> None:
    """And only when it is undecided; answers to all of it always decide."""
    for given_, names in small_universe():
        verdict = decide(given_)
        doubtful = {c for c, k in names.items() if k in {UNHEARD, DOUBTED} and c not in given_.unusable}
        assert set(verdict.ask) == (doubtful if verdict.judgement is Judgement.UNDECIDED else set())


def test_answers_to_what_it_asked_decide() -> None:
    """Nobody stays undecided once Telegram has answered."""
    for given_, _ in small_universe():
        for answers in product([OUT, IN], repeat=len(decide(given_).ask)):
            learnt = dict(zip(decide(given_).ask, map(fact, answers), strict=True))
            settled = Evidence(given_.rule, {**given_.memberships, **learnt}, given_.unusable, now=NOW)
            assert decide(settled).judgement is not Judgement.UNDECIDED


def test_it_names_the_channels_that_the_person_is_out_of() -> None:
    """Never one that the bot cannot see, nor one whose membership nobody knows."""
    for given_, names in small_universe():
        verdict = decide(given_)
        out = tuple(c for c, k in names.items() if k in {OUT, DOUBTED} and c not in given_.unusable)
        assert verdict.missing == (() if verdict.judgement is Judgement.ALLOWED else out)


def test_admins_and_the_pardoned_are_exempt_whatever_is_known() -> None:
    """From every rule."""
    for given_, _ in small_universe():
        facts = (given_.rule, given_.memberships, given_.unusable)
        admin = Evidence(*facts, standing=standing(Status.ADMINISTRATOR), now=NOW)
        pardoned = Evidence(*facts, pardoned=True, now=NOW)
        assert decide(admin) == Verdict(Judgement.ALLOWED, Reason.ADMIN)
        assert decide(pardoned) == Verdict(Judgement.ALLOWED, Reason.PARDONED)


@pytest.mark.parametrize("quorum", [Quorum.ALL, Quorum.ANY])
def test_a_group_that_requires_nothing_allows_everybody(quorum: Quorum) -> None:
    """Whoever they are."""
    given_ = Evidence(Rule((), quorum), {}, now=NOW)
    assert decide(given_) == Verdict(Judgement.ALLOWED, Reason.NOT_GUARDED)


def test_somebody_never_heard_of_is_undecided() -> None:
    """No fact at all is the same as UNKNOWN."""
    given_ = Evidence(Rule((NEWS,)), {}, now=NOW)
    assert decide(given_) == Verdict(Judgement.UNDECIDED, Reason.UNKNOWN_MEMBERSHIP, (), (NEWS,))


def test_a_channel_that_cannot_be_seen_counts_as_satisfied() -> None:
    """It is our trouble, not theirs."""
    verdict = decide(evidence(Rule((NEWS,)), OUT, unusable=(NEWS,)))
    assert verdict == Verdict(Judgement.ALLOWED, Reason.CHANNEL_UNUSABLE)


def test_a_channel_that_cannot_be_seen_excuses_no_other() -> None:
    """The rest of the rule still holds."""
    verdict = decide(evidence(Rule((NEWS, SHOP)), OUT, OUT, unusable=(NEWS,)))
    assert verdict == Verdict(Judgement.HELD, Reason.NOT_SUBSCRIBED, (SHOP,))


def test_old_membership_is_believed_and_old_absence_is_not() -> None:
    """Doubt is always in the person's favour."""
    assert decide(evidence(Rule((NEWS,)), OLD_IN)) == Verdict(Judgement.ALLOWED, Reason.QUALIFIED)
    assert decide(evidence(Rule((NEWS,)), DOUBTED)).judgement is Judgement.UNDECIDED


def test_one_fresh_out_decides_where_all_are_required() -> None:
    """No need to ask about the others."""
    verdict = decide(evidence(Rule((NEWS, SHOP)), OUT, UNHEARD))
    assert verdict == Verdict(Judgement.HELD, Reason.NOT_SUBSCRIBED, (NEWS,))


@pytest.mark.parametrize(("ahead_s", "held"), [(FRESH_OUT_S, True), (FRESH_OUT_S + 1, False)])
def test_news_from_the_future_is_doubted(ahead_s: int, held: bool) -> None:
    """Our idea of Telegram's time is wrong then: an old OUT may look fresh."""
    out = Membership(Stamp(int(NOW) + ahead_s, Source.EVENT), MembershipState.OUT)
    verdict = decide(Evidence(Rule((NEWS,)), {NEWS: out}, now=NOW))
    assert (verdict.judgement is Judgement.HELD) is held


memberships = st.builds(
    Membership,
    st.builds(Stamp, st.integers(int(NOW) - 200, int(NOW) + 200), st.sampled_from(Source)),
    st.sampled_from(MembershipState),
)


@st.composite
def any_evidence(draw: st.DrawFn) -> Evidence:
    """Whatever can be known of anybody under any rule of up to six channels."""
    ids = draw(st.lists(st.integers(-6, -1).map(ChannelId), unique=True, max_size=6))
    rule = draw(st.sampled_from(list(rules(tuple(ids)))))
    known = draw(st.dictionaries(st.integers(-8, -1).map(ChannelId), memberships))
    unusable = draw(st.frozensets(st.integers(-8, -1).map(ChannelId), max_size=3))
    person = draw(st.none() | st.sampled_from(Status).map(standing))
    return Evidence(rule, known, unusable, person, draw(st.booleans()), NOW)


def fresh_outs(given_: Evidence) -> set[ChannelId]:
    """The required channels that the person is positively and freshly out of."""
    return {
        channel
        for channel in set(given_.rule.channels) - given_.unusable
        if (known := given_.memberships.get(channel))
        and known.state is MembershipState.OUT
        and abs(NOW - known.stamp.at) <= FRESH_OUT_S
    }


@given(any_evidence())
def test_promise_1_nobody_is_held_without_enough_fresh_outs(given_: Evidence) -> None:
    """So many that the channels left cannot meet the rule."""
    if decide(given_).judgement is Judgement.HELD:
        left = len(given_.rule.channels) - len(fresh_outs(given_))
        assert left < given_.rule.needed


@given(any_evidence(), st.data())
def test_promise_1_knowing_less_never_gets_anybody_held(given_: Evidence, data: st.DataObject) -> None:
    """Losing a fact to UNKNOWN can only make GMBot less sure."""
    lost = data.draw(st.sets(st.sampled_from(sorted(given_.memberships)))) if given_.memberships else set()
    less = {c: Membership() if c in lost else known for c, known in given_.memberships.items()}
    before = decide(given_).judgement
    after = decide(
        Evidence(given_.rule, less, given_.unusable, given_.standing, given_.pardoned, NOW)
    ).judgement
    assert after in {before, Judgement.UNDECIDED}


@given(any_evidence(), st.sampled_from(CHANNELS))
def test_losing_sight_of_a_channel_never_gets_anybody_held(given_: Evidence, channel: ChannelId) -> None:
    """Only freed, or left as they are."""
    blind = Evidence(
        given_.rule,
        given_.memberships,
        given_.unusable | {channel, *given_.rule.channels[:1]},
        given_.standing,
        given_.pardoned,
        NOW,
    )
    if decide(given_).judgement is not Judgement.HELD:
        assert decide(blind).judgement is not Judgement.HELD


@given(any_evidence())
def test_it_is_a_pure_function(given_: Evidence) -> None:
    """The same evidence is always judged the same."""
    assert decide(given_) == decide(given_)
