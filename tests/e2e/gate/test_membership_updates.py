"""SEMANTICS, membership updates: what `chat_member` means, what it does not, and life without it."""

from __future__ import annotations

from tests.fixtures.mishaps import lose_events, mutes
from tests.fixtures.stage import Stage

from gmbot.domain.group import Channel, Group
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.rule import Rule
from gmbot.gate.changes import Changes
from gmbot.simulator import Fault, FaultKind
from gmbot.simulator.rights import GROUP_DEFAULTS


async def test_gmbot_asks_for_chat_member_updates(guarded: Stage) -> None:
    """They are not among what Telegram sends by default."""
    allowed = guarded.world.bots[guarded.bot_id].mailbox.allowed
    assert {"chat_member", "my_chat_member", "message", "edited_message", "callback_query"} <= allowed


async def test_a_promotion_is_no_join(guarded: Stage) -> None:
    """Whoever becomes an admin is not asked for a subscription."""
    early = guarded.person("Eve", subscribed=True)
    await guarded.rest()
    guarded.world.promote(guarded.group, early, guarded.owner)
    guarded.world.unsubscribe(early, guarded.channel)
    await guarded.rest()
    assert mutes(guarded, early) == 0


async def test_an_edit_of_permissions_is_no_join_of_a_subscriber(guarded: Stage) -> None:
    """Restricting and un-restricting somebody who qualifies costs no call."""
    member = guarded.person("Mia", subscribed=True)
    await guarded.rest()
    guarded.world.mute(guarded.group, member, guarded.owner, permissions={"can_send_messages"})
    guarded.world.unmute(guarded.group, member, guarded.owner)
    await guarded.rest()
    assert guarded.calls("restrictChatMember") == []
    assert guarded.prompts() == []


async def test_an_edit_in_the_channel_is_no_unsubscription(guarded: Stage) -> None:
    """Becoming an editor of the channel, and ceasing to be one, changes nothing in the group."""
    member = guarded.person("Mia", subscribed=True)
    await guarded.rest()
    guarded.world.promote(guarded.channel, member, guarded.owner)
    guarded.world.demote(guarded.channel, member, guarded.owner)
    await guarded.rest()
    assert guarded.calls("restrictChatMember") == []


async def test_echoes_of_own_calls_set_nothing_off(guarded: Stage) -> None:
    """One mute and one release are two calls, though each comes back as an update."""
    stranger = guarded.person("Sam")
    await guarded.advance(10)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.advance(10)
    assert len(guarded.calls("restrictChatMember", user_id=stranger)) == 2


async def test_somebody_held_who_leaves_and_returns_is_still_held(guarded: Stage) -> None:
    """`restricted` without `is_member`, then with it: the mute waited for them."""
    stranger = guarded.person("Sam")
    await guarded.advance(10)
    guarded.world.leave(stranger, guarded.group)
    await guarded.advance(10)
    guarded.world.join(stranger, guarded.group)
    await guarded.rest()
    assert guarded.muted(stranger)
    assert mutes(guarded, stranger) == 1


async def test_somebody_held_who_returns_within_the_hour_is_told_again_after_it(guarded: Stage) -> None:
    """Their prompt went when they left; one an hour is enough, and none at all would be too little."""
    stranger = guarded.person("Sam")
    await guarded.advance(10)
    guarded.world.leave(stranger, guarded.group)
    await guarded.advance(10)
    guarded.world.join(stranger, guarded.group)
    await guarded.advance(60)
    assert guarded.prompts() == []
    await guarded.advance(3600)
    assert len(guarded.prompts()) == 1


async def test_somebody_held_who_subscribes_while_away_returns_free(guarded: Stage) -> None:
    """The release does not wait for the person."""
    stranger = guarded.person("Sam")
    await guarded.advance(10)
    guarded.world.leave(stranger, guarded.group)
    await guarded.advance(10)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    guarded.world.join(stranger, guarded.group)
    await guarded.rest()
    assert not guarded.muted(stranger)


