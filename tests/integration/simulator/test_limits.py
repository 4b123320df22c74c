"""Flood limits, when they are switched on."""

from tests.integration.simulator.callers import InProcessCaller
from tests.integration.simulator.stage import Stage

from gmbot.simulator import TELEGRAM_LIMITS, Limits, Simulator, VirtualClock, Window, World
from gmbot.simulator.limits import Limiter


async def test_without_limits_nothing_is_too_much() -> None:
    """Limits are off unless asked for."""
    stage, caller = _stage(Limits())
    assert await _statuses(caller, stage.group, 100) == [200] * 100


async def test_a_chat_takes_one_message_a_second() -> None:
    """The second waits a second."""
    stage, caller = _stage(Limits(chat=Window(1, 1.0)))
    assert await _statuses(caller, stage.group, 2) == [200, 429]
    await stage.clock.advance(1)
    assert await _statuses(caller, stage.group, 1) == [200]


async def test_a_group_takes_twenty_messages_a_minute() -> None:
    """The 429 says how much of the minute is left."""
    stage, caller = _stage(Limits(group=Window(20, 60.0)))
    assert await _statuses(caller, stage.group, 20) == [200] * 20
    await stage.clock.advance(15)
    answer = await caller.call("sendMessage", chat_id=stage.group, text="more")
    assert answer.json["parameters"] == {"retry_after": 45}
    await stage.clock.advance(45)
    assert await _statuses(caller, stage.group, 1) == [200]


async def test_a_private_chat_is_no_group() -> None:
    """The per-minute limit is for groups."""
    stage, caller = _stage(Limits(group=Window(1, 60.0)))
    stage.world.start_private(stage.owner, stage.bot)
    assert await _statuses(caller, stage.owner, 3) == [200] * 3


async def test_one_chats_limit_is_not_anothers() -> None:
    """429s are per chat."""
    stage, caller = _stage(Limits(chat=Window(1, 1.0)))
    assert await _statuses(caller, stage.group, 1) == [200]
    assert await _statuses(caller, stage.closed_group, 1) == [200]


async def test_a_bot_sends_thirty_messages_a_second() -> None:
    """Over all chats together."""
    stage, caller = _stage(Limits(bot=Window(30, 1.0)))
    statuses = await _statuses(caller, stage.group, 20) + await _statuses(caller, stage.closed_group, 20)
    assert statuses == [200] * 30 + [429] * 10


async def test_reading_is_free_under_telegrams_limits() -> None:
    """Only messages count."""
    stage, caller = _stage(TELEGRAM_LIMITS)
    for _ in range(50):
        assert (await caller.call("getChat", chat_id=stage.group)).status == 200


async def test_any_method_can_be_limited_by_chat() -> None:
    """A knob for what Telegram adapts by itself."""
    stage, caller = _stage(Limits(methods={"getchat": Window(1, 10.0)}))
    answers = [
        await caller.call("getChat", chat_id=chat) for chat in (stage.group, stage.group, stage.channel)
    ]
    assert [answer.status for answer in answers] == [200, 429, 200]


async def test_a_refused_call_has_no_effect() -> None:
    """And does not push the wait further away."""
    stage, caller = _stage(Limits(chat=Window(1, 1.0)))
    await _statuses(caller, stage.group, 5)
    assert [message.text for message in stage.world.messages(stage.group)].count("hi") == 1
    await stage.clock.advance(1)
    assert await _statuses(caller, stage.group, 1) == [200]


async def test_what_is_long_over_is_forgotten() -> None:
    """A load of many chats does not grow the memory for ever."""
    limiter = Limiter(Limits(chat=Window(1, 1.0)))
    for chat in range(10_000):
        limiter.admit(0.0, 1, "sendmessage", chat)
    for chat in range(10_000):
        limiter.admit(60.0, 1, "sendmessage", -chat)
    assert len(limiter) <= 10_000


def _stage(limits: Limits) -> tuple[Stage, InProcessCaller]:
    clock = VirtualClock()
    world = World(clock)
    stage = Stage(world, Simulator(world, limits=limits), clock)
    return stage, InProcessCaller(stage.simulator)


async def _statuses(caller: InProcessCaller, chat: int, count: int) -> list[int]:
    return [(await caller.call("sendMessage", chat_id=chat, text="hi")).status for _ in range(count)]
