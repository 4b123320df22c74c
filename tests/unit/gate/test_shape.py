"""The shape of something: enough to find a fault, nothing about anybody."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmbot.domain.ids import MessageId, UpdateId, UserId
from gmbot.gate.incoming import Chat, ChatKind, Command, MessageSeen, Person
from gmbot.gate.shape import LONGEST, MALFORMED, shape, shape_of_json

SECRET = "Ann wrote 123456789:AAF0aBcDeFgHiJkLmNoPqRsTuVwXyZ_0-12"
ANN = 7_700_000_123
MESSAGE = MessageSeen(
    update_id=UpdateId(5),
    at=1_790_000_000,
    chat=Chat(-1001, ChatKind.SUPERGROUP, SECRET, SECRET),
    message_id=MessageId(777_001),
    sender=Person(UserId(ANN), SECRET, SECRET),
    command=Command("protect", None, SECRET),
)


def test_neither_texts_nor_people_are_in_it() -> None:
    """Names, titles, arguments, and ids of people."""
    seen = shape(MESSAGE)
    assert "Ann" not in seen
    assert "AAF0" not in seen
    assert str(ANN) not in seen


def test_what_finds_a_fault_is_in_it() -> None:
    """The kinds of things, what was there, which group, when."""
    seen = json.loads(shape(MESSAGE))
    assert (seen["is"], seen["update_id"], seen["at"]) == ("MessageSeen", 5, 1_790_000_000)
    assert seen["chat"]["chat_id"] == -1001
    assert seen["chat"]["kind"] == "supergroup"
    assert seen["sender"]["name"] == f"<{len(SECRET)} characters>"
    assert "sender_chat" not in seen


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_anything_has_a_shape_of_bounded_length(value: object) -> None:
    """Whatever somebody sends."""
    assert len(shape(value)) <= LONGEST


@given(st.text(min_size=6))
def test_no_text_stands_in_it_under_whatever_name(text: str) -> None:
    """Not as a value, and not as a name that Telegram would not use."""
    spoken = f"{text} said A-n-n"
    assert "A-n-n" not in shape({"kind": spoken, "text": [spoken], spoken: 1})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"update_id":1,"message":5}', "message"),
        (b'{"update_id":1}', MALFORMED),
        (b'{"update_id":1,"message":5,"poll":6}', MALFORMED),
        (b'{"update_id":1,"Bob likes Ann":5}', MALFORMED),
        (b"[1]", MALFORMED),
        (b'{"update_id":1,"message":"\xff"}', MALFORMED),
        (b"[" * 100_000, MALFORMED),
    ],
)
def test_json_that_makes_no_sense_has_a_shape_and_a_kind(body: bytes, kind: str) -> None:
    """As far as it can be read."""
    seen, guessed = shape_of_json(body)
    assert guessed == kind
    assert msgspec.json.decode(seen) is not None


def test_an_endless_number_has_a_shape() -> None:
    """Python refuses to write numbers of more than 4,300 digits."""
    assert shape(10**5000) == '"<16610 bits>"'
