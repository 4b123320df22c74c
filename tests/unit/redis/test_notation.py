"""How facts and news are written in Redis: what is written is read again, and nonsense is nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.store.material import CHANNEL, GROUP, USER, full, group, learnt, memberships

from gmbot.adapters.redis import notation
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp, merge
from gmbot.gate.changes import NO_CHANGES, Changes, Moved
from gmbot.gate.news import GroupsNews, MembershipNews, StandingNews

BOT = BotId(7)
IN = MembershipState.IN


@given(memberships.filter(lambda fact: fact.known))
def test_facts_are_read_as_they_were_written(fact: Membership) -> None:
    """Nothing is lost, and the era counts."""
    value = b"an-era:" + notation.digits(fact).encode()
    assert notation.read_fact(value, b"an-era") == fact
    assert notation.read_fact(value, b"another") is None


@given(memberships.filter(lambda fact: fact.known), memberships.filter(lambda fact: fact.known))
def test_digits_compare_as_facts_do(one: Membership, other: Membership) -> None:
    """Redis keeps the greater text, which is the fact that merge keeps."""
    assert max(notation.digits(one), notation.digits(other)) == notation.digits(merge(one, other))


@pytest.mark.parametrize(
    "fact",
    [
        Membership(Stamp(2**36 - 1, Source.EVENT, 2**64 - 1), IN),
        Membership(Stamp(1_790_000_000, Source.QUESTION, 0), MembershipState.OUT),
    ],
)
def test_digits_are_always_as_many(fact: Membership) -> None:
    """Texts of unequal lengths would not compare as numbers."""
    assert len(notation.digits(fact)) == len(notation.digits(Membership()))


@pytest.mark.parametrize("value", [None, b"", b"era:", b"era:12", b"era", b"0" * 26])
def test_values_that_make_no_sense_are_no_facts(value: bytes | None) -> None:
    """Whoever wrote them."""
    assert notation.read_fact(value, b"era") is None


def test_unknown_says_to_look_elsewhere() -> None:
    """It is written, and read as nothing."""
    value = b"era:" + notation.digits(Membership(Stamp(5))).encode()
    assert notation.read_fact(value, b"era") is None


@given(st.integers(1, 2**52), st.integers(-(2**52), -1))
def test_keys_are_read_as_they_were_written(user: int, channel: int) -> None:
    """Which bot, who, and where."""
    key = notation.fact_key(BOT, UserId(user), ChannelId(channel)).encode()
    assert notation.read_key(key) == (BOT, MembershipNews(UserId(user), ChannelId(channel)))


@pytest.mark.parametrize(
    "key", [b"", b"verify", b"verify:7:8", b"verify:7:8:x", b"other:7:8:9", b"\xff:\xff"]
)
def test_keys_that_make_no_sense_are_nobodys(key: bytes) -> None:
    """Whoever wrote them."""
    assert notation.read_key(key) is None


def test_standings_and_groups_make_messages() -> None:
    """Memberships need none: their keys are tracked."""
    told = [notation.read_message(message.encode()) for message in notation.messages_of(full())]
    assert told == [GroupsNews(), StandingNews(GROUP, USER)]


@pytest.mark.parametrize(
    "changes",
    [
        Changes(groups=(group(),)),
        Changes(unguarded=(GROUP,)),
        Changes(channels=full().channels),
        Changes(moved=(Moved(-1, -2),)),
    ],
)
def test_whatever_concerns_groups_is_told(changes: Changes) -> None:
    """Protected, given up, seen into or not, moved."""
    assert [notation.read_message(message.encode()) for message in notation.messages_of(changes)] == [
        GroupsNews()
    ]


@pytest.mark.parametrize("changes", [NO_CHANGES, learnt(Membership(Stamp(1), IN), USER, CHANNEL)])
def test_nothing_else_makes_messages(changes: Changes) -> None:
    """Nobody is disturbed for nothing."""
    assert list(notation.messages_of(changes)) == []


def test_an_era_is_told_by_its_name() -> None:
    """So that others enter it."""
    assert notation.read_message(notation.era_news("abc").encode()) == "abc"


@pytest.mark.parametrize("message", [b"", b"gibberish", b"standing 1", b"standing x y", b"\xff\xfe", b"era"])
def test_messages_that_make_no_sense_are_none(message: bytes) -> None:
    """Whoever sent them."""
    assert notation.read_message(message) is None


def test_a_group_id_is_read_with_its_sign() -> None:
    """Groups have negative ids."""
    assert notation.read_message(b"standing -1001 7") == StandingNews(GroupId(-1001), UserId(7))
