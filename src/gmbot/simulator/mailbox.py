"""One bot's queue of updates, as the official server keeps it."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

import msgspec

from gmbot.simulator.clock import Clock
from gmbot.simulator.knobs import Knobs
from gmbot.simulator.members import Wire

UPDATE_KINDS = frozenset(
    [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "guest_message",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
        "managed_bot",
        "subscription",
        "stopped_message_generation",
    ]
)
DEFAULT_KINDS = UPDATE_KINDS - {"chat_member", "message_reaction", "message_reaction_count"}
PERSONAL_KINDS = frozenset({"callback_query", "my_chat_member", "chat_join_request", "inline_query"})


class Entry(msgspec.Struct, frozen=True):
    """An update that waits: `update` is the whole Update object."""

    update_id: int
    kind: str
    queue: tuple[str, int]
    update: Wire
    expires_at: float


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where a bot wants its updates posted."""

    url: str
    secret_token: str = ""
    max_connections: int = 40
    ip_address: str = ""
    has_custom_certificate: bool = False


class Mailbox:
    """Numbers, filters, keeps and expires one bot's updates."""

    def __init__(self, clock: Clock, *, first_id: int, knobs: Knobs) -> None:
        self._clock = clock
        self._knobs = knobs
        self._next_id = first_id
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._short_lived: deque[tuple[float, int]] = deque()
        self._listeners: list[Callable[[Entry], None]] = []
        self.allowed: frozenset[str] = DEFAULT_KINDS
        self.webhook: Webhook | None = None
        self.last_error: tuple[int, str] | None = None
        """Unix time and text of the last failed delivery, for getWebhookInfo."""
        self.admit: Callable[[str, Wire], bool] | None = None
        """Asked before an update is numbered; False loses it, as the official server sometimes does."""

    def __len__(self) -> int:
        self._expire()
        return len(self._entries)

    def allow(self, kinds: Sequence[str] | None) -> None:
        """Take over `allowed_updates`: None changes nothing, empty is the default, unknown is ignored."""
        if kinds is None:
            return
        known = UPDATE_KINDS.intersection(kinds)
        self.allowed = frozenset(known) if known else DEFAULT_KINDS

    def push(self, kind: str, payload: Wire) -> Entry | None:
        """Queue an update; None when the filter, a fault or a full queue lost it."""
        if kind not in self.allowed or (self.admit is not None and not self.admit(kind, payload)):
            return None
        if len(self._entries) >= self._knobs.mailbox_limit and len(self) >= self._knobs.mailbox_limit:
            return None
        entry = self._enter(kind, payload)
        for listener in tuple(self._listeners):
            listener(entry)
        return entry

    def pending(self) -> list[Entry]:
        """What waits, oldest first."""
        self._expire()
        return list(self._entries.values())

    def take(self, offset: int = 0, limit: int = 100) -> list[Wire]:
        """Confirm by `offset` as getUpdates does, and read up to `limit` updates without removing them."""
        self.confirm(offset)
        wanted = max(1, min(limit, 100))
        return [entry.update for _, entry in zip(range(wanted), self._entries.values(), strict=False)]

    def confirm(self, offset: int) -> None:
        """Forget updates below `offset`; a negative one keeps only the last so many; 0 forgets none."""
        self._expire()
        if offset < 0:
            surplus = len(self._entries) + offset
        elif offset > 0:
            surplus = self._below(offset)
        else:
            surplus = 0
        for _ in range(surplus):
            self._entries.popitem(last=False)

    def remove(self, update_id: int) -> None:
        """Forget one delivered update."""
        self._entries.pop(update_id, None)

    def holds(self, update_id: int) -> bool:
        """Whether that update still waits."""
        self._expire()
        return update_id in self._entries

    def clear(self) -> None:
        """Forget everything that waits."""
        self._entries.clear()
        self._short_lived.clear()

    def listen(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Call `listener` with each new entry; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _enter(self, kind: str, payload: Wire) -> Entry:
        update_id = self._next_id
        self._next_id += 1
        brief = kind == "callback_query"
        lifetime_s = self._knobs.callback_update_lifetime_s if brief else self._knobs.update_lifetime_s
        expires_at = self._clock.now() + lifetime_s
        entry = Entry(
            update_id, kind, queue_of(kind, payload), {"update_id": update_id, kind: payload}, expires_at
        )
        self._entries[update_id] = entry
        if brief:
            self._short_lived.append((expires_at, update_id))
        return entry

    def _below(self, offset: int) -> int:
        count = 0
        for update_id in self._entries:
            if update_id >= offset:
                break
            count += 1
        return count

    def _expire(self) -> None:
        now = self._clock.now()
        while self._short_lived and self._short_lived[0][0] <= now:
            self._entries.pop(self._short_lived.popleft()[1], None)
        while self._entries and next(iter(self._entries.values())).expires_at <= now:
            self._entries.popitem(last=False)


def queue_of(kind: str, payload: Wire) -> tuple[str, int]:
    """The queue within which updates keep their order: the chat, or the person for what people do.

    Taps, `chat_member` and join requests each have a queue per person, across all chats.
    """
    if kind == "chat_member":
        member = payload["new_chat_member"]
        return kind, _id_of(member["user"] if isinstance(member, dict) else None)
    if kind in PERSONAL_KINDS:
        return kind, _id_of(payload.get("from"))
    return "chat", _id_of(payload.get("chat"))


def _id_of(wire: object) -> int:
    found = wire.get("id") if isinstance(wire, dict) else None
    return found if isinstance(found, int) else 0