async def test_a_return_repairs_a_subscription_that_was_missed(guarded: Stage) -> None:
    """Somebody held subscribed unheard; joining the group again makes GMBot ask."""
    stranger = guarded.person("Sam")
    await guarded.advance(10)
    guarded.world.leave(stranger, guarded.group)
    lose_events(guarded, guarded.channel)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.advance(61)
    guarded.world.join(stranger, guarded.group)
    await guarded.rest()
    assert not guarded.muted(stranger)


async def test_an_admins_timed_mute_ends_without_an_update_and_the_rule_holds_again(guarded: Stage) -> None:
    """The admin's mute replaced the hold; after it the person speaks, and is held anew."""
    stranger = guarded.person("Sam")
    await guarded.advance(10)
    guarded.world.mute(guarded.group, stranger, guarded.owner, until_date=int(guarded.clock.now()) + 60)
    await guarded.advance(61)
    assert not guarded.muted(stranger)
    guarded.world.say(stranger, guarded.group)
    await guarded.rest()
    assert guarded.muted(stranger)


async def test_a_release_gives_no_time_back_that_has_run_out(guarded: Stage) -> None:
    """A partial restriction that ended while its person was held is not placed again, let alone for ever."""
    stranger = guarded.person("Sam", joined=False)
    until = int(guarded.clock.now()) + 120
    guarded.world.join(stranger, guarded.group)
    guarded.world.mute(guarded.group, stranger, guarded.owner, until, {"can_send_messages"})
    await guarded.rest()
    assert guarded.muted(stranger)
    await guarded.advance(125)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    assert guarded.world.member(guarded.group, stranger).status == "member"


async def test_a_hold_is_never_for_ever(guarded: Stage) -> None:
    """Should GMBot vanish, Telegram itself ends each hold within a year."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    left_s = guarded.world.member(guarded.group, stranger).until_date - guarded.clock.now()
    assert 359 * 86_400 < left_s < 366 * 86_400


async def test_default_permissions_may_change_unheard(guarded: Stage) -> None:
    """A group that an admin silenced is silent after a release too, and the person is plain member."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.set_default_permissions(guarded.group, [])
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    assert guarded.muted(stranger)
    assert guarded.world.member(guarded.group, stranger).status == "member"
    guarded.world.set_default_permissions(guarded.group, GROUP_DEFAULTS)
    assert not guarded.muted(stranger)


async def test_a_join_that_shows_only_as_a_service_message_holds_nobody_by_itself(guarded: Stage) -> None:
    """Service messages are hints: the person is judged when they write."""
    lost = lose_events(guarded, guarded.group)
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert not guarded.muted(stranger)
    guarded.simulator.faults.remove(lost)
    guarded.world.say(stranger, guarded.group)
    await guarded.rest()
    assert guarded.muted(stranger)


async def test_a_group_without_service_messages_is_guarded_all_the_same(guarded: Stage) -> None:
    """Large groups and hidden members have none: `chat_member` is what counts."""
    guarded.world.place(guarded.group).service_messages = False
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert guarded.muted(stranger)


async def test_a_service_message_is_never_deleted_for_its_person(guarded: Stage) -> None:
    """Nobody wrote "Sam joined the group"."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.leave(stranger, guarded.group)
    await guarded.rest()
    assert guarded.calls("deleteMessage", message_id=1) == []
    assert sum("new_chat_members" in m.wire for m in guarded.world.messages(guarded.group)) >= 1


async def test_a_missed_unsubscription_never_deletes_what_a_member_writes(guarded: Stage) -> None:
    """GMBot believes what it last heard: the mistake is in the member's favour."""
    member = guarded.person("Mia", subscribed=True)
    await guarded.rest()
    lose_events(guarded, guarded.channel)
    guarded.world.unsubscribe(member, guarded.channel)
    message = guarded.world.say(member, guarded.group)
    await guarded.rest()
    assert guarded.world.message(guarded.group, message.id) is not None


