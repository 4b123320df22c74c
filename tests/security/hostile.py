"""Updates and answers in the Bot API's shapes, made from our own wire types by chance, and then spoilt."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import inspect

from gmbot.adapters.telegram import wire
from gmbot.entrypoints.bot.menus import COMMAND_MENUS

Json = Any

HUGE = (2**31, 2**53, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**40, 10**4400, -1, 0, 1)
TEXTS = (
    "",
    "Hello",
    "\0",
    "a\0b",
    "\ud800",
    "🦊" * 40,
    "<b>&amp;</b><script>",
    "'; DROP TABLE holds; --",
    "%s %n {0} {{x}}",
    "x" * 5000,
    "\u202eabc",
    "123456:" + "A" * 35,
    "../../etc/passwd",
    "@news",
    "-1001",
    "9" * 400,
)
COMMANDS = tuple(name for menu in COMMAND_MENUS for name, _ in menu.commands)
WORDS = (
    "@news",
    "@" + "n" * 60,
    "-1001",
    "any",
    "all",
    "2",
    "0",
    "-9",
    "9" * 30,
    "@",
    "https://t.me/news",
    "\0",
)
TAPS = (
    "verify",
    "unprotect",
    "settings",
    "sweep",
    "brake",
    "resume",
    "confirm",
    "cancel",
    "toggle",
    "accept",
    "",
)
CHATS = ("private", "group", "supergroup", "channel")


_OWNERS = {wire.Chat: "chat.", wire.ChatFullInfo: "chat.", wire.User: "user."}


class Ids(msgspec.Struct, frozen=True):
    """Those who exist: so that what is made is about them often enough."""

    chats: tuple[int, ...]
    people: tuple[int, ...]


class Maker:
    """Makes values of wire types, mostly such as Telegram would send."""

    def __init__(self, chance: random.Random, ids: Ids) -> None:
        self._chance = chance
        self._ids = ids

    def of(self, kind: inspect.Type, name: str = "", depth: int = 0) -> Json:
        """Return a JSON value of a type; `name` is its field's."""
        match kind:
            case inspect.UnionType(types=types):
                return self.of(
                    self._chance.choice([t for t in types if not isinstance(t, inspect.NoneType)]),
                    name,
                    depth,
                )
            case inspect.StructType():
                return self._struct(kind, depth)
            case inspect.IntType():
                return self._number(name)
            case inspect.FloatType():
                return self._chance.choice((0, 1, 3.5, -1, 1e300, 86_400))
            case inspect.BoolType():
                return self._chance.random() < 0.5
            case inspect.StrType():
                return self._text(name)
            case inspect.EnumType():
                return self._chance.choice((*CHATS, *CHATS[2:3] * 4))
            case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
                return [self.of(item, name, depth + 1) for _ in range(self._chance.randrange(4))]
            case _:
                return self.anything(depth)

    def anything(self, depth: int = 0) -> Json:
        """Return any JSON value, small more often than not."""
        roll = self._chance.randrange(10 if depth < 4 else 7)
        if roll < 2:
            return self._chance.choice((None, True, False))
        if roll < 4:
            return self._chance.choice(HUGE)
        if roll < 7:
            return self._chance.choice(TEXTS)
        if roll == 7:
            return [self.anything(depth + 1) for _ in range(self._chance.randrange(4))]
        return {self._chance.choice(("id", "chat", "x", "")): self.anything(depth + 1) for _ in range(2)}

    def _struct(self, kind: inspect.StructType, depth: int) -> Json:
        made: dict[str, Json] = {}
        if kind.tag_field:
            made[kind.tag_field] = kind.tag
        optional = 0.6 if depth < 2 else 0.25
        owner = _OWNERS.get(kind.cls, "")
        for field in kind.fields:
            rare = field.name != "text" and isinstance(field.type, inspect.RawType)
            wanted = 0.01 if rare else optional
            if field.required or self._chance.random() < wanted:
                made[field.encode_name] = self.of(field.type, owner + field.encode_name, depth + 1)
        if "entities" in made and "text" in made:
            self._command(made)
        return made

    def _command(self, message: dict[str, Json]) -> None:
        """Have it begin with a command, whose mark may be wrong."""
        name = self._chance.choice(COMMANDS)
        mention = self._chance.choice(("", "", "@gm_bot", "@other_bot", "@"))
        rest = " ".join(self._chance.choice(WORDS) for _ in range(self._chance.randrange(4)))
        length = self._chance.choice((len(name) + 1 + len(mention),) * 8 + (0, -5, 4096, 2**40))
        message["text"] = f"/{name}{mention} {rest}"
        message["entities"] = [
            {"type": "bot_command", "offset": self._chance.choice((0,) * 8 + (1, -1)), "length": length}
        ]

    def _number(self, name: str) -> int:
        roll = self._chance.random()
        if roll < 0.03:
            return self._chance.choice(HUGE)
        if "date" in name:
            return 1_790_000_000 + self._chance.randrange(-90_000, 90_000)
        if name.endswith("chat_id") or name == "chat.id":
            return self._chance.choice(self._ids.chats)
        if name == "user.id":
            return self._chance.choice(self._ids.people)
        return self._chance.randrange(1, 5000)

    def _text(self, name: str) -> str:
        if name == "data":
            return ":".join(
                (
                    self._chance.choice(TAPS),
                    str(self._chance.choice((*self._ids.chats, *self._ids.people, "", "x"))),
                )
            )
        return self._chance.choice(TEXTS)


