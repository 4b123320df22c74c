"""What every part of the world stands on: who and what exists, ids, the clock, and update delivery."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from random import Random

import msgspec

from gmbot.simulator.chats import Chat, Invite, Message, invite_wire
from gmbot.simulator.clock import Clock
from gmbot.simulator.errors import NotAllowed
from gmbot.simulator.knobs import Knobs
from gmbot.simulator.members import Member, Wire, member_wire
from gmbot.simulator.people import Bot, Person, service_accounts

FIRST_USER_ID = 7_000_000_001
"""Over 2³², as new accounts are: 32-bit columns and JavaScript bit tricks break on it."""
FIRST_CHANNEL_NUMBER = 2_000_000_001
FIRST_GROUP_NUMBER = 4_000_001
LINK_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


class CallbackQuery(msgspec.Struct, kw_only=True):
    """A tapped button and, once given, its answer."""

    id: str
    user: int
    bot: int
    chat_id: int
    message_id: int
    data: str
    at: float
    answered_at: float | None = None
    text: str | None = None
    show_alert: bool = False
    url: str | None = None


class Ground:
    """State and plumbing, synchronous and deterministic: equal seeds and actions give equal worlds."""

    def __init__(self, clock: Clock, *, seed: int = 0, knobs: Knobs | None = None) -> None:
        self.clock = clock
        self.knobs = knobs or Knobs()
        self.random = Random(seed)
        self.people: dict[int, Person] = service_accounts()
        self.bots: dict[int, Bot] = {}
        self.tokens: dict[str, int] = {}
        self.chats: dict[int, Chat] = {}
        self.dialogues: dict[tuple[int, int], Chat] = {}
        self.usernames: dict[str, int] = {}
        self.callbacks: OrderedDict[str, CallbackQuery] = OrderedDict()
        self.links: dict[str, Invite] = {}
        self.serials: dict[str, int] = {}
        self.request_openings: dict[int, list[tuple[int, float]]] = {}
        """User → the bots that were told of a join request, and when: they may write for a while."""
        self._greeters: list[Callable[[Bot], None]] = []

    def now(self) -> float:
        """Unix time of this world."""
        return self.clock.now()

    def serial(self, name: str, first: int = 1) -> int:
        """The next number of that series."""
        value = self.serials.get(name, first - 1) + 1
        self.serials[name] = value
        return value

    def person(self, person: int) -> Person:
        """Whoever has that id, or NotAllowed."""
        try:
            return self.people[person]
        except KeyError:
            raise NotAllowed(f"there is no person {person}") from None

    def user_wire(self, person: int) -> Wire:
        """The User object of that person."""
        return self.person(person).wire

    def place(self, chat: int) -> Chat:
        """The group, supergroup or channel with that id, or NotAllowed."""
        try:
            return self.chats[chat]
        except KeyError:
            raise NotAllowed(f"there is no chat {chat}") from None

    def standing(self, chat: Chat, person: int) -> Member:
        """What that person is in that chat now."""
        return chat.member(person, self.now())

    def member(self, chat: int, person: int) -> Member:
        """What that person is in that chat now: status, permissions, until_date and the rest."""
        return self.standing(self.place(chat), person)

    def random_word(self, length: int) -> str:
        """A string as in invite links and ids, from this world's own randomness."""
        return "".join(self.random.choices(LINK_ALPHABET, k=length))

    def greet_bots(self, greeter: Callable[[Bot], None]) -> None:
        """Call `greeter` with every bot there is and, as they are added, with those to come."""
        self._greeters.append(greeter)
        for bot in self.bots.values():
            greeter(bot)

    def register_bot(self, bot: Bot) -> None:
        """Let a new bot into the world."""
        self.bots[bot.id] = bot
        self.tokens[bot.token] = bot.id
        for greeter in self._greeters:
            greeter(bot)

    def emit(self, bot: int, kind: str, payload: Wire) -> None:
        """Put an update into that bot's mailbox."""
        self.bots[bot].mailbox.push(kind, payload)

    def store(self, chat: Chat, author: int, wire: Wire) -> Message:
        """Keep a message under its id, letting go of the oldest beyond the history's limit."""
        message = Message(
            id=_int(wire["message_id"]), chat_id=chat.id, author=author, date=_int(wire["date"]), wire=wire
        )
        chat.history[message.id] = message
        if len(chat.history) > self.knobs.history_limit:
            chat.history.popitem(last=False)
        return message

    def new_message(self, chat: Chat, sender: Wire | None, **fields: object) -> Wire:
        """A Message object with a fresh id, dated now."""
        chat.last_message_id += 1
        wire: Wire = {"message_id": chat.last_message_id, "date": int(self.now()), "chat": chat.wire}
        if sender is not None:
            wire["from"] = sender
        wire.update(fields)
        return wire

    def deliver(self, chat: Chat, wire: Wire, *, edited: bool = False, besides: int | None = None) -> None:
        """Show a message to the bots that can read the chat, except bot `besides`, its author.

        In groups bots do not see each other's messages at all.
        """
        if besides in self.bots and not chat.is_channel:
            return
        kind = "channel_post" if chat.is_channel else "message"
        if edited:
            kind = "edited_" + kind
        for bot in sorted(chat.bots) if len(chat.bots) > 1 else tuple(chat.bots):
            if bot != besides and (not chat.is_channel or self.standing(chat, bot).is_admin):
                self.emit(bot, kind, wire)

    def publish(self, chat: Chat, author: int, wire: Wire, *, echo: bool = False) -> Message:
        """Keep a new message and show it; the bot that wrote it sees it only with `echo`."""
        message = self.store(chat, author, wire)
        self.deliver(chat, wire, besides=None if echo else author)
        return message

    def announce(self, chat: Chat, author: int, **fields: object) -> Message:
        """Publish a service message, which its author sees too."""
        return self.publish(chat, author, self.new_message(chat, self.user_wire(author), **fields), echo=True)

    def member_object(self, chat: Chat, person: int, member: Member, viewer: int | None) -> Wire:
        """The ChatMember object of that standing."""
        return member_wire(member, self.user_wire(person), chat.type, viewer)

    def invite_object(self, invite: Invite, viewer: int) -> Wire:
        """The ChatInviteLink object as that bot sees it."""
        chat = self.chats[invite.chat_id]
        pending = sum(request.link == invite.link for request in chat.requests.values())
        return invite_wire(invite, self.user_wire(invite.creator), viewer, pending)


def _int(value: object) -> int:
    assert isinstance(value, int)  # noqa: S101 - the wire above is built here
    return value
