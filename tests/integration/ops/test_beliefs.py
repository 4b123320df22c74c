"""`/beliefs`: what is thought of people, served in a demo only."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest

from gmbot.bootstrap import Demo, Product
from gmbot.domain.errors import ConfigurationError
from gmbot.domain.ids import UserId
from gmbot.entrypoints.ops.app import MOST_PEOPLE, OpsSources, ShowBeliefs, create_app
from gmbot.entrypoints.ops.health import HealthReport, Status
from gmbot.entrypoints.ops.server import serve
from gmbot.gate.show_beliefs import Beliefs
from gmbot.settings import Secret, Settings


def sources(beliefs: ShowBeliefs | None) -> OpsSources:
    """What the pages ask, of a healthy process."""
    report = HealthReport(Status.HEALTHY, 1.0, "1.2.3", {})
    return OpsSources(lambda: True, lambda: report, lambda accept: (b"", "text/plain"), beliefs)


async def get(beliefs: ShowBeliefs | None, query: str) -> tuple[int, object]:
    """Return the status and the body of the page."""
    async with (
        await serve(create_app(sources(beliefs)), "127.0.0.1", 0) as server,
        aiohttp.ClientSession() as web,
        web.get(f"http://127.0.0.1:{server.port}/beliefs{query}") as answer,
    ):
        return answer.status, await answer.json() if answer.status == 200 else None


async def test_outside_of_a_demo_there_is_no_such_page() -> None:
    """Who reads what is nobody's business."""
    assert await get(None, "?person=7") == (404, None)


async def test_it_is_asked_about_the_people_of_the_query() -> None:
    """What is no id is left out, and so is what is too much."""
    asked: list[Sequence[UserId]] = []

    async def show(people: Sequence[UserId]) -> Beliefs:
        asked.append(people)
        return Beliefs()

    many = "".join(f"&person={n}" for n in range(2 * MOST_PEOPLE))
    assert await get(show, "?person=7&person=x&person=-1&person=9") == (200, {"groups": []})
    await get(show, "?" + many)
    assert asked[0] == [7, 9]
    assert len(asked[1]) == MOST_PEOPLE


async def test_a_demo_whose_pages_leave_the_machine_does_not_start(tmp_path: Path) -> None:
    """The page tells who is subscribed to what: loopback only."""
    settings = Settings(
        bot_tokens=(Secret("123456789:" + "demo" * 9),),
        database_url=Secret(f"sqlite:///{tmp_path}/gmbot.db"),
        ops_host="0.0.0.0",
        ops_port=0,
    )
    with pytest.raises(ConfigurationError, match=r"OPS_HOST must be 127\.0\.0\.1"):
        await Product(settings, stream=io.BytesIO(), demo=Demo()).__aenter__()
