"""Admin chatter tidies up after itself; private conversations are kept."""

from __future__ import annotations

from tests.e2e.gate.dialogue import leap, replies
from tests.fixtures.stage import Stage

from gmbot.simulator.faults import Fault, FaultKind


async def chatter(stage: Stage) -> tuple[int, int]:
    """Return a command's message and its answer's."""
    (answer,) = await replies(stage, stage.owner, "/status")
    command = next(m.id for m in reversed(stage.world.messages(stage.group)) if m.author == stage.owner)
    return command, answer.id


def seen(stage: Stage, *messages: int) -> list[bool]:
    """Whether each message is still to be seen in the group."""
    return [stage.world.message(stage.group, message) is not None for message in messages]


async def test_a_command_and_its_answer_are_read_for_a_minute(guarded: Stage) -> None:
    """Long enough to read."""
    messages = await chatter(guarded)
    await guarded.advance(55)
    assert seen(guarded, *messages) == [True, True]


async def test_a_command_and_its_answer_are_gone_after_a_minute(guarded: Stage) -> None:
    """Members are not bothered by what admins arrange."""
    messages = await chatter(guarded)
    await guarded.advance(65)
    assert seen(guarded, *messages) == [False, False]


async def test_chatter_goes_even_if_gmbot_was_down_meanwhile(guarded: Stage) -> None:
    """What is owed is stored."""
    messages = await chatter(guarded)
    await guarded.stop()
    await leap(guarded, 120)
    await guarded.start()
    await guarded.rest()
    assert seen(guarded, *messages) == [False, False]


async def test_chatter_goes_even_if_telegram_failed_at_that_moment(guarded: Stage) -> None:
    """It is tried again."""
    messages = await chatter(guarded)
    fault = guarded.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="deleteMessage"))
    await guarded.advance(65)
    assert seen(guarded, *messages) == [True, True]
    guarded.simulator.faults.remove(fault)
    await guarded.advance(60)
    assert seen(guarded, *messages) == [False, False]


async def test_without_the_right_to_delete_the_answer_still_goes(stage: Stage) -> None:
    """One's own messages may always be deleted; the command stays then."""
    stage.world.demote(stage.group, stage.bot_id, stage.owner)
    await stage.rest()
    messages = await chatter(stage)
    await stage.advance(65)
    assert seen(stage, *messages) == [True, False]


async def test_an_answer_is_a_reply_in_the_group(guarded: Stage) -> None:
    """In a busy group one must see what is answered."""
    (answer,) = await replies(guarded, guarded.owner, "/status")
    replied = answer.wire["reply_to_message"]
    assert isinstance(replied, dict)
    assert replied["text"] == "/status"


async def test_an_answer_reaches_the_group_though_the_command_was_deleted(guarded: Stage) -> None:
    """Somebody was quicker than GMBot."""
    known = len(guarded.said())
    message = guarded.world.say(guarded.owner, guarded.group, "/status")
    guarded.world.delete(guarded.owner, guarded.group, message.id)
    await guarded.rest()
    assert len(guarded.said()) == known + 1


async def test_private_messages_are_kept(stage: Stage) -> None:
    """Nobody else reads them."""
    (welcome,) = await replies(stage, stage.owner, "/start", stage.bot_id)
    await stage.advance(400)
    assert welcome.id in {message.id for message in stage.said(stage.owner)}


async def test_nobody_blocked_the_bot_is_no_trouble(stage: Stage) -> None:
    """An answer that cannot be given is dropped, and what follows is answered."""
    impatient = stage.world.add_user("Ivy")
    stage.world.start_private(impatient, stage.bot_id)
    stage.world.block(impatient, stage.bot_id)
    await stage.rest()
    (answer,) = await replies(stage, stage.owner, "/start", stage.bot_id)
    assert answer.text
