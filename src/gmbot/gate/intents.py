"""What GMBot owes somebody: written down with the facts, before it is attempted.

An intent names whom to look at, not what to do: each attempt decides anew from the facts, so a late,
repeated or reordered attempt is harmless.
"""

from __future__ import annotations

import msgspec

from gmbot.domain.ids import ChannelId, GroupId, MessageId, ThreadId, UserId
from gmbot.domain.standing import FREE, Restriction
from gmbot.gate.outgoing import Address, Note

LEASE_S = 15.0
"""How long a first attempt has before any process may take the intent up again."""


class Settle(msgspec.Struct, frozen=True, tag="settle"):
    """Make one person's mute in one group what the facts say; `anew`, what is to be asked for again first."""

    group_id: GroupId
    user_id: UserId
    name: str = ""
    anew: bool = False

    @property
    def key(self) -> str:
        """One per person and group, however often it is owed."""
        return f"settle:{self.group_id}:{self.user_id}" + (":anew" if self.anew else "")


class SettleEverywhere(msgspec.Struct, frozen=True, tag="settle_everywhere"):
    """Settle somebody whose subscription changed in every group that requires the channel.

    `fell`: they were subscribed, and are no longer.
    """

    channel_id: ChannelId
    user_id: UserId
    name: str = ""
    fell: bool = False

    @property
    def key(self) -> str:
        """One per person and channel."""
        return f"everywhere:{self.channel_id}:{self.user_id}"


class Judge(msgspec.Struct, frozen=True, tag="judge"):
    """Settle a message's author, and delete the message if they may not speak."""

    group_id: GroupId
    user_id: UserId
    message_id: MessageId
    at: int
    thread_id: ThreadId | None = None
    name: str = ""

    @property
    def key(self) -> str:
        """One per message."""
        return f"judge:{self.group_id}:{self.message_id}"


class Prompt(msgspec.Struct, frozen=True, tag="prompt"):
    """Tell those held in a group what to join, and delete what is told to nobody any more."""

    group_id: GroupId

    @property
    def key(self) -> str:
        """One per group: prompts coalesce."""
        return f"prompt:{self.group_id}"


class Delete(msgspec.Struct, frozen=True, tag="delete"):
    """Delete messages; those that are gone already count as deleted."""

    chat_id: int
    message_ids: tuple[MessageId, ...]

    @property
    def key(self) -> str:
        """One per first message."""
        return f"delete:{self.chat_id}:{self.message_ids[0]}"


class Say(msgspec.Struct, frozen=True, tag="say"):
    """Send a note once; with `lifetime_s` it deletes itself that many seconds later."""

    occasion: str
    to: Address
    note: Note
    lifetime_s: float | None = None

    @property
    def key(self) -> str:
        """One per occasion: an update's answer is sent once, however often the update comes."""
        return f"say:{self.to.chat_id}:{self.occasion}"


class Rewrite(msgspec.Struct, frozen=True, tag="rewrite"):
    """Replace a message of the bot's."""

    chat_id: int
    message_id: MessageId
    note: Note

    @property
    def key(self) -> str:
        """One per message: the last text wins."""
        return f"rewrite:{self.chat_id}:{self.message_id}"


class Resettle(msgspec.Struct, frozen=True, tag="resettle"):
    """Settle everybody who is held in a group: its rule, or what may be done there, changed."""

    group_id: GroupId

    @property
    def key(self) -> str:
        """One per group."""
        return f"resettle:{self.group_id}"


class Restore(msgspec.Struct, frozen=True, tag="restore"):
    """Give back an admin's ban or restriction that a call of ours overwrote by racing with it.

    `instead` is what that call put in its place.
    """

    group_id: GroupId
    user_id: UserId
    banned: bool
    restriction: Restriction
    instead: Restriction = FREE

    @property
    def key(self) -> str:
        """One per person and group."""
        return f"restore:{self.group_id}:{self.user_id}"


class BlockSender(msgspec.Struct, frozen=True, tag="block_sender"):
    """Forbid a channel to write in a group (banChatSenderChat)."""

    group_id: GroupId
    sender_chat_id: int

    @property
    def key(self) -> str:
        """One per channel and group."""
        return f"block:{self.group_id}:{self.sender_chat_id}"


class Approve(msgspec.Struct, frozen=True, tag="approve"):
    """Let somebody in who asked for it at `at` (Telegram's clock), once they qualify; `told`: of what lacks.

    They may be written to in `private_chat_id` for a while.
    """

    group_id: GroupId
    user_id: UserId
    private_chat_id: int
    at: int
    told: bool = False

    @property
    def key(self) -> str:
        """One per person and group."""
        return f"approve:{self.group_id}:{self.user_id}"


Intent = (
    Settle
    | SettleEverywhere
    | Judge
    | Prompt
    | Delete
    | Say
    | Rewrite
    | Resettle
    | Restore
    | BlockSender
    | Approve
)

URGENCY: dict[type, int] = {
    Restore: 0,
    Approve: 0,
    Resettle: 0,
    Settle: 0,
    SettleEverywhere: 0,
    Judge: 1,
    Delete: 2,
    BlockSender: 2,
    Prompt: 3,
    Rewrite: 3,
    Say: 3,
}
"""Which kinds go first; lower is sooner."""


class Owed(msgspec.Struct, frozen=True):
    """An intent with its state. Times are Unix seconds on our clock.

    `token` tells two debts of one key apart: an attempt pays only the debt that it saw.
    """

    intent: Intent
    due_at: float
    owed_at: float
    token: int
    attempts: int = 0

    @property
    def key(self) -> str:
        """The intent's key."""
        return self.intent.key

    @property
    def urgency(self) -> int:
        """Lower is sooner."""
        return URGENCY[type(self.intent)]
