"""Bot commands, found where Telegram marked them."""

from __future__ import annotations

from gmbot.adapters.telegram.wire import Message, MessageEntity
from gmbot.gate.incoming import Command

_UTF16 = "utf-16-le"


def command_of(message: Message) -> Command | None:
    """Return the command that a text or caption starts with, its name in lower case."""
    text, entities = message.text, message.entities
    if text is None:
        text, entities = message.caption, message.caption_entities
    if not text or not text.startswith("/"):
        return None
    mark = next((e for e in entities if e.type == "bot_command" and e.offset == 0), None)
    return None if mark is None else _parsed(text, mark)


def _parsed(text: str, mark: MessageEntity) -> Command:
    """Split at the entity's end, which is counted in UTF-16 code units (Bot API, MessageEntity)."""
    units = text.encode(_UTF16)
    end = 2 * max(mark.length, 1)
    head = units[:end].decode(_UTF16, errors="ignore")
    rest = units[end:].decode(_UTF16, errors="ignore")
    name, _, mention = head[1:].partition("@")
    return Command(name=name.lower(), mention=mention or None, rest=rest.strip())
