"""/unprotect: asked once, by whoever asked, and then everybody is free."""

from __future__ import annotations

import pytest
from tests.e2e.gate.dialogue import ask, group_admin, group_of, now_reads, replies, tapped
from tests.fixtures.stage import BOT_RIGHTS, Stage

from gmbot.simulator.chats import Message


async def question(stage: Stage, user: int, *, anonymous: bool = False) -> Message:
    """Return the question that /unprotect asks."""
    (asked,) = await replies(stage, user, "/unprotect", anonymous=anonymous)
    return asked


async def confirm(stage: Stage, user: int) -> None:
    """Have somebody ask and confirm."""
    await tapped(stage, user, await question(stage, user), f"unprotect:{user}")


async def test_it_asks_before_it_does_anything(guarded: Stage) -> None:
    """A command typed by mistake frees nobody."""
    stranger = guarded.person("Sam")
    asked = await question(guarded, guarded.owner)
    assert asked.text == "Stop guarding The <Group>? Everybody whom I muted can write again."
    assert [button["text"] for button in asked.buttons] == ["Yes, stop", "No"]
    assert group_of(guarded) is not None
    assert guarded.muted(stranger)


async def test_yes_releases_everybody_who_was_held(guarded: Stage) -> None:
    """Really stopping means nobody stays muted."""
    strangers = [guarded.person(f"Sam {number}") for number in range(5)]
    await guarded.rest()
    await confirm(guarded, guarded.owner)
    assert [stranger for stranger in strangers if guarded.muted(stranger)] == []
    assert group_of(guarded) is None


async def test_yes_releases_who_left_while_held(guarded: Stage) -> None:
    """Whoever comes back later finds themselves free."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.leave(stranger, guarded.group)
    await guarded.rest()
    await confirm(guarded, guarded.owner)
    guarded.world.join(stranger, guarded.group)
    await guarded.rest()
    assert not guarded.muted(stranger)


async def test_yes_deletes_the_prompts(guarded: Stage) -> None:
    """Nobody is told to join anything any more."""
    guarded.person("Sam")
    await guarded.rest()
    await confirm(guarded, guarded.owner)
    assert guarded.prompts() == []


async def test_yes_leaves_an_admins_mute_alone(guarded: Stage) -> None:
    """Only what GMBot placed is lifted."""
    member = guarded.person("Mia", subscribed=True)
    guarded.world.mute(guarded.group, member, guarded.owner)
    await guarded.rest()
    await confirm(guarded, guarded.owner)
    assert guarded.muted(member)


async def test_afterwards_nobody_is_asked_about(guarded: Stage) -> None:
    """Joins and messages of an unguarded group are none of GMBot's business."""
    await confirm(guarded, guarded.owner)
    guarded.simulator.calls.clear()
    late = guarded.person("Lee")
    guarded.world.say(late, guarded.group, "hello")
    await guarded.rest()
    assert not guarded.muted(late)
    assert guarded.calls("getChatMember") == []
    assert guarded.calls("deleteMessage") == []


async def test_the_question_is_answered_in_place(guarded: Stage) -> None:
    """Its buttons go, and it says what happened."""
    asked = await question(guarded, guarded.owner)
    assert await tapped(guarded, guarded.owner, asked, f"unprotect:{guarded.owner}") == "Done."
    assert now_reads(guarded, asked).startswith("This group is no longer guarded.")
    assert guarded.said()[-1].buttons == []


async def test_no_keeps_everything_as_it_is(guarded: Stage) -> None:
    """And says so."""
    stranger = guarded.person("Sam")
    asked = await question(guarded, guarded.owner)
    await tapped(guarded, guarded.owner, asked, f"keep:{guarded.owner}")
    assert now_reads(guarded, asked) == "Nothing was changed: the group stays guarded."
    assert guarded.muted(stranger)