class Spoiler:
    """Makes bytes of a value, more or less spoilt on the way."""

    def __init__(self, chance: random.Random, maker: Maker) -> None:
        self._chance = chance
        self._maker = maker

    def bytes_of(self, value: Json) -> bytes:
        """Return JSON, as it is or spoilt: in its shape, in its text, in its bytes."""
        roll = self._chance.random()
        if roll < 0.35:
            return encoded(value)
        if roll < 0.65:
            return encoded(self._reshaped(value))
        if roll < 0.75:
            return self._doubled(encoded(value))
        if roll < 0.78:
            return self._nested(encoded(value))
        return self._broken(bytearray(encoded(value)))

    def _reshaped(self, value: Json) -> Json:
        """Return the value with something at one place replaced, or left out, or repeated."""
        for _ in range(self._chance.randrange(1, 4)):
            place = self._chance.choice(list(_places(value)) or [()])
            value = _with(value, place, self._maker.anything()) if place else self._maker.anything()
        return value

    def _doubled(self, body: bytes) -> bytes:
        """Name a field twice: the last counts, or the first, or neither."""
        twice = self._chance.choice(
            (b'"update_id":7,', b'"message":null,', b'"update_id":-1,', b'"ok":false,')
        )
        return b"{" + twice + body[1:-1] + b"," + twice[:-1] + b"}"

    def _nested(self, body: bytes) -> bytes:
        """Put something very deep where anything may stand."""
        depth = self._chance.choice((100, 1_000, 100_000))
        opened, closed = self._chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
        deep = opened * depth + b"1" + closed * self._chance.choice((0, depth))
        return self._chance.choice((deep, body[:-1] + b',"pinned_message":' + deep + b"}"))

    def _broken(self, body: bytearray) -> bytes:
        for _ in range(self._chance.randrange(1, 5)):
            place = self._chance.randrange(len(body) + 1)
            match self._chance.randrange(4):
                case 0 if body:
                    body[place % len(body)] ^= 1 << self._chance.randrange(8)
                case 1:
                    del body[place:]
                case 2:
                    body[place:place] = self._chance.randbytes(self._chance.randrange(1, 9))
                case _:
                    del body[place : place + self._chance.randrange(1, 9)]
        return bytes(body)


def encoded(value: Json) -> bytes:
    """Return JSON; lone surrogates are escaped, as a careless server would."""
    return json.dumps(_plain(value)).encode()


def _plain(value: Json) -> Json:
    """Numbers too long for Python to write are written by hand elsewhere: here they are cut."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**4300:
        return 10**4000
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _places(value: Json, so_far: tuple[Any, ...] = ()) -> Sequence[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [so_far] if so_far else []
    for name, one in inner:
        found += _places(one, (*so_far, name))
    return found


def _with(value: Json, place: tuple[Any, ...], new: Json) -> Json:
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = _with(copy[place[0]], place[1:], new)
    return copy
