"""What the use cases need of the world. Small, and owned by whoever needs it: the gate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import Hold
from gmbot.domain.ids import BotId, ChannelId, GroupId, MessageId, UserId
from gmbot.domain.mass_flip import FlipCount
from gmbot.domain.membership import Membership
from gmbot.domain.standing import Restriction, Standing
from gmbot.gate.ages import Page, Pruned
from gmbot.gate.changes import AuditEntry, Changes, SetAside
from gmbot.gate.events import Event
from gmbot.gate.incoming import Chat
from gmbot.gate.intents import Owed
from gmbot.gate.news import News
from gmbot.gate.outgoing import Address, Note
from gmbot.gate.sweeps import Sweep

Emit = Callable[[Event], None]
"""Where frozen events go; listeners never raise."""

KnownMemberships = dict[ChannelId, Membership]


class Clock(Protocol):
    """Time, as Unix seconds; virtual in tests."""

    def now(self) -> float:
        """Return the current time."""
        ...

    def sleep(self, delay_s: float) -> Awaitable[None]:
        """Return after `delay_s` seconds."""
        ...


class Me(msgspec.Struct, frozen=True):
    """Who the bot is (getMe)."""

    bot_id: BotId
    username: str
    name: str


class ChatInfo(msgspec.Struct, frozen=True):
    """What getChat tells: the chat, and the channel or group that it is linked with."""

    chat: Chat
    linked_chat_id: int | None = None


class Administrator(msgspec.Struct, frozen=True):
    """One entry of getChatAdministrators; the owner has every right."""

    user_id: UserId
    rights: frozenset[str]
    is_owner: bool = False
    is_bot: bool = False
    is_anonymous: bool = False


class CommandMenu(msgspec.Struct, frozen=True):
    """The commands that one scope shows. `scope` is Telegram's BotCommandScope type."""

    scope: str
    commands: tuple[tuple[str, str], ...]


class PersonRecord(msgspec.Struct, frozen=True):
    """All that is stored of one person in one group, and in the channels asked about.

    `lapsed`: where the person was subscribed when last heard of, which is too long ago to be believed.
    """

    hold: Hold | None = None
    standing: Standing | None = None
    memberships: KnownMemberships = {}
    lapsed: tuple[ChannelId, ...] = ()


class KnownPerson(msgspec.Struct, frozen=True):
    """Somebody of whom something is stored, and what."""

    user_id: UserId
    record: PersonRecord


class Telegram(Protocol):
    """One bot's view of Telegram.

    Every method raises TransientError when nothing was learnt (the effect may have happened all the
    same), or a RefusedError.
    """

    def now(self) -> float:
        """Return Telegram's clock as last heard of, in Unix seconds."""
        ...

    async def me(self) -> Me:
        """Return who the bot is. Raises ConfigurationError if Telegram refuses the token."""
        ...

    async def member(self, chat_id: int, user_id: UserId) -> Standing:
        """Return what somebody is in a chat (getChatMember), stamped with the second of the question.

        Raises PersonUnknown where Telegram cannot tell, ChatUnusable where the bot may not ask.
        """
        ...

    async def chat(self, chat: int | str) -> ChatInfo:
        """Return a chat by id or `@username` (getChat)."""
        ...

    async def administrators(self, chat_id: int) -> Sequence[Administrator]:
        """Return the admins of a chat, the bot among them if it is one (getChatAdministrators)."""
        ...

    async def restrict(self, group_id: GroupId, user_id: UserId, restriction: Restriction) -> None:
        """Make somebody's restriction this one; everything allowed makes them a plain member again."""
        ...

    async def ban(self, group_id: GroupId, user_id: UserId, until: int) -> None:
        """Ban somebody until a Unix second; 0 means for ever."""
        ...

    async def approve(self, group_id: GroupId, user_id: UserId) -> None:
        """Let somebody in who asked for it; one who is in, or asks no more, is no error."""
        ...

    async def ban_sender_chat(self, group_id: GroupId, sender_chat_id: int) -> None:
        """Forbid a channel to write in a group."""
        ...

    async def delete(self, chat_id: int, message_ids: Sequence[MessageId]) -> None:
        """Delete 1–100 messages; missing ones count as deleted."""
        ...

    async def send(self, to: Address, note: Note) -> MessageId:
        """Send a note and return the message's id."""
        ...

    async def edit(self, chat_id: int, message_id: MessageId, note: Note) -> bool:
        """Replace a message; False if it is gone, which is no error, nor is one that is the same already."""
        ...

    async def answer(
        self, callback_id: str, text: str, *, alert: bool = False, about: int | None = None
    ) -> None:
        """Answer a tap with up to 200 characters; too late is no error. `about`: the chat of the tap."""
        ...

    async def invite_link(self, chat_id: int, name: str) -> str:
        """Make an invite link of the bot's own (createChatInviteLink)."""
        ...

    async def set_commands(self, menus: Sequence[CommandMenu]) -> None:
        """Set the command menu of each scope."""
        ...


