"""Every call a bot made can be read, and heard of."""

from tests.integration.simulator.callers import Caller
from tests.integration.simulator.stage import Stage

from gmbot.simulator import Call


async def test_a_call_is_kept_with_all_that_matters(caller: Caller, stage: Stage) -> None:
    """When, who, what, with what, and how it ended."""
    await caller.call("getChat", chat_id=-1)
    (call,) = stage.simulator.calls.of("getchat")
    assert (call.at, call.bot_id, call.method) == (stage.world.now(), stage.bot, "getChat")
    assert (call.arguments, call.status) == ({"chat_id": -1}, 400)
    assert call.ms >= 0


async def test_a_stranger_has_no_bot_id(caller: Caller, stage: Stage) -> None:
    """And its token is not kept."""
    await caller.send("/bot1:secret/getMe")
    (call,) = stage.simulator.calls
    assert call.bot_id is None
    assert "secret" not in repr(call)


async def test_listeners_hear_calls_until_they_stop(caller: Caller, stage: Stage) -> None:
    """In the order in which they ended."""
    heard: list[Call] = []
    stop = stage.simulator.calls.listen(heard.append)
    await caller.call("getMe")
    stop()
    await caller.call("getMe")
    assert [call.method for call in heard] == ["getMe"]
    assert len(stage.simulator.calls) == 2
