"""What can go wrong between a bot and Telegram, as rules that are added and removed while it runs."""

import asyncio
import enum
import random
from collections.abc import Callable, Iterator, Mapping

import msgspec


class FaultKind(enum.StrEnum):
    """The ways in which a call or an update goes wrong."""

    TOO_MANY_REQUESTS = "429"
    SERVER_ERROR = "5xx"
    RESET = "reset"
    HANG = "hang"
    SLOW = "slow"
    TIMEOUT_AFTER_EFFECT = "timeout_after_effect"
    PARTICIPANT_ID_INVALID = "participant_id_invalid"
    STALE_MEMBER = "stale_member"
    DROP_UPDATE = "drop_update"
    DUPLICATE_UPDATE = "duplicate_update"
    REORDER_UPDATE = "reorder_update"


UPDATE_FAULTS = frozenset({FaultKind.DROP_UPDATE, FaultKind.DUPLICATE_UPDATE, FaultKind.REORDER_UPDATE})
FAULTS_AFTER = frozenset({FaultKind.TIMEOUT_AFTER_EFFECT})
FAULTS_BEFORE = frozenset(FaultKind) - UPDATE_FAULTS - FAULTS_AFTER
_ONLY_MEMBER_LOOKUPS = frozenset({FaultKind.PARTICIPANT_ID_INVALID, FaultKind.STALE_MEMBER})


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: what goes wrong, where, how likely and how often.

    `method`, `chat`, `user`, `bot` and `update` narrow it; None means any. `method` is a Bot API method,
    `update` a field of `Update` such as "chat_member". `times` is how often it may strike, None for ever.
    `retry_after_s` belongs to 429, `code` and `html` (a proxy's page instead of JSON) to 5xx, and
    `delay_s`, on the world's clock, to slow.
    """

    kind: FaultKind
    method: str | None = None
    chat: int | None = None
    user: int | None = None
    bot: int | None = None
    update: str | None = None
    probability: float = 1.0
    times: int | None = None
    retry_after_s: int = 5
    code: int = 500
    html: bool = False
    delay_s: float = 1.0


class Target(msgspec.Struct, frozen=True):
    """The call or update that a fault may strike; `name` is its lower-case method or update kind."""

    name: str
    bot: int | None
    chat: int | None
    user: int | None


class ActiveFault:
    """A rule in force, which counts its strikes."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.count = 0
        self._lifted = asyncio.Event()
        self._when_lifted: list[Callable[[], None]] = []

    def strikes(self, target: Target, chance: random.Random) -> bool:
        """Tell whether this rule hits the target, and count it if so."""
        if self.count == self.fault.times or not _matches(self.fault, target):
            return False
        if self.fault.probability < 1.0 and chance.random() >= self.fault.probability:
            return False
        self.count += 1
        return True

    def lift(self) -> None:
        """Let go of whoever this rule holds."""
        self._lifted.set()
        for release in self._when_lifted:
            release()

    def when_lifted(self, release: Callable[[], None]) -> None:
        """Call `release` when the rule is removed."""
        self._when_lifted.append(release)

    async def lifted(self) -> None:
        """Wait until the rule is removed."""
        await self._lifted.wait()


class Faults:
    """The rules in force; the same seed and the same calls give the same strikes."""

    def __init__(self, *, seed: int = 0) -> None:
        self._chance = random.Random(seed)
        self._rules: dict[int, ActiveFault] = {}
        self._last_id = 0

    def add(self, fault: Fault) -> int:
        """Put a rule in force and return the number under which it is removed."""
        self._last_id += 1
        self._rules[self._last_id] = ActiveFault(fault)
        return self._last_id

    def remove(self, fault_id: int) -> None:
        """End one rule; calls it holds go on. A number that is not in force is ignored."""
        rule = self._rules.pop(fault_id, None)
        if rule is not None:
            rule.lift()

    def clear(self) -> None:
        """End every rule."""
        for fault_id in list(self._rules):
            self.remove(fault_id)

    def strikes(self, fault_id: int) -> int:
        """Return how often a rule in force has struck, 0 for one that is not in force."""
        rule = self._rules.get(fault_id)
        return 0 if rule is None else rule.count

    def __iter__(self) -> Iterator[Fault]:
        """Go through the rules in force, oldest first."""
        return (rule.fault for rule in self._rules.values())

    def __bool__(self) -> bool:
        """Tell whether any rule is in force."""
        return bool(self._rules)

    def draw(self, kinds: frozenset[FaultKind], target: Target) -> ActiveFault | None:
        """Return the oldest rule of these kinds that strikes the target, if any."""
        for rule in self._rules.values():
            if rule.fault.kind in kinds and rule.strikes(target, self._chance):
                return rule
        return None


def call_target(
    bot: int | None, method: str, arguments: Mapping[str, object], usernames: Mapping[str, int]
) -> Target:
    """Describe a call by what a rule can be narrowed to; `usernames` (lower case) resolve @names."""
    chat = arguments.get("chat_id")
    if isinstance(chat, str) and chat.startswith("@"):
        chat = usernames.get(chat[1:].lower())
    return Target(method.lower(), bot, _integer(chat), _integer(arguments.get("user_id")))


def _matches(fault: Fault, target: Target) -> bool:
    return (
        _names(fault, target.name)
        and fault.bot in (None, target.bot)
        and fault.chat in (None, target.chat)
        and fault.user in (None, target.user)
    )


def _names(fault: Fault, name: str) -> bool:
    if fault.kind in UPDATE_FAULTS:
        return fault.update in (None, name)
    if fault.method is None:
        return fault.kind not in _ONLY_MEMBER_LOOKUPS or name == "getchatmember"
    return fault.method.lower() == name


def _integer(value: object) -> int | None:
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    return None
