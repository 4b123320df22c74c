"""A chat as somebody sees it: bubbles, service lines and buttons."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import parse_qs, urlsplit

import msgspec
from markupsafe import Markup

from gmbot.simulator.chats import Chat, Message
from gmbot.simulator.members import Wire
from gmbot.simulator.playground.markup import render
from gmbot.simulator.playground.scene import Scene
from gmbot.simulator.playground.view import View
from gmbot.simulator.world import World

SHOWN = 60
HUES = 6
_MOST_NAMES = 3


class Face(msgspec.Struct, frozen=True):
    """Who is shown beside a message: a name, its initials, and one of six colours."""

    name: str
    initials: str
    hue: int


class Button(msgspec.Struct, frozen=True):
    """A button under a message: a tap to send, a chat to go to, a bot to start, or a way out of the box."""

    text: str
    kind: str
    value: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A bubble, or a service line when there is no `face`."""

    key: str
    text: Markup
    face: Face | None = None
    mine: bool = False
    time: str = ""
    edited: bool = False
    quote: str = ""
    rows: tuple[tuple[Button, ...], ...] = ()
    message_id: int = 0
    private: bool = False
    """Only this person sees it."""


def face(name: str, number: int) -> Face:
    """The face of a person or chat."""
    words = [word for word in name.split() if word[:1].isalnum()] or ["?"]
    initials = words[0][:1] + (words[-1][:1] if len(words) > 1 else "")
    return Face(name, initials.upper(), abs(number) % HUES)


class Conversation:
    """Turns a chat's history into lines."""

    def __init__(self, world: World, scene: Scene) -> None:
        self._world = world
        self._scene = scene

    def lines(self, view: View) -> list[Line]:
        """The last lines of the chat that is looked at, as that person sees it."""
        if view.chat == self._scene.bot:
            return [self._bubble(m, view) for m in self._world.dialogue(view.me, view.chat)[-SHOWN:]]
        chat = self._world.place(view.chat)
        if not self.readable(chat, view.me):
            return []
        lines = list(self._gathered(chat, view))[-SHOWN:]
        whispers = self._world.whispers(view.me, view.chat)
        return [*lines, *(self._bubble(m, view, private=True) for m in whispers)]

    def readable(self, chat: Chat, person: int) -> bool:
        """Whether that person can read along: members everywhere, everybody where it is public."""
        standing = self._world.standing(chat, person)
        return standing.is_member or (chat.username is not None and standing.status != "kicked")

    def last(self, view: View, chat: int) -> str:
        """The last words in a chat, for the list."""
        lines = self.lines(msgspec.structs.replace(view, chat=chat))
        if not lines:
            return ""
        said = lines[-1].text.striptags()
        author = lines[-1].face
        in_group = chat in self._scene.groups and author is not None
        return f"{author.name}: {said}" if in_group and author else said

    def _gathered(self, chat: Chat, view: View) -> Iterator[Line]:
        """Three or more people who come (or go) in a row share a line."""
        run: list[Message] = []
        for message in self._world.messages(chat.id):
            if run and (not _passing(message) or _passing(message) != _passing(run[0])):
                yield from self._passers_by(run, view)
                run = []
            if _passing(message):
                run.append(message)
            else:
                yield self._line(message, view)
        yield from self._passers_by(run, view)

    def _passers_by(self, run: Sequence[Message], view: View) -> Iterable[Line]:
        if len(run) <= _MOST_NAMES:
            return [self._line(message, view) for message in run]
        names = [_passer(message) for message in run]
        verb = "joined the group" if _passing(run[0]) == "new_chat_members" else "left the group"
        text = f"{names[0]}, {names[1]} and {len(names) - 2} others {verb}"
        return [Line(key=f"m{view.chat}-{run[0].id}", text=Markup("{}").format(text))]

    def _line(self, message: Message, view: View) -> Line:
        told = _service(message.wire)
        if told is None:
            return self._bubble(message, view)
        return Line(key=f"m{view.chat}-{message.id}", text=Markup("{}").format(told))

    def _bubble(self, message: Message, view: View, *, private: bool = False) -> Line:
        wire = message.wire
        kind = "text" if "text" in wire else "caption"
        entities = wire.get("entities" if kind == "text" else "caption_entities")
        text = render(message.text, entities) if message.text else Markup("🖼 a picture")
        quoted = wire.get("reply_to_message")
        return Line(
            key=f"{'w' if private else 'm'}{view.chat}-{message.id}",
            text=text,
            face=_author(wire),
            mine=message.author == view.me,
            time=time.strftime("%H:%M", time.localtime(message.date)),
            edited="edit_date" in wire,
            quote=str(quoted.get("text", "")) if isinstance(quoted, dict) else "",
            rows=tuple(tuple(self._button(button) for button in row) for row in message.rows),
            message_id=message.id,
            private=private,
        )

    def _button(self, wire: Wire) -> Button:
        text = str(wire.get("text", ""))
        if "callback_data" in wire:
            return Button(text, "tap", str(wire["callback_data"]))
        url = str(wire.get("url", ""))
        kind, value = self._destination(url)
        return Button(text, kind, value or url)

    def _destination(self, url: str) -> tuple[str, str]:
        """Where a t.me link leads within the box."""
        parts = urlsplit(url)
        invite = self._world.links.get(url)
        if invite is not None:
            return "go", str(invite.chat_id)
        chat = self._world.usernames.get(parts.path.strip("/").lower())
        if parts.hostname != "t.me" or chat is None:
            return "out", url
        if chat != self._scene.bot:
            return "go", str(chat)
        asked = parse_qs(parts.query)
        if "startgroup" in asked or "startchannel" in asked:
            return "out", url
        return "start", asked.get("start", [""])[0]


def _passing(message: Message) -> str:
    return next((kind for kind in ("new_chat_members", "left_chat_member") if kind in message.wire), "")


def _passer(message: Message) -> str:
    gone = message.wire.get("left_chat_member")
    come = message.wire.get("new_chat_members")
    found = come[0] if isinstance(come, list) else gone
    return str(found["first_name"]) if isinstance(found, dict) else "somebody"


def _service(wire: Wire) -> str | None:
    if "new_chat_members" in wire or "left_chat_member" in wire:
        message = Message(id=0, chat_id=0, author=0, date=0, wire=wire)
        verb = "joined the group" if "new_chat_members" in wire else "left the group"
        return f"{_passer(message)} {verb}"
    if "pinned_message" in wire:
        return "a message was pinned"
    return None if {"text", "caption", "photo"} & wire.keys() else "something happened"


def _author(wire: Wire) -> Face:
    sender = wire.get("sender_chat", wire.get("from"))
    if not isinstance(sender, dict):
        return face("?", 0)
    return face(str(sender.get("title", sender.get("first_name", "?"))), int(sender["id"]))