@pytest.mark.parametrize("verb", ["unprotect", "keep"])
async def test_another_admin_cannot_answer_for_the_asker(guarded: Stage, verb: str) -> None:
    """Whoever asked decides."""
    admin = group_admin(guarded)
    asked = await question(guarded, guarded.owner)
    answer = await tapped(guarded, admin, asked, f"{verb}:{guarded.owner}")
    assert answer == "Only the admin who asked can confirm this."
    assert group_of(guarded) is not None
    assert now_reads(guarded, asked) == asked.text


async def test_a_member_cannot_confirm(guarded: Stage) -> None:
    """Buttons are seen by everybody, and work for admins."""
    member = guarded.person("Mia", subscribed=True)
    asked = await question(guarded, guarded.owner)
    answer = await tapped(guarded, member, asked, f"unprotect:{guarded.owner}")
    assert answer == "Only admins of this group can do that."
    assert group_of(guarded) is not None


async def test_any_admin_may_confirm_for_an_anonymous_asker(guarded: Stage) -> None:
    """Nobody can tell who asked, so every admin may answer."""
    admin = group_admin(guarded)
    asked = await question(guarded, guarded.owner, anonymous=True)
    await tapped(guarded, admin, asked, "unprotect:0")
    assert group_of(guarded) is None


async def test_a_member_cannot_confirm_for_an_anonymous_asker(guarded: Stage) -> None:
    """Every admin is not everybody."""
    member = guarded.person("Mia", subscribed=True)
    asked = await question(guarded, guarded.owner, anonymous=True)
    assert await tapped(guarded, member, asked, "unprotect:0") == "Only admins of this group can do that."
    assert group_of(guarded) is not None


async def test_who_is_no_admin_any_more_cannot_confirm(guarded: Stage) -> None:
    """It is checked at the tap."""
    admin = group_admin(guarded)
    asked = await question(guarded, admin)
    guarded.world.demote(guarded.group, admin, guarded.owner)
    await guarded.rest()
    await tapped(guarded, admin, asked, f"unprotect:{admin}")
    assert group_of(guarded) is not None


async def test_a_member_is_refused(guarded: Stage) -> None:
    """Without any question."""
    member = guarded.person("Mia", subscribed=True)
    assert await ask(guarded, member, "/unprotect") == "Only admins of this group can do that."


async def test_a_group_that_is_not_guarded_is_told_so(stage: Stage) -> None:
    """With how to guard it."""
    assert "This group is not guarded. Name the channel" in await ask(stage, stage.owner, "/unprotect")


async def test_confirming_works_after_a_restart(guarded: Stage) -> None:
    """The question carries all that is needed."""
    stranger = guarded.person("Sam")
    asked = await question(guarded, guarded.owner)
    await guarded.stop()
    await guarded.start()
    await tapped(guarded, guarded.owner, asked, f"unprotect:{guarded.owner}")
    assert not guarded.muted(stranger)


async def test_confirming_twice_is_harmless(guarded: Stage) -> None:
    """The second tap finds a button that is no longer in use."""
    asked = await question(guarded, guarded.owner)
    first = guarded.tap(guarded.owner, asked, f"unprotect:{guarded.owner}")
    second = guarded.tap(guarded.owner, asked, f"unprotect:{guarded.owner}")
    await guarded.rest()
    assert guarded.answer(first) == "Done."
    assert guarded.answer(second) == "This button is no longer in use."


async def test_whoever_could_not_be_released_is_released_once_the_right_returns(guarded: Stage) -> None:
    """A bot that lost its right cannot free anybody, but does not forget whom it owes freedom."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.promote(guarded.group, guarded.bot_id, guarded.owner, {"can_delete_messages"})
    await guarded.rest()
    await confirm(guarded, guarded.owner)
    assert guarded.muted(stranger)
    guarded.world.promote(guarded.group, guarded.bot_id, guarded.owner, BOT_RIGHTS)
    await guarded.rest()
    assert not guarded.muted(stranger)


async def test_protecting_again_afterwards_begins_anew(guarded: Stage) -> None:
    """What was released is held again only for what is missing now."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    await confirm(guarded, guarded.owner)
    await guarded.protect()
    assert not guarded.muted(stranger)
    guarded.world.say(stranger, guarded.group, "hello")
    await guarded.rest()
    assert guarded.muted(stranger)
