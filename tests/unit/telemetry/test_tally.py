"""What the short path counts in plain numbers shows as if it had been told event by event."""

from __future__ import annotations

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gmbot.domain.ids import BotId, UpdateId
from gmbot.gate.events import MembershipRecalled, UpdateHandled
from gmbot.gate.tally import Spread, Tally
from gmbot.telemetry.prometheus import Build, Metrics

seconds = st.integers(0, 2**14).map(lambda n: n / 1024)
passed = st.tuples(st.booleans(), seconds, seconds, st.booleans())
PROCESS = ("process_", "bot_start_time")


def _told(metrics: Metrics, edited: bool, took_s: float, lag_s: float, judged: bool) -> None:
    kind = "edited_message" if edited else "message"
    metrics.listen(UpdateHandled(BotId(1), UpdateId(1), kind, "passed", took_s, lag_s=lag_s))
    if judged:
        metrics.listen(MembershipRecalled(True, took_s))


def _tallied(tally: Tally, edited: bool, took_s: float, lag_s: float, judged: bool) -> None:
    (tally.edited if edited else tally.messages).observe(took_s)
    tally.lags.observe(lag_s)
    if judged:
        tally.recalls.observe(took_s)


def _shown(metrics: Metrics) -> list[str]:
    lines = metrics.render()[0].decode().splitlines()
    return sorted(
        line for line in lines if not line.startswith(("#", *PROCESS)) and not line.endswith(" 0.0")
    )


@settings(max_examples=12, deadline=None, phases=(Phase.generate,))
@given(st.lists(passed, max_size=20), st.lists(passed, max_size=5))
def test_a_tally_shows_as_events_do(
    first: list[tuple[bool, float, float, bool]], later: list[tuple[bool, float, float, bool]]
) -> None:
    """Counters, buckets and sums; and again at the next look."""
    told, counted = (Metrics(started_at=0.0, build=Build("1")) for _ in range(2))
    for messages in (first, later):
        for message in messages:
            _told(told, *message)
            _tallied(counted.tally, *message)
        assert _shown(counted) == _shown(told)


def test_a_look_takes_what_was_counted_and_loses_nothing() -> None:
    """Whoever looks twice sees the same."""
    metrics = Metrics(started_at=0.0, build=Build("1"))
    metrics.tally.messages.observe(0.5)
    assert _shown(metrics) == _shown(metrics)
    assert metrics.registry.get_sample_value("bot_updates_total", {"kind": "message"}) == 1


def test_a_value_belongs_to_the_first_bound_that_is_not_below_it() -> None:
    """As Prometheus has it: `le`."""
    spread = Spread((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.5):
        spread.observe(value)
    assert spread.take().counts == (2, 1, 1)
    assert spread.take().total == 0.0
