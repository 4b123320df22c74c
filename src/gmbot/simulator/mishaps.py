"""What happens to updates on their way from the world to a bot: lost, sent twice, out of order."""

from collections.abc import Iterable

from gmbot.simulator.faults import ActiveFault, FaultKind, Faults, Target
from gmbot.simulator.mailbox import Entry, Mailbox
from gmbot.simulator.members import Wire

_LOSING = frozenset({FaultKind.DROP_UPDATE})
_DELAYING = frozenset({FaultKind.REORDER_UPDATE})
_REPEATING = frozenset({FaultKind.DUPLICATE_UPDATE})


class Repeats:
    """The updates that a bot will be sent twice, under one `update_id`."""

    def __init__(self) -> None:
        self._ids: set[int] = set()

    def add(self, update_id: int) -> None:
        """Have that update sent once more than usual."""
        self._ids.add(update_id)

    def take(self, update_id: int) -> bool:
        """Tell whether that update is to be repeated, and count it as done."""
        if update_id not in self._ids:
            return False
        self._ids.discard(update_id)
        return True

    def spread(self, updates: list[Wire]) -> list[Wire]:
        """Put the repeated ones in twice."""
        if not self._ids:
            return updates
        return [copy for update in updates for copy in self._copies(update)]

    def _copies(self, update: Wire) -> Iterable[Wire]:
        update_id = update["update_id"]
        again = isinstance(update_id, int) and self.take(update_id)
        return (update, update) if again else (update,)


class Mishaps:
    """Stands between the world and one mailbox and applies the rules about updates.

    A reordered update waits until another has passed it, or until its rule is removed.
    """

    def __init__(self, bot_id: int, mailbox: Mailbox, faults: Faults) -> None:
        self._bot_id = bot_id
        self._mailbox = mailbox
        self._faults = faults
        self._held: list[tuple[str, Wire]] = []
        self._releasing = False
        self.repeats = Repeats()
        mailbox.admit = self._admit
        mailbox.listen(self._entered)

    def _admit(self, kind: str, payload: Wire) -> bool:
        if self._releasing or not self._faults:
            return True
        target = self._target(kind, payload)
        if self._faults.draw(_LOSING, target) is not None:
            return False
        delaying = None if self._held else self._faults.draw(_DELAYING, target)
        if delaying is not None:
            self._hold(kind, payload, delaying)
        return delaying is None

    def _hold(self, kind: str, payload: Wire, rule: ActiveFault) -> None:
        self._held.append((kind, payload))
        rule.when_lifted(self._release)

    def _entered(self, entry: Entry) -> None:
        if self._faults:
            payload = entry.update[entry.kind]
            target = self._target(entry.kind, payload if isinstance(payload, dict) else {})
            if self._faults.draw(_REPEATING, target) is not None:
                self.repeats.add(entry.update_id)
        if not self._releasing:
            self._release()

    def _release(self) -> None:
        held, self._held = self._held, []
        self._releasing = True
        try:
            for kind, payload in held:
                self._mailbox.push(kind, payload)
        finally:
            self._releasing = False

    def _target(self, kind: str, payload: Wire) -> Target:
        return Target(kind, self._bot_id, _id_of(_chat(payload)), _id_of(payload.get("from")))


def _chat(payload: Wire) -> object:
    chat = payload.get("chat")
    if chat is None and isinstance(message := payload.get("message"), dict):
        chat = message.get("chat")
    return chat


def _id_of(wire: object) -> int | None:
    found = wire.get("id") if isinstance(wire, dict) else None
    return found if isinstance(found, int) else None
