"""Updates that were fetched and are not handled yet: in order where it matters, at once where it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import chain, zip_longest

import msgspec

from gmbot.domain.errors import TransientError
from gmbot.domain.ids import UpdateId
from gmbot.gate.incoming import BotChanged, ButtonTapped, Incoming, MemberChanged, MessageSeen
from gmbot.resilience.racing import race

Handle = Callable[[Incoming], Awaitable[None]]
"""Returns once an update's facts and intents are stored; raises TransientError when they cannot be now."""

QueueKey = tuple[int, int]
"""A chat and who does something there; 0 for what people do across all chats."""


def queue_of(update: Incoming) -> QueueKey | None:
    """Return the queue within which order matters; None for what stands alone.

    Telegram keeps a chat's messages in order, and what a person does (taps, memberships) across all chats
    (SEMANTICS: limits and delivery). What different people write in a chat depends on nothing but what was
    said about the chat itself: see `is_barrier`.
    """
    match update:
        case MessageSeen(chat=chat, sender=sender, sender_chat=sender_chat):
            author = sender_chat.chat_id if sender_chat else sender.user_id if sender else 0
            return chat.chat_id, author
        case BotChanged(chat=chat):
            return chat.chat_id, 0
        case MemberChanged(person=person) | ButtonTapped(person=person):
            return 0, person.user_id
        case _:
            return None


def is_barrier(update: Incoming) -> bool:
    """Whether all that came before in a chat must be over first, and all that follows waits.

    Commands, what becomes of the bot itself, migrations, and forwards that tell of a linked channel.
    """
    if isinstance(update, MessageSeen):
        return bool(update.command or update.automatic_forward or update.migrated_to or update.migrated_from)
    return isinstance(update, BotChanged)


class Turn:
    """One update that is not handled yet, and those that come first."""

    __slots__ = ("after", "over", "queue", "update")

    def __init__(self, update: Incoming) -> None:
        self.update = update
        self.queue = queue_of(update)
        self.after: list[Turn] = []
        self.over = asyncio.Event()


class Order:
    """Who waits for whom."""

    def __init__(self) -> None:
        self._last: dict[QueueKey, Turn] = {}
        self._barriers: dict[int, Turn] = {}
        # Dicts instead of sets, whose order differs from run to run: turns wait in the order of arrival.
        self._since: dict[int, dict[Turn, None]] = {}

    def is_barred(self, chat_id: int) -> bool:
        """Whether something about a whole chat is not over yet."""
        return chat_id in self._barriers

    def enter(self, update: Incoming) -> Turn:
        """Return the turn of an update, behind those that were entered before it."""
        turn = Turn(update)
        if turn.queue is not None:
            chat_id = turn.queue[0]
            if is_barrier(update):
                turn.after += self._since.pop(chat_id, ())
                turn.after += filter(None, (self._barriers.get(chat_id),))
                self._barriers[chat_id] = turn
            else:
                turn.after += filter(None, (self._barriers.get(chat_id), self._last.get(turn.queue)))
                self._since.setdefault(chat_id, {})[turn] = None
                self._last[turn.queue] = turn
        return turn

    def as_of_now(self, turn: Turn) -> Incoming:
        """Return the update of a turn; one about a person tells whether another about them is waiting."""
        update = turn.update
        if isinstance(update, MemberChanged) and self._last.get((0, update.person.user_id)) is not turn:
            return msgspec.structs.replace(update, outdated=True)
        return update

    def leave(self, turn: Turn) -> None:
        """Let those behind a turn begin."""
        turn.over.set()
        if turn.queue is None:
            return
        chat_id = turn.queue[0]
        if self._last.get(turn.queue) is turn:
            del self._last[turn.queue]
        if self._barriers.get(chat_id) is turn:
            del self._barriers[chat_id]
        if since := self._since.get(chat_id):
            since.pop(turn, None)
            if not since:
                del self._since[chat_id]


class Unfinished:
    """What was fetched of one bot and is not handled; `moved` is set whenever something was.

    An update that fails is tried again after `pause(failures)`, or as soon as another one's repetition was of
    use: what failed them both is over. Nothing is begun any more once `halted`.
    """

    def __init__(
        self, handle: Handle, pause: Callable[[int], Awaitable[None]], halted: Callable[[], bool]
    ) -> None:
        self.order = Order()
        self.moved = asyncio.Event()
        self._handle = handle
        self._pause = pause
        self._halted = halted
        self._turns: dict[UpdateId, Turn] = {}
        self._handled: set[UpdateId] = set()
        self._next = 0
        self._healed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._turns)

    @property
    def offset(self) -> int:
        """The first id that must not be confirmed."""
        return min(self._turns) if self._turns else self._next

    def is_new(self, update_id: UpdateId) -> bool:
        """Whether an update was not fetched before, since the first that is not handled."""
        return update_id not in self._turns and update_id not in self._handled

    def passed(self, update_id: UpdateId) -> None:
        """Note an update that is dealt with already."""
        self._handled.add(update_id)
        self._next = max(self._next, update_id + 1)

    def add(self, update: Incoming) -> Turn:
        """Note an update that is to be handled when it is its turn: see `serve`."""
        turn = self._turns[update.update_id] = self.order.enter(update)
        self._next = max(self._next, update.update_id + 1)
        return turn

    def forget_confirmed(self, offset: int) -> None:
        """Forget what a poll from `offset` on has confirmed.

        What was handled while it was under way is in its answer all the same.
        """
        if self._handled:
            self._handled = {number for number in self._handled if number >= offset}

    async def serve(self, turn: Turn) -> None:
        """Handle an update once those before it are over; return when it is handled or nothing may begin."""
        for earlier in turn.after:
            await earlier.over.wait()
        turn.after.clear()
        failures = 0
        while not self._halted():
            try:
                await self._handle(self.order.as_of_now(turn))
            except TransientError:
                failures += 1
                await self._rest(failures)
            else:
                if failures:
                    self._tell_healed()
                del self._turns[turn.update.update_id]
                self._handled.add(turn.update.update_id)
                self.moved.set()
                break
        self.order.leave(turn)

    async def _rest(self, failures: int) -> None:
        """Pause, but no longer than until another update that had failed is handled."""
        await race(self._pause(failures), self._healed.wait())

    def _tell_healed(self) -> None:
        healed, self._healed = self._healed, asyncio.Event()
        healed.set()


def fairly(turns: Iterable[Turn]) -> list[Turn]:
    """Return turns so that chats take turns: what one raided group has to say delays no other's."""
    chats: dict[int, list[Turn]] = {}
    for turn in turns:
        chats.setdefault(_chat_of(turn.update), []).append(turn)
    return [turn for turn in chain.from_iterable(zip_longest(*chats.values())) if turn is not None]


def _chat_of(update: Incoming) -> int:
    chat = getattr(update, "chat", None)
    return 0 if chat is None else chat.chat_id
