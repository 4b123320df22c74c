"""What the gate says, before an adapter puts it on the wire."""

from __future__ import annotations

import msgspec

from gmbot.domain.ids import MessageId, ThreadId


class Button(msgspec.Struct, frozen=True):
    """An inline button: either a link or `data` (1–64 bytes) that comes back when it is tapped."""

    text: str
    url: str | None = None
    data: str | None = None


class Note(msgspec.Struct, frozen=True):
    """A message to send or an edit: HTML text and rows of buttons."""

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()


class Address(msgspec.Struct, frozen=True):
    """Where a note goes; the reply is dropped when the message it answers is gone."""

    chat_id: int
    thread_id: ThreadId | None = None
    reply_to: MessageId | None = None
