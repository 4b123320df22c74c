"""What the server finds in a text by itself."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import Scene

from gmbot.simulator.entities import find_entities, merged_entities


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain words", []),
        ("/protect @channel", [("bot_command", 0, 8), ("mention", 9, 8)]),
        ("/start@gate_bot now", [("bot_command", 0, 15)]),
        ("👍 /help", [("bot_command", 3, 5)]),
        ("see https://t.me/news.", [("url", 4, 17)]),
        ("see t.me/news", [("url", 4, 9)]),
        ("#tag a#no #1", [("hashtag", 0, 4)]),
        ("a/b me@mail", []),
    ],
)
def test_commands_mentions_links_and_tags_are_found(text: str, found: list[tuple[str, int, int]]) -> None:
    """With offsets in UTF-16 units."""
    assert [(e["type"], e["offset"], e["length"]) for e in find_entities(text)] == found


def test_nothing_is_found_inside_code_and_links() -> None:
    """Explicit entities go first."""
    code = {"type": "code", "offset": 0, "length": 5}
    found = merged_entities("/help /help", [code])
    assert [(e["type"], e["offset"]) for e in found] == [("code", 0), ("bot_command", 6)]


def test_entities_may_be_given_outright(scene: Scene) -> None:
    """Instead of a parse mode; malformed ones are refused."""
    bold = {"type": "bold", "offset": 1, "length": 1}
    sent = scene.wire("sendMessage", chat_id=scene.group, text=" ab", entities=[bold])
    assert sent["entities"] == [bold | {"offset": 0}]
    broken = {"type": "bold", "offset": "x", "length": 1}
    refusal = scene.refusal("sendMessage", chat_id=scene.group, text=" ab", entities=[broken])
    assert "can't parse MessageEntity" in refusal
