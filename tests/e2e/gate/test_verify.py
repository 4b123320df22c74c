"""Verify: whoever taps is answered at once, truthfully, and nobody else is touched."""

from __future__ import annotations

import pytest
from tests.e2e.gate.dialogue import another_channel, ask, now_reads, replies, tapped, until
from tests.fixtures.stage import Stage

from gmbot.domain.hold import Hold, HoldState
from gmbot.gate.verify import ANSWER_WITHIN_S
from gmbot.simulator.chats import Message
from gmbot.simulator.faults import Fault, FaultKind

WELCOME = "✅ Thank you! You can write now."
UNSURE = "Telegram is slow to answer. I keep checking, and free you as soon as it says that you have joined."


async def held(stage: Stage, name: str = "Sam") -> tuple[int, Message]:
    """Return somebody who was held, and the prompt that tells them."""
    stranger = stage.person(name)
    await stage.rest()
    return stranger, stage.prompts()[-1]


def lose_event(stage: Stage) -> None:
    """Have Telegram forget the updates that wait for GMBot."""
    stage.world.bots[stage.bot_id].mailbox.clear()


async def test_an_early_tap_says_what_is_missing(guarded: Stage) -> None:
    """And nothing changes."""
    stranger, prompt = await held(guarded)
    answer = await tapped(guarded, stranger, prompt, "verify")
    assert answer == "Not yet: please join News & more, then tap again."
    assert guarded.muted(stranger)


async def test_everything_that_is_still_missing_is_listed(stage: Stage) -> None:
    """And what was joined is not."""
    for name in ("second_one", "third_one"):
        another_channel(stage, name.title(), name)
    await ask(stage, stage.owner, "/protect @news @second_one @third_one")
    stranger = stage.person("Sam", subscribed=True)
    await stage.rest()
    answer = await tapped(stage, stranger, stage.prompts()[0], "verify")
    assert answer == "Not yet: please join Second_One, Third_One, then tap again."


async def test_ten_long_titles_are_all_listed_within_telegrams_limit(stage: Stage) -> None:
    """Each is cut a little, none is left out."""
    for number in range(10):
        another_channel(stage, f"{number} " + "very long title " * 7, f"long_{number}")
    await ask(stage, stage.owner, "/protect " + " ".join(f"@long_{n}" for n in range(10)))
    stranger = stage.person("Sam")
    await stage.rest()
    answer = await tapped(stage, stranger, stage.prompts()[0], "verify")
    assert answer is not None
    assert len(answer) <= 200
    assert all(f"{number} very" in answer for number in range(10))


async def test_a_lost_event_is_made_good_by_a_tap(guarded: Stage) -> None:
    """Telegram is asked, and believed."""
    stranger, prompt = await held(guarded)
    guarded.world.subscribe(stranger, guarded.channel)
    lose_event(guarded)
    assert await tapped(guarded, stranger, prompt, "verify") == WELCOME
    assert not guarded.muted(stranger)
    assert guarded.prompts() == []


async def test_a_subscriber_of_some_channels_is_asked_about_the_others_only(stage: Stage) -> None:
    """What is known is not asked again."""
    second = another_channel(stage, "Second", "second_one")
    await ask(stage, stage.owner, "/protect @news @second_one")
    stranger = stage.person("Sam", subscribed=True)
    await stage.rest()
    stage.simulator.calls.clear()
    await tapped(stage, stranger, stage.prompts()[0], "verify")
    assert {c.arguments["chat_id"] for c in stage.calls("getChatMember", user_id=stranger)} == {second}


async def test_double_taps_are_harmless(guarded: Stage) -> None:
    """Each tap is answered, and one release is made."""
    stranger, prompt = await held(guarded)
    guarded.world.subscribe(stranger, guarded.channel)
    lose_event(guarded)
    queries = [guarded.tap(stranger, prompt) for _ in range(5)]
    await guarded.rest()
    assert all(guarded.answer(query) for query in queries)
    assert guarded.answer(queries[0]) == WELCOME
    assert len(guarded.calls("restrictChatMember", user_id=stranger)) == 2


async def test_a_tap_by_somebody_else_concerns_only_them(guarded: Stage) -> None:
    """A button under somebody's prompt frees whoever taps it, not whom it names."""
    stranger, prompt = await held(guarded)
    other, _ = await held(guarded, "Tim")
    guarded.world.subscribe(other, guarded.channel)
    lose_event(guarded)
    assert await tapped(guarded, other, prompt, "verify") == WELCOME
    assert guarded.muted(stranger)
    assert not guarded.muted(other)


async def test_a_tap_by_somebody_who_is_free_asks_about_no_channel(guarded: Stage) -> None:
    """Curiosity costs little."""
    member = guarded.person("Mia", subscribed=True)
    _, prompt = await held(guarded)
    guarded.simulator.calls.clear()
    answer = await tapped(guarded, member, prompt, "verify")
    assert answer == "I have not muted you. This button is for people whom I have."
    assert guarded.calls("getChatMember", chat_id=guarded.channel) == []


async def test_whom_an_admin_muted_is_not_told_to_be_free(guarded: Stage) -> None:
    """The answer is true for them as well."""
    member = guarded.person("Mia", subscribed=True)
    _, prompt = await held(guarded)
    guarded.world.mute(guarded.group, member, guarded.owner)
    await guarded.rest()
    answer = await tapped(guarded, member, prompt, "verify")
    assert answer is not None
    assert answer.startswith("I have not muted you.")
    assert guarded.muted(member)


