"""What is measured: a number, how sure it is, its aim, and what the same job costs elsewhere."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One measured number with its unit.

    `aim` is the most it may be, or with `at_least` the least; None where nothing was promised. `low` and
    `high` bound the median. `elsewhere` is what the same job takes a bot on python-telegram-bot, `floors`
    how often decoding alone would fit into it.
    """

    name: str
    value: float
    unit: str
    aim: float | None = None
    elsewhere: float | None = None
    at_least: bool = False
    low: float | None = None
    high: float | None = None
    floors: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the aim is met; what has no aim misses none."""
        if self.aim is None:
            return True
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    @property
    def ratio(self) -> float | None:
        """How many times better than elsewhere this is."""
        if not self.elsewhere or not self.value:
            return None
        return self.value / self.elsewhere if self.at_least else self.elsewhere / self.value


class Sample(msgspec.Struct, frozen=True):
    """Several measurements of one thing.

    Half of all measurements lie on either side of the true median, so five of them miss it only if all lie
    on one side: the least and the greatest hold it with 1 - 2/2⁵ = 94 % confidence.
    """

    seen: tuple[float, ...]

    @property
    def median(self) -> float:
        """Their median."""
        return statistics.median(self.seen)

    def figure(
        self,
        name: str,
        unit: str,
        *,
        aim: float | None = None,
        at_least: bool = False,
        elsewhere: float | None = None,
        floor: float | None = None,
        note: str = "",
    ) -> Figure:
        """Return it as a figure."""
        return Figure(
            name=name,
            value=self.median,
            unit=unit,
            aim=aim,
            at_least=at_least,
            low=min(self.seen),
            high=max(self.seen),
            elsewhere=elsewhere,
            floors=None if floor is None else self.median / floor,
            note=note,
        )


def sample(values: Iterable[float]) -> Sample:
    """Return measurements as a sample."""
    return Sample(tuple(values))


def quantile(values: Sequence[float], per_cent: int) -> float:
    """Return a quantile of at least two values."""
    return statistics.quantiles(values, n=100, method="inclusive")[per_cent - 1]
