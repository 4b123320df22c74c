"""The brake's eyes: who of each group was subscribed lately and is so no longer, in process memory."""

from __future__ import annotations

from gmbot.domain.ids import GroupId, UserId
from gmbot.domain.mass_flip import FlipCount, FlipLimits, FlipWindow, is_mass_flip
from gmbot.gate.ports import Clock

SPRING_CLEANING = 1_000


class Brake:
    """One bot's windows, a group each."""

    def __init__(self, limits: FlipLimits, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._windows: dict[GroupId, FlipWindow] = {}

    def __len__(self) -> int:
        """Return how many groups are watched now."""
        return len(self._windows)

    def passed(self, group_id: GroupId, user_id: UserId) -> None:
        """Count somebody who was checked and is subscribed."""
        self._window(group_id).passed(user_id, self._clock.now())

    def flipped(self, group_id: GroupId, user_id: UserId) -> FlipCount | None:
        """Count somebody who was subscribed and is to be held; return what was seen if that is too many."""
        count = self._window(group_id).flipped(user_id, self._clock.now())
        return count if is_mass_flip(count, self.limits) else None

    def forget(self, group_id: GroupId) -> None:
        """Begin anew with a group: its admins have looked."""
        self._windows.pop(group_id, None)

    def _window(self, group_id: GroupId) -> FlipWindow:
        window = self._windows.get(group_id)
        if window is None:
            self._sweep()
            window = self._windows[group_id] = FlipWindow(self.limits)
        return window

    def _sweep(self) -> None:
        """Forget the groups in which nobody was checked within a window."""
        if len(self._windows) % SPRING_CLEANING != SPRING_CLEANING - 1:
            return
        now = self._clock.now()
        self._windows = {group: seen for group, seen in self._windows.items() if seen.count(now).checked}
