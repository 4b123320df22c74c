"""A stage on a virtual clock, and both ways to call its Bot API."""

from collections.abc import AsyncIterator

import pytest
from tests.integration.simulator.callers import Caller, in_process, over_http
from tests.integration.simulator.stage import Stage, virtual_stage


@pytest.fixture
def stage() -> Stage:
    """One bot, one channel, two groups; time stands still."""
    return virtual_stage()


@pytest.fixture(params=[in_process, over_http], ids=["in-process", "http"])
async def caller(request: pytest.FixtureRequest, stage: Stage) -> AsyncIterator[Caller]:
    """The bot's way to the stage, once in process and once over HTTP."""
    async with request.param(stage.simulator) as caller:
        yield caller
