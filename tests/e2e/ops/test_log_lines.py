"""What a busy day writes into the log: every line as promised, about whom it says, and nobody's words."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import jsonschema  # type: ignore[import-untyped]
import pytest
import pytest_asyncio
from tests.fixtures.log_lines import SCHEMA, Line, misfits, parsed
from tests.fixtures.mishaps import fail, mend
from tests.fixtures.stage import TOKEN, Stage, raised_stage

from gmbot.gate.events import Lifecycle, Unforeseen
from gmbot.gate.ports import Emit
from gmbot.simulator import FaultKind
from gmbot.telemetry.logs import LogOptions, Logs
from gmbot.telemetry.stories import listener

WORDS = ("Samantha", "Benedict", "xylophone", "The <Group>", "News & more")

EXPECTED = {
    "admin_acted",
    "api_called",
    "hold_ended",
    "hold_placed",
    "intent_failed",
    "lifecycle",
    "membership_recalled",
    "query_ran",
    "retried",
    "sweep_ended",
    "unforeseen",
    "update_handled",
    "verified",
}


@dataclass(frozen=True)
class Log:
    """All that was written."""

    text: str
    lines: list[Line]

    def of(self, event: str) -> list[Line]:
        """Return the lines of one event."""
        return [line for line in self.lines if line["event"] == event]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def log(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Log]:
    """A day with admins' actions, holds, releases, faults, an outage and a restart; everything is told."""
    stream = io.BytesIO()
    async with raised_stage() as stage:
        tell = _written(stage, stream)
        tell(Lifecycle("starting", "polling"))
        await _people_come_and_go(stage)
        await _things_fail(stage)
        await stage.stop()
        await stage.start()
        await _an_admin_tidies_up(stage)
        try:
            dict[str, str]()["xylophone"]
        except KeyError as error:
            tell(Unforeseen("update", "KeyError", error))
        tell(Lifecycle("stopped"))
    async with raised_stage(tmp_path_factory.mktemp("log") / "gmbot.db") as stage:
        _written(stage, stream)
        await _people_come_and_go(stage)
    text = stream.getvalue().decode()
    yield Log(text, parsed(text))


def _written(stage: Stage, stream: io.BytesIO) -> Emit:
    """Have all that happens on a stage written; return what writes."""
    logs = Logs(LogOptions(version="1.2.3", level="DEBUG", secrets=(TOKEN,)), stream, stage.clock.now)
    tell = listener(logs)
    stage.listeners.append(tell)
    return tell


async def _people_come_and_go(stage: Stage) -> None:
    await stage.protect()
    stranger = stage.person("Samantha")
    await stage.advance(10)
    stage.world.subscribe(stranger, stage.channel)
    await stage.rest()
    stage.world.say(stranger, stage.group, "I play the xylophone")
    await stage.rest()
    stage.world.unsubscribe(stranger, stage.channel)
    await stage.advance(10)


async def _things_fail(stage: Stage) -> None:
    fail(stage, FaultKind.TOO_MANY_REQUESTS, "restrictChatMember", times=2)
    stage.person("Benedict")
    await stage.advance(20)
    fail(stage, FaultKind.SERVER_ERROR, "getChatMember")
    stage.person("Benedict the First")
    await stage.advance(20)
    stage.outage.down = True
    stage.person("Benedict the Second")
    await stage.clock.advance(20)
    stage.outage.down = False
    mend(stage)
    await stage.advance(60)


async def _an_admin_tidies_up(stage: Stage) -> None:
    stage.world.say(stage.owner, stage.group, "/sweep")
    await stage.rest()
    stage.tap(stage.owner, stage.said()[-1], "sweep:go")
    await stage.advance(30)
    await stage.unprotect()
    await stage.advance(10)


@pytest.mark.asyncio(loop_scope="module")
async def test_every_line_is_as_the_schema_says(log: Log) -> None:
    """Whoever sets up a log store by the schema loses none."""
    assert misfits(log.lines) == []


@pytest.mark.asyncio(loop_scope="module")
async def test_the_day_was_busy(log: Log) -> None:
    """Or else the rest would prove little."""
    assert {line["event"] for line in log.lines} >= EXPECTED
    assert {line["outcome"] for line in log.of("update_handled")} >= {"stored", "failed"}


@pytest.mark.asyncio(loop_scope="module")
async def test_no_line_holds_a_secret_or_what_anybody_wrote(log: Log) -> None:
    """Nor a name."""
    assert TOKEN.partition(":")[2] not in log.text
    assert [word for word in WORDS if word in log.text] == []


@pytest.mark.asyncio(loop_scope="module")
async def test_every_line_of_a_bots_work_names_the_bot(log: Log) -> None:
    """From wherever it is told: the handlers, the outbox, the database, the calls."""
    told = {"api_called", "query_ran", "hold_placed", "hold_ended", "intent_failed", "retried", "verified"}
    assert [line for line in log.lines if line["event"] in told and "bot_id" not in line] == []


@pytest.mark.asyncio(loop_scope="module")
async def test_failures_deep_inside_say_whom_they_are_about(log: Log) -> None:
    """The call that failed for somebody's hold, and the visit to the database that failed for an update."""
    calls = [line for line in log.of("api_called") if line["code"] == 429]
    assert calls
    assert all({"group_id", "user_id", "intent"} <= line.keys() for line in calls)
    held = [line for line in log.of("hold_placed") if "update_id" in line]
    assert held


@pytest.mark.asyncio(loop_scope="module")
async def test_one_line_tells_how_an_update_went(log: Log) -> None:
    """What came of it, how long it waited, took and was with the others; nothing is told twice."""
    stored = [line for line in log.of("update_handled") if line["outcome"] == "stored"]
    assert all({"bot_id", "update_id", "kind", "seconds", "waited_s"} <= line.keys() for line in stored)
    numbers = [line["update_id"] for line in stored if "queries" not in line]
    assert len(set(numbers)) == len(numbers)
    assert any(line["store_s"] > 0 for line in stored if "queries" in line)
    dated = [line for line in stored if line["kind"] in {"message", "chat_member"}]
    assert all("lag_s" in line for line in dated)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_line_that_is_none_of_ours_would_be_noticed(log: Log) -> None:
    """The schema allows no field and no event that the code does not know."""
    (stage, *_) = log.of("lifecycle")
    strange: list[Line] = [
        {**stage, "text": "x"},
        {**stage, "event": "made_up"},
        {name: stage[name] for name in stage if name != "app"},
        {**stage, "level": "loud"},
        {**stage, "user_id": "42"},
    ]
    assert len({id(line) for line, _ in misfits(strange)}) == len(strange)


def test_the_schema_is_one() -> None:
    """JSON Schema's own rules allow it."""
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))
