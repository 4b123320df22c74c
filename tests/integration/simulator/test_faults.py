"""Everything that can be made to go wrong goes wrong as the rule says, and only there."""

import asyncio

import aiohttp
import pytest
from tests.integration.simulator.callers import Caller, in_process, over_http
from tests.integration.simulator.stage import Stage, eventually, virtual_stage

from gmbot.simulator import Fault, FaultKind

BROKEN = (ConnectionError, aiohttp.ClientConnectionError)


async def test_a_fault_hits_its_method_only(caller: Caller, stage: Stage) -> None:
    """Method names match in any case."""
    stage.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="getchat"))
    assert (await caller.call("getChat", chat_id=stage.group)).status == 500
    assert (await caller.call("getMe")).status == 200


async def test_a_fault_hits_its_chat_only(caller: Caller, stage: Stage) -> None:
    """Another chat is served."""
    stage.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, chat=stage.group))
    assert (await caller.call("getChat", chat_id=stage.group)).status == 500
    assert (await caller.call("getChat", chat_id=stage.channel)).status == 200


async def test_a_fault_knows_a_chat_by_its_public_name(caller: Caller, stage: Stage) -> None:
    """@name is the chat too."""
    public = stage.world.create_channel(stage.owner, "Public", username="Public_News")
    stage.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, chat=public))
    assert (await caller.call("getChat", chat_id="@public_news")).status == 500


async def test_a_fault_strikes_as_often_as_it_may(caller: Caller, stage: Stage) -> None:
    """`times` counts down."""
    stage.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, times=2))
    statuses = [(await caller.call("getMe")).status for _ in range(4)]
    assert statuses == [500, 500, 200, 200]


async def test_a_removed_fault_is_over(caller: Caller, stage: Stage) -> None:
    """Rules come and go while the server runs."""
    fault = stage.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR))
    assert (await caller.call("getMe")).status == 500
    stage.simulator.faults.remove(fault)
    assert (await caller.call("getMe")).status == 200


async def test_chance_is_seeded() -> None:
    """The same seed fails the same calls; about as many as the probability says."""

    async def run(seed: int) -> list[int]:
        stage = virtual_stage(seed)
        stage.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, probability=0.3))
        async with in_process(stage.simulator) as caller:
            return [(await caller.call("getMe")).status for _ in range(200)]

    first = await run(1)
    assert first == await run(1) != await run(2)
    assert 30 < first.count(500) < 90


async def test_a_proxys_page_is_not_json(stage: Stage) -> None:
    """A 502 from in front of the server is HTML."""
    stage.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, code=502, html=True))
    status, headers, body = await stage.simulator.in_process.handle("/bot1:x/getMe")
    assert (status, headers["Content-Type"]) == (502, "text/html")
    assert body.startswith(b"<html>")


async def test_a_reset_breaks_the_connection_before_the_effect(caller: Caller, stage: Stage) -> None:
    """Nothing is sent, and nothing happens."""
    stage.simulator.faults.add(Fault(kind=FaultKind.RESET, times=1))
    with pytest.raises(BROKEN):
        await caller.call("sendMessage", chat_id=stage.group, text="hi")
    assert "hi" not in [message.text for message in stage.world.messages(stage.group)]


async def test_a_time_out_after_effect_loses_only_the_answer(caller: Caller, stage: Stage) -> None:
    """The message is there although the bot never hears so."""
    stage.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_AFTER_EFFECT, method="sendMessage"))
    call = asyncio.create_task(caller.call("sendMessage", chat_id=stage.group, text="hi"))
    await eventually(lambda: stage.world.messages(stage.group)[-1].text == "hi")
    assert not call.done()
    stage.simulator.faults.clear()
    with pytest.raises(BROKEN):
        await call


async def test_a_hanging_call_goes_on_when_the_fault_is_cleared(caller: Caller, stage: Stage) -> None:
    """Until then nothing happens."""
    fault = stage.simulator.faults.add(Fault(kind=FaultKind.HANG, method="sendMessage"))
    call = asyncio.create_task(caller.call("sendMessage", chat_id=stage.group, text="hi"))
    await eventually(lambda: stage.simulator.faults.strikes(fault))
    assert not call.done()
    stage.simulator.faults.clear()
    assert (await call).status == 200


async def test_a_hanging_call_ends_when_the_client_goes_away(caller: Caller, stage: Stage) -> None:
    """The effect never happens, even when the fault is cleared later."""
    fault = stage.simulator.faults.add(Fault(kind=FaultKind.HANG, method="sendMessage"))
    call = asyncio.create_task(caller.call("sendMessage", chat_id=stage.group, text="hi"))
    await eventually(lambda: stage.simulator.faults.strikes(fault))
    call.cancel()
    await eventually(lambda: stage.simulator.calls.of("sendMessage"))
    stage.simulator.faults.clear()
    assert [call.status for call in stage.simulator.calls.of("sendMessage")] == [0]
    assert "hi" not in [message.text for message in stage.world.messages(stage.group)]


async def test_stopping_the_server_frees_what_hangs(stage: Stage) -> None:
    """A hanging call's connection breaks."""
    fault = stage.simulator.faults.add(Fault(kind=FaultKind.HANG, method="getChat"))
    async with over_http(stage.simulator) as caller:
        call = asyncio.create_task(caller.call("getChat", chat_id=stage.group))
        await eventually(lambda: stage.simulator.faults.strikes(fault))
        await stage.simulator.stop()
        with pytest.raises(BROKEN):
            await call