class Store(Protocol):
    """The truth of one bot. Raises Unavailable when it cannot be read or written."""

    async def apply(self, changes: Changes) -> bool:
        """Write everything in one transaction, or nothing and return False if the update was applied."""
        ...

    async def groups(self) -> Sequence[Group]:
        """Return every guarded group."""
        ...

    async def channels(self) -> Sequence[Channel]:
        """Return every channel that a guarded group requires."""
        ...

    async def memberships(
        self, user_id: UserId, channels: Sequence[ChannelId]
    ) -> dict[ChannelId, Membership]:
        """Return what is known of one person in these channels; what is not known is absent."""
        ...

    async def standing(self, group_id: GroupId, user_id: UserId) -> Standing | None:
        """Return what one person was last known to be in a group."""
        ...

    async def hold(self, group_id: GroupId, user_id: UserId) -> Hold | None:
        """Return a person's hold in a group: the active one, or the last that ended."""
        ...

    async def person(self, group_id: GroupId, user_id: UserId, channels: Sequence[ChannelId]) -> PersonRecord:
        """Return `hold`, `standing` and `memberships` in one visit, as of one moment if possible."""
        ...

    async def holds_in(self, group_id: GroupId, after: UserId, limit: int) -> Sequence[Hold]:
        """Return a group's active holds by user id, from the first greater than `after`."""
        ...

    async def told(self, group_id: GroupId, since: float = 0.0) -> Sequence[Hold]:
        """Return the holds, active or ended, by user id, that some of a group's prompts name (`prompt_id`).

        Of the prompts that concern nobody any more, as all whom they name are free or away, and of those to
        which somebody was added (`prompted_at`) since a Unix second.
        """
        ...

    async def untold(self, group_id: GroupId, before: float, limit: int) -> Sequence[Hold]:
        """Return PLACED holds, not `away`, without `prompt_id`, `prompted_at` <= `before`, oldest first."""
        ...

    async def holds_of(self, user_id: UserId) -> Sequence[Hold]:
        """Return a person's active holds in all groups."""
        ...

    async def count_holds(self) -> int:
        """Return how many holds are active."""
        ...

    async def claim(self, now: float, lease_s: float, limit: int) -> Sequence[Owed]:
        """Take what is due, most urgent and oldest first, and keep it from others for `lease_s` seconds."""
        ...

    async def next_due(self) -> float | None:
        """Return when the next intent is due, in Unix seconds."""
        ...

    async def known(
        self, group_id: GroupId, channels: Sequence[ChannelId], after: UserId, limit: int
    ) -> Sequence[KnownPerson]:
        """Return whoever has a standing or an active hold in a group, or a membership of these channels.

        By user id, from the first greater than `after`, each with all that is stored of them there.
        """
        ...

    async def sweeps(self) -> Sequence[Sweep]:
        """Return the last sweep of each kind in every group, by group and kind."""
        ...

    async def audit(self, group_id: GroupId, limit: int) -> Sequence[AuditEntry]:
        """Return the last entries about a group, newest first."""
        ...

    async def set_aside(self, limit: int) -> Sequence[SetAside]:
        """Return the last updates that could not be handled, newest first."""
        ...

    async def prune(self, page: Page) -> Pruned:
        """Remove what nobody needs from one page of a table."""
        ...

    async def ping(self) -> None:
        """Return if the store answers."""
        ...


