"""The calls of the bot as they happen, each with the update that it most likely answers.

Nothing on the wire says which update caused a call. What is told here is an inference: the last update
about the same tap, else the same person, else the same chat, and where there is none of these, the only
update of the last moment. News of the bot's own deeds causes nothing.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping

import msgspec

from gmbot.simulator.calls import Call
from gmbot.simulator.mailbox import Entry
from gmbot.simulator.members import Wire
from gmbot.simulator.world import World

FRESH_S = 60.0
MOMENT_S = 1.0
KEPT = 60
_REMEMBERED = 4_000

Subject = tuple[str, object]
"""What an update or a call is about: ("tap", id), ("person", id) or ("chat", id)."""


class Cause(msgspec.Struct, frozen=True):
    """An update: its kind and number, and when it came."""

    kind: str
    update_id: int
    at: float


class Row(msgspec.Struct, frozen=True):
    """A call in the panel; `result` is ok, or what went wrong in a word."""

    number: int
    method: str
    target: str
    status: int
    ms: float
    cause: str
    at: float


class CallRows:
    """Listens to calls and updates of one bot; the newest rows come first."""

    def __init__(self, world: World, bot: int) -> None:
        self._world = world
        self._bot = bot
        self._about: OrderedDict[Subject, Cause] = OrderedDict()
        self._last: deque[Cause] = deque(maxlen=2)
        self.rows: deque[Row] = deque(maxlen=KEPT)
        self.count = 0

    def updated(self, entry: Entry) -> None:
        """Remember an update that goes to the bot."""
        payload = entry.update[entry.kind]
        if not isinstance(payload, dict) or _id(payload.get("from")) == self._bot:
            return
        cause = Cause(entry.kind, entry.update_id, self._world.now())
        self._last.append(cause)
        for subject in _subjects(entry.kind, payload):
            self._about[subject] = cause
            self._about.move_to_end(subject)
        while len(self._about) > _REMEMBERED:
            self._about.popitem(last=False)

    def called(self, call: Call) -> bool:
        """Keep a call, unless it only fetches updates; whether it was kept."""
        if call.method.lower() == "getupdates" or call.bot_id != self._bot:
            return False
        self.count += 1
        found = self._find(call)
        cause = f"{found.kind} {found.update_id}" if found else ""
        target = self._target(call.arguments)
        row = Row(self.count, call.method, target, call.status, call.ms, cause, call.at)
        self.rows.appendleft(row)
        return True

    def _find(self, call: Call) -> Cause | None:
        arguments = call.arguments
        if tap := arguments.get("callback_query_id"):
            return self._about.get(("tap", tap))
        subjects = (
            ("person", _integer(arguments.get("user_id"))),
            ("chat", _integer(arguments.get("chat_id"))),
        )
        for subject in subjects:
            found = self._about.get(subject)
            if found is not None and call.at - found.at <= FRESH_S:
                return found
        recent = [cause for cause in self._last if call.at - cause.at <= MOMENT_S]
        return recent[0] if len(recent) == 1 else None

    def _target(self, arguments: Mapping[str, object]) -> str:
        if tap := arguments.get("callback_query_id"):
            found = self._world.callbacks.get(str(tap))
            return self._name(found.user) if found else ""
        names = [self._name(arguments[key]) for key in ("user_id", "chat_id") if key in arguments]
        return " in ".join(name for name in names if name)

    def _name(self, reference: object) -> str:
        number = _integer(reference)
        if number in self._world.chats:
            return self._world.chats[number].title
        if number in self._world.people:
            return self._world.people[number].name
        return str(reference)


def _subjects(kind: str, payload: Wire) -> list[Subject]:
    """The service message about somebody's coming is about nothing: `chat_member` told it before."""
    if kind == "callback_query":
        message = payload.get("message")
        place = message.get("chat") if isinstance(message, dict) else None
        return [("tap", payload["id"]), ("person", _id(payload.get("from"))), ("chat", _id(place))]
    if "new_chat_members" in payload or "left_chat_member" in payload:
        return []
    chat: Subject = ("chat", _id(payload.get("chat")))
    member = payload.get("new_chat_member")
    person = member.get("user") if isinstance(member, dict) else payload.get("from")
    return [("person", _id(person)), chat]


def _id(wire: object) -> int:
    return _integer(wire.get("id")) if isinstance(wire, dict) else 0


def _integer(value: object) -> int:
    if isinstance(value, int):
        return value
    text = str(value)
    return int(text) if text.lstrip("-").isdecimal() else 0
