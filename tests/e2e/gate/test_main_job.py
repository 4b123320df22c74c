"""The main job: hold who is not subscribed, release who is, and touch nobody else."""

from __future__ import annotations

from tests.fixtures.stage import Stage


async def test_a_stranger_who_joins_is_muted_and_told_what_to_join(guarded: Stage) -> None:
    """Joining without a subscription costs the voice, and says how to get it."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert guarded.muted(stranger)
    assert len(guarded.prompts()) == 1
    assert "News &amp; more" not in str(guarded.prompts()[0].wire["text"])


async def test_subscribing_frees_without_a_tap_and_the_prompt_goes(guarded: Stage) -> None:
    """The channel's own event is enough."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    assert not guarded.muted(stranger)
    assert guarded.prompts() == []


async def test_a_subscriber_who_joins_is_left_alone(guarded: Stage) -> None:
    """Nothing at all happens to somebody who qualifies."""
    member = guarded.person("Mia", subscribed=True)
    await guarded.rest()
    assert not guarded.muted(member)
    assert guarded.calls("restrictChatMember") == []


async def test_leaving_the_channel_holds_in_every_group_at_once(guarded: Stage) -> None:
    """An unsubscribe is heard from the channel."""
    member = guarded.person("Mia", subscribed=True)
    await guarded.rest()
    guarded.world.unsubscribe(member, guarded.channel)
    await guarded.rest()
    assert guarded.muted(member)


async def test_a_message_of_somebody_not_subscribed_is_deleted(stage: Stage) -> None:
    """Who was there before the group was protected is judged when they write."""
    early = stage.person("Eve")
    await stage.rest()
    await stage.protect()
    message = stage.world.say(early, stage.group, "hello")
    await stage.rest()
    assert stage.muted(early)
    assert stage.world.message(stage.group, message.id) is None
    assert len(stage.prompts()) == 1


async def test_verify_frees_when_the_event_was_lost(guarded: Stage) -> None:
    """A tap asks Telegram, and believes it."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    prompt = guarded.prompts()[0]
    guarded.world.subscribe(stranger, guarded.channel)
    guarded.world.bots[guarded.bot_id].mailbox.clear()
    query = guarded.tap(stranger, prompt)
    await guarded.rest()
    assert not guarded.muted(stranger)
    assert guarded.answer(query) == "✅ Thank you! You can write now."


async def test_an_admins_own_mute_is_left_alone(guarded: Stage) -> None:
    """Whoever an admin muted stays muted, subscribed or not."""
    member = guarded.person("Mia", subscribed=True)
    await guarded.rest()
    guarded.world.mute(guarded.group, member, guarded.owner)
    await guarded.rest()
    guarded.world.unsubscribe(member, guarded.channel)
    await guarded.rest()
    guarded.world.subscribe(member, guarded.channel)
    await guarded.rest()
    assert guarded.muted(member)
    assert guarded.calls("restrictChatMember") == []


async def test_a_mute_whose_record_is_lost_is_found_again_by_verify(guarded: Stage) -> None:
    """The mark on the restriction tells that it is GMBot's, whatever became of the database."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    prompt = guarded.prompts()[0]
    await guarded.stop()
    guarded.forget_everything()
    await guarded.start()
    await guarded.protect()
    guarded.world.subscribe(stranger, guarded.channel)
    guarded.tap(stranger, prompt)
    await guarded.rest()
    assert not guarded.muted(stranger)


async def test_what_was_known_before_a_pause_in_hearing_is_asked_again(stage: Stage) -> None:
    """Who left while nobody listened to the channel is not believed to be subscribed."""
    await stage.protect()
    member = stage.person("Mia", subscribed=True)
    await stage.rest()
    await stage.unprotect()
    stage.world.unsubscribe(member, stage.channel)
    await stage.advance(60)
    await stage.protect()
    stage.world.say(member, stage.group, "still here")
    await stage.rest()
    assert stage.muted(member)


async def test_who_left_while_the_bot_was_no_channel_admin_is_found_out(guarded: Stage) -> None:
    """A channel that is heard again starts from nothing."""
    member = guarded.person("Mia", subscribed=True)
    await guarded.rest()
    guarded.world.demote(guarded.channel, guarded.bot_id, guarded.owner)
    await guarded.rest()
    guarded.world.unsubscribe(member, guarded.channel)
    await guarded.advance(60)
    guarded.world.promote(guarded.channel, guarded.bot_id, guarded.owner, {"can_invite_users"})
    await guarded.rest()
    guarded.world.say(member, guarded.group, "still here")
    await guarded.rest()
    assert guarded.muted(member)