async def test_a_slow_call_takes_its_time_on_the_worlds_clock(caller: Caller, stage: Stage) -> None:
    """The answer comes once the delay has passed."""
    stage.simulator.faults.add(Fault(kind=FaultKind.SLOW, method="getMe", delay_s=3))
    call = asyncio.create_task(caller.call("getMe"))
    await eventually(lambda: stage.clock.next_wake)
    await stage.clock.advance(2.9)
    assert not call.done()
    await stage.clock.advance(0.1)
    assert (await call).status == 200


async def test_participant_id_invalid_strikes_member_lookups(caller: Caller, stage: Stage) -> None:
    """Other methods are untouched unless named."""
    stage.simulator.faults.add(Fault(kind=FaultKind.PARTICIPANT_ID_INVALID, times=1))
    assert (await caller.call("getMe")).status == 200
    lookup = await caller.call("getChatMember", chat_id=stage.channel, user_id=stage.owner)
    assert lookup.description == "Bad Request: PARTICIPANT_ID_INVALID"


async def test_a_stale_member_is_what_it_was_before(caller: Caller, stage: Stage) -> None:
    """Somebody who just joined still reads as left."""
    ann = stage.world.add_user("Ann")
    stage.world.join(ann, stage.channel)
    stage.simulator.faults.add(Fault(kind=FaultKind.STALE_MEMBER, times=1))
    stale = await caller.call("getChatMember", chat_id=stage.channel, user_id=ann)
    fresh = await caller.call("getChatMember", chat_id=stage.channel, user_id=ann)
    assert (stale.result["status"], fresh.result["status"]) == ("left", "member")


async def test_who_never_changed_is_never_stale(caller: Caller, stage: Stage) -> None:
    """Without a past, the present is told."""
    stage.simulator.faults.add(Fault(kind=FaultKind.STALE_MEMBER))
    ann = stage.world.add_user("Ann")
    assert (await caller.call("getChatMember", chat_id=stage.channel, user_id=ann)).result["status"] == "left"


async def test_the_rules_in_force_can_be_read(stage: Stage) -> None:
    """Oldest first; a rule that ended is gone."""
    reset, hang = Fault(kind=FaultKind.RESET), Fault(kind=FaultKind.HANG)
    first = stage.simulator.faults.add(reset)
    stage.simulator.faults.add(hang)
    assert list(stage.simulator.faults) == [reset, hang]
    stage.simulator.faults.remove(first)
    assert list(stage.simulator.faults) == [hang]


async def test_a_taps_chat_is_the_chat_of_its_message(caller: Caller, stage: Stage) -> None:
    """Update faults are narrowed by chat for callback queries too."""
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    sent = await caller.call("sendMessage", chat_id=stage.group, text="tap", reply_markup=markup)
    stage.simulator.faults.add(Fault(kind=FaultKind.DROP_UPDATE, chat=stage.group))
    stage.world.tap(stage.owner, stage.group, sent.result["message_id"], "x")
    assert len(stage.mailbox) == 0


async def test_a_dropped_update_never_arrives(stage: Stage) -> None:
    """Only that kind, only that often."""
    stage.mailbox.allow(["message", "chat_member"])
    stage.simulator.faults.add(Fault(kind=FaultKind.DROP_UPDATE, update="chat_member", times=1))
    stage.world.join(stage.world.add_user("Ann"), stage.group)
    stage.world.join(stage.world.add_user("Bob"), stage.group)
    kinds = [entry.kind for entry in stage.mailbox.pending()]
    assert kinds == ["message", "chat_member", "message"]


async def test_a_duplicated_update_arrives_twice_under_one_number(caller: Caller, stage: Stage) -> None:
    """As when Telegram did not see the first answer."""
    stage.simulator.faults.add(Fault(kind=FaultKind.DUPLICATE_UPDATE, times=1))
    stage.world.say(stage.owner, stage.group, "once")
    stage.world.say(stage.owner, stage.group, "again")
    updates = (await caller.call("getUpdates")).result
    assert [update["message"]["text"] for update in updates] == ["once", "once", "again"]
    assert updates[0]["update_id"] == updates[1]["update_id"]


async def test_a_reordered_update_is_passed_by_the_next(stage: Stage) -> None:
    """The second comes first."""
    stage.simulator.faults.add(Fault(kind=FaultKind.REORDER_UPDATE, times=1))
    for text in ("one", "two", "three"):
        stage.world.say(stage.owner, stage.group, text)
    assert _texts(stage) == ["two", "one", "three"]


async def test_a_reordered_update_is_not_lost_when_the_fault_is_removed(stage: Stage) -> None:
    """It comes at last even when nothing follows."""
    stage.simulator.faults.add(Fault(kind=FaultKind.REORDER_UPDATE))
    stage.world.say(stage.owner, stage.group, "one")
    assert _texts(stage) == []
    stage.simulator.faults.clear()
    assert _texts(stage) == ["one"]


def _texts(stage: Stage) -> list[object]:
    messages = [entry.update["message"] for entry in stage.mailbox.pending()]
    return [message["text"] for message in messages if isinstance(message, dict)]
