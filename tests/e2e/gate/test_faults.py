"""Whatever goes wrong with a call: it ends right, says nothing twice, and mutes nobody by mistake."""

from __future__ import annotations

import pytest
from tests.fixtures.mishaps import fail, lose_events, mend, mutes
from tests.fixtures.stage import Stage

from gmbot.simulator import Fault, FaultKind

ALWAYS_WITHOUT_EFFECT = (
    FaultKind.TOO_MANY_REQUESTS,
    FaultKind.SERVER_ERROR,
    FaultKind.RESET,
    FaultKind.HANG,
    FaultKind.SLOW,
)
WAYS = (*ALWAYS_WITHOUT_EFFECT, FaultKind.TIMEOUT_AFTER_EFFECT)
HEALED_S = 60
"""Promise: whoever qualifies is free within a minute after faults end."""


async def through(stage: Stage) -> None:
    """Let the fault last for a while, then heal, then let a minute pass."""
    await stage.advance(25)
    mend(stage)
    await stage.advance(HEALED_S)


@pytest.mark.parametrize("kind", WAYS)
async def test_a_hold_that_fails_is_placed_after_healing(guarded: Stage, kind: FaultKind) -> None:
    """One mute, and one prompt."""
    fail(guarded, kind, "restrictChatMember")
    stranger = guarded.person("Sam")
    await guarded.rest()
    await through(guarded)
    assert guarded.muted(stranger)
    assert len(guarded.prompts()) == 1


@pytest.mark.parametrize("kind", WAYS)
async def test_a_release_that_fails_is_made_within_a_minute(guarded: Stage, kind: FaultKind) -> None:
    """Whoever qualifies is free, and the prompt is gone."""
    stranger = guarded.person("Sam")
    await guarded.advance(10)
    fail(guarded, kind, "restrictChatMember")
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    await through(guarded)
    assert not guarded.muted(stranger)
    assert guarded.prompts() == []


@pytest.mark.parametrize("kind", WAYS)
async def test_subscribing_while_the_hold_fails_ends_free(guarded: Stage, kind: FaultKind) -> None:
    """The hold may have come through or not: nobody is left muted by an attempt that nobody heard of."""
    fail(guarded, kind, "restrictChatMember", times=1)
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    await through(guarded)
    assert not guarded.muted(stranger)
    assert guarded.prompts() == []


@pytest.mark.parametrize("kind", WAYS)
async def test_unsubscribing_while_the_release_fails_ends_held(guarded: Stage, kind: FaultKind) -> None:
    """What is true in the end is what holds."""
    stranger = guarded.person("Sam")
    await guarded.advance(10)
    fail(guarded, kind, "restrictChatMember", times=1)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    guarded.world.unsubscribe(stranger, guarded.channel)
    await guarded.rest()
    await through(guarded)
    assert guarded.muted(stranger)


@pytest.mark.parametrize("kind", ALWAYS_WITHOUT_EFFECT)
async def test_a_prompt_that_fails_is_sent_once_after_healing(guarded: Stage, kind: FaultKind) -> None:
    """Nobody is told twice."""
    fail(guarded, kind, "sendMessage")
    guarded.person("Sam")
    await guarded.rest()
    await through(guarded)
    assert len(guarded.prompts()) == 1


async def test_a_prompt_whose_answer_is_lost_leaves_at_most_one_more(guarded: Stage) -> None:
    """Telegram cannot be asked whether it was sent: silence would be worse than two."""
    fail(guarded, FaultKind.TIMEOUT_AFTER_EFFECT, "sendMessage", times=1)
    guarded.person("Sam")
    await guarded.rest()
    await through(guarded)
    assert 1 <= len(guarded.prompts()) <= 2


@pytest.mark.parametrize("kind", WAYS)
async def test_a_deletion_that_fails_is_made_after_healing(guarded: Stage, kind: FaultKind) -> None:
    """The message of somebody held goes, if late."""
    lost = lose_events(guarded, guarded.group)
    stranger = guarded.person("Sam")
    guarded.simulator.faults.remove(lost)
    fail(guarded, kind, "deleteMessage")
    message = guarded.world.say(stranger, guarded.group)
    await guarded.rest()
    await through(guarded)
    assert guarded.world.message(guarded.group, message.id) is None


@pytest.mark.parametrize("method", ["restrictChatMember", "sendMessage", "deleteMessage", "getChatMember"])
@pytest.mark.parametrize("kind", WAYS)
async def test_no_fault_ever_mutes_a_subscriber(guarded: Stage, method: str, kind: FaultKind) -> None:
    """Not for a moment: no call that takes their voice is even tried."""
    fail(guarded, kind, method)
    member = guarded.person("Mia", subscribed=True)
    message = guarded.world.say(member, guarded.group)
    await guarded.rest()
    await through(guarded)
    assert mutes(guarded, member) == 0
    assert guarded.world.message(guarded.group, message.id) is not None


@pytest.mark.parametrize("kind", WAYS)
async def test_a_verification_that_fails_is_made_up_for(guarded: Stage, kind: FaultKind) -> None:
    """The tap was a promise: whoever had joined is free without another."""
    stranger = guarded.person("Sam")
    await guarded.advance(10)
    prompt = guarded.prompts()[0]
    lose_events(guarded, guarded.channel)
    guarded.world.subscribe(stranger, guarded.channel)
    fail(guarded, kind, "getChatMember")
    guarded.tap(stranger, prompt)
    await guarded.rest()
    await through(guarded)
    assert not guarded.muted(stranger)


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.RESET, FaultKind.TOO_MANY_REQUESTS])
async def test_polling_goes_on_after_an_outage_of_everything(guarded: Stage, kind: FaultKind) -> None:
    """Ten minutes without Telegram, and then all is as it should be."""
    early = guarded.person("Eve")
    await guarded.advance(10)
    fail(guarded, kind)
    guarded.world.subscribe(early, guarded.channel)
    late = guarded.person("Lou")
    await guarded.clock.advance(600)
    mend(guarded)
    await guarded.advance(HEALED_S + 60)
    assert not guarded.muted(early)
    assert guarded.muted(late)


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.SERVER_ERROR,
        FaultKind.RESET,
        FaultKind.TOO_MANY_REQUESTS,
        FaultKind.TIMEOUT_AFTER_EFFECT,
    ],
)
async def test_a_fifth_of_all_calls_fails_and_nobody_is_wronged(guarded: Stage, kind: FaultKind) -> None:
    """60 people: those subscribed are never touched, and everybody who qualifies is free in the end."""
    for method in ("getChatMember", "restrictChatMember", "sendMessage", "deleteMessage"):
        guarded.simulator.faults.add(Fault(kind=kind, method=method, probability=0.2))
    members = [guarded.person(f"M{n}", subscribed=True) for n in range(20)]
    strangers = [guarded.person(f"S{n}") for n in range(40)]
    for person in members:
        guarded.world.say(person, guarded.group)
    await guarded.advance(60)
    joining, staying = strangers[:20], strangers[20:]
    for person in joining:
        guarded.world.subscribe(person, guarded.channel)
    await guarded.advance(60)
    mend(guarded)
    await guarded.advance(HEALED_S)
    assert sum(mutes(guarded, person) for person in members) == 0
    assert not any(guarded.muted(person) for person in (*members, *joining))
    assert all(guarded.muted(person) for person in staying)


async def test_many_who_join_at_once_are_told_together(guarded: Stage) -> None:
    """60 people, one prompt: Telegram allows 20 messages a minute in a group."""
    for n in range(60):
        guarded.person(f"S{n}")
    await guarded.advance(10)
    assert len(guarded.prompts()) == 1
