"""Bots written with three libraries, as published, do their work against the simulator."""

from collections.abc import AsyncIterator

import pytest
from tests.integration.simulator.runners import RUNNERS, install_grammy
from tests.integration.simulator.stage import Stage, eventually, real_stage


@pytest.fixture(scope="session")
def grammy() -> None:
    """Have grammY installed."""
    install_grammy()


@pytest.fixture(params=RUNNERS)
async def stage(request: pytest.FixtureRequest, grammy: None) -> AsyncIterator[Stage]:
    """A stage on which one of the gatekeepers is at work."""
    stage = real_stage()
    await stage.simulator.start()
    async with RUNNERS[request.param](stage):
        yield stage
    await stage.simulator.stop()


async def test_whoever_joins_without_the_channel_is_muted_and_told(stage: Stage) -> None:
    """chat_member, getChatMember, restrictChatMember and a button go through the library's types."""
    ann = stage.world.add_user("Ann")
    stage.world.join(ann, stage.group)
    await eventually(lambda: _prompt(stage))
    assert not stage.world.can_speak(ann, stage.group)


async def test_verify_answers_not_yet_and_then_frees(stage: Stage) -> None:
    """A callback query is answered, an unmute restores speech, and the prompt is edited."""
    ann = stage.world.add_user("Ann", username="ann")
    stage.world.join(ann, stage.group)
    await eventually(lambda: _prompt(stage))
    assert await _tap(stage, ann) == ("Not yet", True)
    stage.world.join(ann, stage.channel)
    assert await _tap(stage, ann) == ("Welcome", False)
    await eventually(lambda: "Welcome" in [message.text for message in stage.world.messages(stage.group)])
    assert stage.world.can_speak(ann, stage.group)


async def test_a_subscriber_who_asks_is_let_in(stage: Stage) -> None:
    """chat_join_request leads to approveChatJoinRequest."""
    ann = stage.world.add_user("Ann")
    stage.world.join(ann, stage.channel)
    stage.world.request_join(ann, stage.closed_group)
    await eventually(lambda: stage.world.member(stage.closed_group, ann).is_member)


async def test_a_stranger_who_asks_is_written_to_and_turned_away(stage: Stage) -> None:
    """user_chat_id takes a private message, and declineChatJoinRequest ends the request."""
    bob = stage.world.add_user("Bob")
    stage.world.request_join(bob, stage.closed_group)
    await eventually(lambda: stage.simulator.calls.of("declineChatJoinRequest"))
    assert [call.status for call in stage.simulator.calls.of("sendMessage")] == [200]
    assert not stage.world.member(stage.closed_group, bob).is_member


async def test_a_command_is_answered(stage: Stage) -> None:
    """A message with a command entity reaches a command handler."""
    stage.world.say(stage.owner, stage.group, "/ping")
    await eventually(lambda: stage.world.messages(stage.group)[-1].text == "pong")


def _prompt(stage: Stage) -> int:
    """The number of the message with the button, or 0."""
    return next(
        (message.id for message in stage.world.messages(stage.group) if message.author == stage.bot), 0
    )


async def _tap(stage: Stage, user: int) -> tuple[str | None, bool]:
    tap = stage.world.tap(user, stage.group, _prompt(stage), f"verify:{user}")
    await eventually(lambda: stage.world.callback(tap).answered_at)
    answer = stage.world.callback(tap)
    return answer.text, answer.show_alert
