"""Reading what an admin names after /protect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmbot.gate.targets import MOST_TARGETS, Target, read_targets


@pytest.mark.parametrize(
    ("text", "chat"),
    [
        ("@channel", "@channel"),
        ("@Channel_1", "@Channel_1"),
        ("-1001234567890", -1001234567890),
        ("-42", -42),
        ("t.me/channel", "@channel"),
        ("T.ME/channel", "@channel"),
        ("https://t.me/channel/", "@channel"),
        ("https://www.t.me/channel", "@channel"),
        ("https://telegram.me/channel/7?comment=1", "@channel"),
        ("https://t.me/channel#top", "@channel"),
        ("https://t.me/s/channel/7", "@channel"),
        ("https://t.me/c/1234567890/7", -1001234567890),
        ("https://t.me/c/1234567890", -1001234567890),
    ],
)
def test_each_usual_way_names_a_chat(text: str, chat: int | str) -> None:
    """By name, id or link."""
    assert read_targets(text) == (Target(text, chat),)


@pytest.mark.parametrize("text", ["t.me/+AbCdEf", "https://t.me/joinchat/AbCdEf", "T.me/+x"])
def test_an_invite_link_is_recognised(text: str) -> None:
    """Bots cannot open one, so it deserves an explanation of its own."""
    assert read_targets(text) == (Target(text, invite_link=True),)


@pytest.mark.parametrize(
    "text",
    [
        "channel",
        "@ab",
        "@1channel",
        "@channel!",
        "@" + "x" * 33,
        "1001234567890",
        "--5",
        "-",
        "t.me/",
        "t.me/ab",
        "t.me/news-letter",
        "t.me/c/x",
        "t.me/c/" + "9" * 17,
        "https://example.org/channel",
        "https://t.me.example.org/channel",
        "xhttps://t.me/channel",
    ],
)
def test_anything_else_names_nothing(text: str) -> None:
    """It is better to ask than to guess."""
    assert read_targets(text) == (Target(text),)


def test_several_are_read_in_order_and_once() -> None:
    """Separated by spaces, commas and line ends."""
    assert [t.chat for t in read_targets(" @first,@second\n@first  -5,, ")] == ["@first", "@second", -5]


def test_no_more_than_ten_are_read() -> None:
    """Each costs calls."""
    assert len(read_targets(" ".join(f"@channel_{number}" for number in range(50)))) == MOST_TARGETS


def test_nothing_is_no_target() -> None:
    """An empty command names nobody."""
    assert read_targets(" \n ,") == ()


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    """Whatever is typed: each target is a chat, an invite link, or plainly unreadable."""
    for target in read_targets(text):
        assert target.text
        assert not (target.invite_link and target.chat is not None)


@given(st.from_regex(r"\A[A-Za-z][A-Za-z0-9_]{3,31}\Z"))
def test_every_username_is_read_in_each_way(name: str) -> None:
    """As Telegram makes them: 4 to 32 letters, digits and underscores."""
    ways = read_targets(f"@{name} t.me/{name} https://t.me/{name}/5")
    assert [target.chat for target in ways] == [f"@{name}"] * 3
