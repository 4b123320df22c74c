"""Telegram did what was asked and the answer was lost: each kind of debt ends right, and ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from tests.fixtures.stage import Stage

from gmbot.simulator import Fault, FaultKind


async def _answers(stage: Stage) -> None:
    """Say: the answer is there, and at most once more: Telegram cannot be asked whether it was sent."""
    before = len(stage.said())
    stage.world.say(stage.owner, stage.group, "/status")
    await stage.advance(30)
    assert 1 <= len(stage.said()) - before <= 2


async def _changes_a_menu(stage: Stage) -> None:
    """Rewrite: the menu shows what was chosen."""
    stage.world.say(stage.owner, stage.group, "/settings")
    await stage.rest()
    menu = stage.said()[-1]
    stage.tap(stage.owner, menu, "set:prompts")
    await stage.advance(30)
    shown = stage.world.message(stage.group, menu.id)
    assert shown is not None
    assert "Tell them what to join: no" in str(shown.wire["reply_markup"])


async def _mutes(stage: Stage) -> None:
    """Settle: held once, with one hold on record."""
    stranger = stage.person("Sam")
    await stage.advance(30)
    assert stage.muted(stranger)


async def _frees(stage: Stage) -> None:
    """Settle: free, whatever was heard of the call."""
    member = stage.person("Mia")
    await stage.rest()
    stage.world.subscribe(member, stage.channel)
    await stage.advance(30)
    assert not stage.muted(member)


async def _blocks_a_channel(stage: Stage) -> None:
    """BlockSender: the channel may not write again."""
    stage.world.say(stage.owner, stage.group, "/settings")
    await stage.rest()
    for _ in range(2):
        stage.tap(stage.owner, stage.said()[-1], "set:channel_senders")
        await stage.rest()
    writer = stage.person("Wes", subscribed=True)
    press = stage.world.create_channel(writer, "Press")
    stage.world.say(writer, stage.group, sender_chat=press)
    await stage.advance(30)
    assert stage.calls("banChatSenderChat")


async def _deletes(stage: Stage) -> None:
    """Delete: gone is gone."""
    drop = stage.simulator.faults.add(Fault(kind=FaultKind.DROP_UPDATE, update="chat_member"))
    stranger = stage.person("Sam")
    stage.simulator.faults.remove(drop)
    message = stage.world.say(stranger, stage.group)
    await stage.advance(30)
    assert stage.world.message(stage.group, message.id) is None


async def _gives_a_ban_back(stage: Stage) -> None:
    """Restore: an admin's ban that a mute overwrote."""
    stranger = stage.person("Sam", joined=False)

    def race(call: object) -> None:
        if getattr(call, "method", "") == "getChatMember" and not races:
            races.append(call)
            stage.world.ban(stage.group, stranger, stage.owner)

    races: list[object] = []
    stop = stage.simulator.calls.listen(race)
    stage.world.join(stranger, stage.group)
    await stage.advance(60)
    stop()
    assert stage.calls("banChatMember")
    assert stage.world.member(stage.group, stranger).status == "kicked"


CASES: dict[str, tuple[str, Callable[[Stage], Awaitable[None]]]] = {
    "say": ("sendMessage", _answers),
    "rewrite": ("editMessageText", _changes_a_menu),
    "hold": ("restrictChatMember", _mutes),
    "release": ("restrictChatMember", _frees),
    "block": ("banChatSenderChat", _blocks_a_channel),
    "delete": ("deleteMessage", _deletes),
    "restore": ("banChatMember", _gives_a_ban_back),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_lost_answer_ends_right(guarded: Stage, case: str) -> None:
    """And nothing is owed any more a minute later."""
    method, play = CASES[case]
    guarded.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_AFTER_EFFECT, method=method, times=1))
    await play(guarded)
    await guarded.advance(60)
    calls = len(guarded.simulator.calls.of(method))
    await guarded.advance(120)
    assert len(guarded.simulator.calls.of(method)) == calls