async def test_a_tap_after_unprotecting_says_that_nothing_is_required(guarded: Stage) -> None:
    """An old prompt may still be on somebody's screen."""
    stranger, prompt = await held(guarded)
    (question,) = await replies(guarded, guarded.owner, "/unprotect")
    fault = guarded.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="deleteMessage"))
    await tapped(guarded, guarded.owner, question, f"unprotect:{guarded.owner}")
    answer = await tapped(guarded, stranger, prompt, "verify")
    guarded.simulator.faults.remove(fault)
    assert answer == "Nothing is required here any more: you can write."


async def test_a_tap_is_answered_within_a_second_even_when_telegram_hangs(guarded: Stage) -> None:
    """Whoever taps wants to see something; the answer promises what GMBot then does."""
    stranger, prompt = await held(guarded)
    guarded.world.subscribe(stranger, guarded.channel)
    lose_event(guarded)
    fault = guarded.simulator.faults.add(Fault(kind=FaultKind.HANG, method="getChatMember"))
    query = guarded.tap(stranger, prompt)
    await until(lambda: guarded.answer(query) is not None)
    assert guarded.answer(query) == UNSURE
    assert ANSWER_WITHIN_S < 1
    guarded.simulator.faults.remove(fault)
    await guarded.advance(30)
    assert not guarded.muted(stranger)


async def test_nobody_is_told_that_they_have_not_joined_when_telegram_did_not_say_so(guarded: Stage) -> None:
    """What was known a moment ago is not held against whoever says that it has changed."""
    stranger, prompt = await held(guarded)
    guarded.world.subscribe(stranger, guarded.channel)
    lose_event(guarded)
    fault = guarded.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="getChatMember"))
    assert await tapped(guarded, stranger, prompt, "verify") == UNSURE
    guarded.simulator.faults.remove(fault)
    await guarded.advance(30)
    assert not guarded.muted(stranger)


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.RESET, FaultKind.PARTICIPANT_ID_INVALID])
async def test_a_tap_while_telegram_fails_is_kept_in_mind(guarded: Stage, kind: FaultKind) -> None:
    """Nobody is refused for it, and nobody needs to tap again."""
    stranger, prompt = await held(guarded)
    guarded.world.subscribe(stranger, guarded.channel)
    lose_event(guarded)
    await guarded.advance(65)
    fault = guarded.simulator.faults.add(Fault(kind=kind, method="getChatMember"))
    assert await tapped(guarded, stranger, prompt, "verify") == UNSURE
    guarded.simulator.faults.remove(fault)
    await guarded.advance(120)
    assert not guarded.muted(stranger)


async def test_a_tap_is_kept_in_mind_over_a_restart(guarded: Stage) -> None:
    """What was promised is stored."""
    stranger, prompt = await held(guarded)
    guarded.world.subscribe(stranger, guarded.channel)
    lose_event(guarded)
    await guarded.advance(65)
    fault = guarded.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="getChatMember"))
    await tapped(guarded, stranger, prompt, "verify")
    await guarded.stop()
    guarded.simulator.faults.remove(fault)
    await guarded.start()
    await guarded.advance(120)
    assert not guarded.muted(stranger)


async def test_an_answer_that_comes_too_late_is_harmless(guarded: Stage) -> None:
    """Telegram forgets taps; whoever tapped is free all the same."""
    stranger, prompt = await held(guarded)
    guarded.world.subscribe(stranger, guarded.channel)
    lose_event(guarded)
    await guarded.stop()
    guarded.tap(stranger, prompt)
    guarded.clock.set(guarded.clock.now() + 60)
    await guarded.start()
    await guarded.rest()
    assert [call.status for call in guarded.calls("answerCallbackQuery")] == [400]
    assert not guarded.muted(stranger)


async def test_a_tap_while_the_database_is_down_is_answered_when_it_is_back(guarded: Stage) -> None:
    """It cannot be stored, so it is not acknowledged, and comes again."""
    stranger, prompt = await held(guarded)
    guarded.world.subscribe(stranger, guarded.channel)
    lose_event(guarded)
    await guarded.advance(5)
    guarded.outage.down = True
    query = guarded.tap(stranger, prompt)
    await guarded.rest()
    assert guarded.answer(query) is None
    guarded.outage.down = False
    await guarded.advance(10)
    assert guarded.answer(query) == WELCOME
    assert not guarded.muted(stranger)


async def test_a_tap_never_frees_whom_an_admin_muted_meanwhile(guarded: Stage) -> None:
    """The admin's mute replaced ours."""
    stranger, prompt = await held(guarded)
    guarded.world.mute(guarded.group, stranger, guarded.owner)
    await guarded.rest()
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    if guarded.world.message(guarded.group, prompt.id) is not None:
        await tapped(guarded, stranger, prompt, "verify")
    hold = await guarded.hold_of(stranger)
    assert isinstance(hold, Hold)
    assert hold.state is HoldState.ENDED
    assert guarded.muted(stranger)


@pytest.mark.parametrize(
    "data", ["verify:1", "nonsense", "set:", "unprotect:", "ok:", "menu:home", "refuse", ":"]
)
async def test_data_of_no_button_of_ours_is_answered(guarded: Stage, data: str) -> None:
    """A client may send any data with a tap; an answer ends its waiting."""
    stranger, prompt = await held(guarded)
    forge(guarded, prompt, data)
    answer = await tapped(guarded, stranger, prompt, data)
    assert answer is not None
    assert "please join News & more" in now_reads(guarded, prompt)


def forge(stage: Stage, message: Message, data: str) -> None:
    """Make a button with that data appear under a message, as a modified client would show it."""
    rows = [[{"text": "forged", "callback_data": data}]]
    forged = dict(message.wire, reply_markup={"inline_keyboard": rows})
    stage.world.chats[stage.group].history[message.id] = Message(
        id=message.id, chat_id=message.chat_id, author=message.author, date=message.date, wire=forged
    )
