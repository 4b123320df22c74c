"""All that the short path looks at in a message."""

from __future__ import annotations

import msgspec

from gmbot.domain.ids import UpdateId


class Glimpse(msgspec.Struct, frozen=True, gc=False):
    """A person's message that is no command and says nothing of chats; `at` as in `MessageSeen`.

    `service` marks joins, pins and the like, of which nobody is the author.
    """

    update_id: UpdateId
    at: int
    chat_id: int
    user_id: int
    edited: bool = False
    service: bool = False