class MemorySize(msgspec.Struct, frozen=True):
    """How much process memory keeps, and how many facts it forgot to make room since the start."""

    entries: int
    bytes: int
    evicted: int


class Reading:
    """A visit to a farther memory; `disturbed` once what it brings may be out of date."""

    __slots__ = ("disturbed",)

    def __init__(self) -> None:
        self.disturbed = False


class Memory(Protocol):
    """Bounded process memory of facts; it may forget anything at any time."""

    @property
    def size(self) -> MemorySize:
        """How much is kept."""
        ...

    def memberships(self, user_id: UserId, channels: Sequence[ChannelId]) -> KnownMemberships:
        """Return what is remembered of one person in these channels."""
        ...

    def subscriptions(self, user_id: UserId, channels: Sequence[ChannelId]) -> int:
        """Return of how many of these channels one person is remembered as a subscriber."""
        ...

    def is_admin(self, group_id: GroupId, user_id: UserId) -> bool | None:
        """Return whether one person was last known to be an admin of a group; None if nothing is known."""
        ...

    def learn(self, changes: Changes) -> None:
        """Merge the facts of stored changes."""
        ...

    def reading(self, user_id: UserId) -> AbstractContextManager[Reading]:
        """Watch over a visit to a farther memory: whatever is forgotten of that person disturbs it."""
        ...

    def forget_membership(self, user_id: UserId, channel_id: ChannelId) -> None:
        """Forget what is remembered of one person in one channel."""
        ...

    def forget_memberships(self) -> None:
        """Forget every membership."""
        ...

    def forget_standing(self, group_id: GroupId, user_id: UserId) -> None:
        """Forget what one person is in a group."""
        ...

    def forget_all(self) -> None:
        """Forget everything."""
        ...


class SharedMemory(Protocol):
    """Memory that all processes of one bot share. It may be slow, empty or gone; it never raises.

    It keeps copies of what the store has, and tells every process what the others changed.
    """

    @property
    def trusted(self) -> bool:
        """Whether process memory may be believed: what others store would be heard of at once."""
        ...

    @property
    def era(self) -> str:
        """What to give to `offer` with something that was read from the store from now on."""
        ...

    def listen(self, hear: Callable[[News], None]) -> None:
        """Have `hear` called with what may have changed elsewhere."""
        ...

    async def recall(self, user_id: UserId, channels: Sequence[ChannelId]) -> KnownMemberships:
        """Return what is remembered of one person in these channels, in one visit."""
        ...

    def offer(self, user_id: UserId, facts: KnownMemberships, era: str) -> None:
        """Keep copies of what was read from the store, unless newer facts or another era came meanwhile."""
        ...

    async def learn(self, changes: Changes) -> None:
        """Take in what was just stored, and return once every process that hears us has been told.

        A membership that is UNKNOWN means: something was stored, look there.
        """
        ...


class Voice(Protocol):
    """The words for what the gate says by itself."""

    def prompt(self, group: Group, missing: Sequence[Channel], people: Sequence[Hold]) -> Note:
        """Return what tells held people what to join."""
        ...

    def join_first(self, group: Group, missing: Sequence[Channel]) -> Note:
        """Return what tells somebody who asks to be let in what to join first."""
        ...

    def paused(self, group: Group) -> Note:
        """Return what tells admins that a group is left alone, why, and how to mend it."""
        ...

    def mass_flip(self, group: Group, seen: FlipCount) -> Note:
        """Return what asks admins whether so many people really left, with buttons to resume or stop."""
        ...

    def sweep_progress(self, group: Group, sweep: Sweep) -> Note:
        """Return how far a sweep is, or what came of it."""
        ...

    def channel_unusable(self, group: Group, channel: Channel) -> Note:
        """Return what tells admins that a channel no longer counts, and how to mend it."""
        ...
