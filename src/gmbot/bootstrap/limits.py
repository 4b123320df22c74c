"""What settings allow, in the words of those who keep to it."""

from __future__ import annotations

from typing import Final

from gmbot.adapters.telegram.send_queue import SendLimits
from gmbot.domain.mass_flip import FlipLimits
from gmbot.gate.sweeps import Ages, SweepPlan
from gmbot.settings import Settings

HOUR_S: Final = 3_600.0


def send_limits(settings: Settings) -> SendLimits:
    """Return how much a bot may send."""
    return SendLimits(
        rate_per_s=settings.send_rate,
        burst=settings.send_burst,
        group_messages_per_minute=settings.group_messages_per_minute,
    )


def sweep_plan(settings: Settings) -> SweepPlan:
    """Return how groups are swept."""
    return SweepPlan(
        rate_per_s=settings.sweep_rate,
        every_s=settings.sweep_every_hours * HOUR_S,
        ages=Ages(round_s=settings.sweep_age_hours * HOUR_S),
    )


def flip_limits(settings: Settings) -> FlipLimits:
    """Return from when on members leave en masse."""
    return FlipLimits(share=settings.mass_flip_share / 100, least=settings.mass_flip_least)
