"""Which channels a group requires, and how many of them."""

import pytest
from tests.unit.domain.people import CLUB, NEWS, SHOP

from gmbot.domain.ids import ChannelId
from gmbot.domain.rule import Quorum, Rule

ALL_THREE = (NEWS, SHOP, CLUB)


@pytest.mark.parametrize(
    ("rule", "needed"),
    [
        (Rule(), 0),
        (Rule(quorum=Quorum.ANY), 0),
        (Rule((NEWS,)), 1),
        (Rule(ALL_THREE), 3),
        (Rule(ALL_THREE, Quorum.ANY), 1),
        (Rule(ALL_THREE, Quorum.AT_LEAST, 2), 2),
    ],
)
def test_how_many_channels_a_person_must_be_in(rule: Rule, needed: int) -> None:
    """All, any, or k of n; nothing when nothing is required."""
    assert rule.needed == needed


def test_a_repeated_channel_is_refused() -> None:
    """It would count twice."""
    with pytest.raises(ValueError, match=r"^a rule names a channel once$"):
        Rule((NEWS, NEWS))


@pytest.mark.parametrize(("channels", "count"), [(ALL_THREE, 0), (ALL_THREE, 4), (ALL_THREE, -1), ((), 0)])
def test_a_count_that_makes_no_sense_is_refused(channels: tuple[ChannelId, ...], count: int) -> None:
    """Nought would free everybody, more than there are nobody."""
    with pytest.raises(ValueError, match=r"^a rule's count lies between 1 and the number of its channels$"):
        Rule(channels, Quorum.AT_LEAST, count)


def test_adding_keeps_order_and_adds_a_channel_once() -> None:
    """Running /protect again adds or changes nothing."""
    assert Rule((NEWS,), Quorum.ANY).adding([SHOP, NEWS, SHOP]) == Rule((NEWS, SHOP), Quorum.ANY)


def test_adding_keeps_the_count() -> None:
    """Two of three stays two, of four."""
    rule = Rule((NEWS, SHOP), Quorum.AT_LEAST, 1).adding([CLUB])
    assert rule == Rule(ALL_THREE, Quorum.AT_LEAST, 1)


@pytest.mark.parametrize("quorum", [Quorum.ALL, Quorum.ANY])
def test_without_takes_one_channel_away(quorum: Quorum) -> None:
    """The quorum stays."""
    assert Rule(ALL_THREE, quorum).without(SHOP) == Rule((NEWS, CLUB), quorum)


def test_without_a_channel_that_is_not_there_changes_nothing() -> None:
    """A repeated command is harmless."""
    assert Rule((NEWS,)).without(SHOP) == Rule((NEWS,))


def test_without_keeps_a_count_that_can_still_be_met() -> None:
    """Two of three becomes two of two."""
    assert Rule(ALL_THREE, Quorum.AT_LEAST, 2).without(NEWS) == Rule((SHOP, CLUB), Quorum.AT_LEAST, 2)


def test_without_turns_a_count_that_cannot_be_met_into_all_that_are_left() -> None:
    """A rule that nobody can meet would mute everybody."""
    assert Rule((NEWS, SHOP), Quorum.AT_LEAST, 2).without(NEWS) == Rule((SHOP,), Quorum.ALL)


def test_without_the_last_channel_nothing_is_required() -> None:
    """Whatever the quorum was."""
    assert Rule((NEWS,), Quorum.AT_LEAST, 1).without(NEWS) == Rule()


def test_replacing_follows_a_group_that_moved() -> None:
    """Its place in the rule stays."""
    assert Rule((NEWS, SHOP), Quorum.ANY).replacing(NEWS, CLUB) == Rule((CLUB, SHOP), Quorum.ANY)


def test_replacing_a_channel_by_one_that_is_there_already_merges_them() -> None:
    """And the count shrinks with what is left."""
    rule = Rule((NEWS, SHOP), Quorum.AT_LEAST, 2).replacing(NEWS, SHOP)
    assert rule == Rule((SHOP,), Quorum.AT_LEAST, 1)


def test_replacing_a_channel_that_is_not_required_changes_nothing() -> None:
    """Migrations of other chats are no concern."""
    assert Rule((NEWS,)).replacing(SHOP, CLUB) == Rule((NEWS,))