async def test_a_tap_repairs_a_subscription_that_was_missed(guarded: Stage) -> None:
    """Events get lost in large groups; Verify asks."""
    stranger = guarded.person("Sam")
    await guarded.advance(10)
    lose_events(guarded, guarded.channel)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    assert guarded.muted(stranger)
    guarded.tap(stranger, guarded.prompts()[0])
    await guarded.rest()
    assert not guarded.muted(stranger)


async def test_a_departure_that_is_heard_after_the_return_hides_no_prompt(guarded: Stage) -> None:
    """Left and back, but told in the other order: the person is there, and sees what to join."""
    guarded.world.place(guarded.group).service_messages = False
    stranger = guarded.person("Sam")
    await guarded.advance(10)
    guarded.simulator.faults.add(
        Fault(kind=FaultKind.REORDER_UPDATE, update="chat_member", chat=guarded.group, times=1)
    )
    guarded.world.leave(stranger, guarded.group)
    await guarded.advance(2)
    guarded.world.join(stranger, guarded.group)
    await guarded.advance(10)
    assert guarded.muted(stranger)
    assert len(guarded.prompts()) == 1


async def test_a_basic_group_that_grew_up_can_be_guarded(stage: Stage) -> None:
    """Migration gives it a new id, under which all works."""
    old = stage.world.create_group(stage.owner, "Little")
    stage.world.add_bot_to_chat(old, stage.bot_id, stage.owner)
    new = stage.world.migrate(old)
    await stage.rest()
    stage.world.say(stage.owner, new, "/protect @news")
    await stage.rest()
    stranger = stage.person("Sam", joined=False)
    stage.world.join(stranger, new)
    await stage.rest()
    assert not stage.world.can_speak(stranger, new)


async def test_migration_of_a_group_that_nobody_guards_changes_nothing(guarded: Stage) -> None:
    """The two service messages are acknowledged and forgotten."""
    old = guarded.world.create_group(guarded.owner, "Little")
    guarded.world.add_bot_to_chat(old, guarded.bot_id, guarded.owner)
    guarded.world.migrate(old)
    await guarded.rest()
    assert guarded.work is not None
    assert [group.group_id for group in guarded.work.bot.guarded.groups] == [guarded.group]


async def test_a_required_group_keeps_counting_under_its_new_id(guarded: Stage) -> None:
    """Where the old id is named the new one is from then on, and it is asked about."""
    old = guarded.world.create_group(guarded.owner, "Little")
    guarded.world.add_bot_to_chat(old, guarded.bot_id, guarded.owner)
    await guarded.rest()
    await require(guarded, old)
    insider = guarded.person("Ina", joined=False)
    guarded.world.join(insider, old)
    new = guarded.world.migrate(old)
    await guarded.rest()
    guarded.world.join(insider, guarded.group)
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert guarded.muted(stranger)
    assert not guarded.muted(insider)
    assert guarded.calls("getChatMember", user_id=stranger, chat_id=old) == []
    assert len(guarded.calls("getChatMember", user_id=stranger, chat_id=new)) == 1


async def test_a_migration_that_is_told_backwards_is_followed_too(guarded: Stage) -> None:
    """The two halves come in any order."""
    old = guarded.world.create_group(guarded.owner, "Little")
    guarded.world.add_bot_to_chat(old, guarded.bot_id, guarded.owner)
    await guarded.rest()
    await require(guarded, old)
    guarded.simulator.faults.add(Fault(kind=FaultKind.REORDER_UPDATE, update="message", chat=old, times=1))
    new = guarded.world.migrate(old)
    await guarded.rest()
    assert guarded.work is not None
    assert guarded.work.bot.guarded.groups[0].rule.channels == (new,)


async def require(stage: Stage, chat: int) -> None:
    """Make a chat that /protect refuses (a basic group) the one that the group requires."""
    assert stage.work is not None
    group = Group(
        group_id=GroupId(stage.group),
        owner_id=UserId(stage.owner),
        title="The <Group>",
        rule=Rule((ChannelId(chat),)),
    )
    channel = Channel(ChannelId(chat), "Little")
    await stage.work.bot.ledger.write(Changes(groups=(group,), channels=(channel,)))
