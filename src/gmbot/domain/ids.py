"""Identifiers, as Telegram numbers them."""

from typing import NewType

BotId = NewType("BotId", int)
UserId = NewType("UserId", int)
GroupId = NewType("GroupId", int)
ChannelId = NewType("ChannelId", int)
MessageId = NewType("MessageId", int)
ThreadId = NewType("ThreadId", int)
UpdateId = NewType("UpdateId", int)


def bot_of(token: str) -> BotId:
    """Return the bot whose token it is: its id is what stands before the colon."""
    return BotId(int(token.partition(":")[0]))
