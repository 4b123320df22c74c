"""Bot commands, found where Telegram marked them."""

from __future__ import annotations

import msgspec
import pytest
from tests.fixtures.telegram import message_update

from gmbot.adapters.telegram.translate import read_update
from gmbot.gate.incoming import Command, MessageSeen


def message(**fields: object) -> MessageSeen:
    """A message with these fields."""
    seen = read_update(msgspec.json.encode(message_update(5, fields)))
    assert isinstance(seen, MessageSeen)
    return seen


COMMANDS: list[tuple[str, int, Command]] = [
    ("/help", 5, Command("help")),
    ("/help@gate_bot", 14, Command("help", "gate_bot")),
    ("/protect  @news  -100 ", 8, Command("protect", None, "@news  -100")),
    ("/Protect@Gate_Bot @news", 17, Command("protect", "Gate_Bot", "@news")),
    ("/help\n𝒃uy 🦊 my coin", 5, Command("help", None, "𝒃uy 🦊 my coin")),
]


@pytest.mark.parametrize(("text", "length", "command"), COMMANDS)
def test_a_command_is_what_telegram_marked(text: str, length: int, command: Command) -> None:
    """Name in lower case, the mention as written, and the rest."""
    entities = [{"type": "bot_command", "offset": 0, "length": length}]
    assert message(text=text, entities=entities).command == command


def test_a_command_may_stand_under_a_photo() -> None:
    """Captions have entities too."""
    marks = [{"type": "bot_command", "offset": 0, "length": 5}]
    assert message(text=None, caption="/help me", caption_entities=marks).command == Command(
        "help", None, "me"
    )


def test_an_entitys_length_counts_utf16_units() -> None:
    """A fox is two of them: a hostile length splits no character."""
    marks = [{"type": "bot_command", "offset": 0, "length": 2}]
    assert message(text="/🦊x", entities=marks).command == Command("", None, "x")


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("/help", []),
        ("see /help", [{"type": "bot_command", "offset": 4, "length": 5}]),
        ("/help", [{"type": "bold", "offset": 0, "length": 5}]),
    ],
)
def test_what_telegram_did_not_mark_at_the_start_is_no_command(text: str, marks: list[object]) -> None:
    """A slash alone makes none."""
    assert message(text=text, entities=marks).command is None
