"""Mistakes that only a simulation came upon, each as the shortest story that shows it."""

from __future__ import annotations

import msgspec
import pytest
from tests.e2e.gate.dialogue import group_of
from tests.fixtures.mishaps import SILENCE, as_the_bot, fail, held, lose_events
from tests.fixtures.stage import BOT_RIGHTS, Stage

from gmbot.domain.group import PauseReason
from gmbot.domain.hold import EndReason, Hold, hold_end
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.standing import PERMISSIONS
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.hear_news import LOOK_EVERY_S
from gmbot.gate.intents import Owed, SettleEverywhere
from gmbot.gate.pause_group import pause_group
from gmbot.simulator import Fault, FaultKind

LATER_S = 3_600


async def test_a_ban_that_is_given_back_is_not_taken_away_again(guarded: Stage) -> None:
    """An admin mutes, then bans; whatever of that our calls replaced, the ban is what stays."""
    ann = guarded.person("Ann")
    guarded.world.mute(guarded.group, ann, guarded.owner, int(guarded.clock.now()) + LATER_S)
    await guarded.rest()
    as_the_bot(guarded, "banChatMember", user_id=ann)
    await guarded.rest()
    assert guarded.world.member(guarded.group, ann).status == "kicked"


async def test_two_restrictions_are_not_given_back_in_turns(guarded: Stage) -> None:
    """Giving back one of an admin's restrictions over another is the end of it."""
    ann = guarded.person("Ann")
    guarded.world.mute(guarded.group, ann, guarded.owner, int(guarded.clock.now()) + LATER_S)
    await guarded.rest()
    mute = {"permissions": {"can_send_messages": False}, "until_date": int(guarded.clock.now()) + 2 * LATER_S}
    as_the_bot(guarded, "restrictChatMember", user_id=ann, **mute)
    await guarded.rest()
    assert not guarded.calls("restrictChatMember", user_id=ann)


async def test_a_release_that_rights_forbade_is_made_when_they_return_though_the_brake_is_on(
    guarded: Stage,
) -> None:
    """A group that is paused for a mass flip says nothing of the rights that the bot lost meanwhile."""
    ann = guarded.person("Ann")
    await guarded.rest()
    assert guarded.muted(ann)
    assert guarded.work is not None
    group = group_of(guarded)
    assert group is not None
    await pause_group(guarded.work.bot, group, PauseReason.MASS_FLIP)
    guarded.world.promote(guarded.group, guarded.bot_id, guarded.owner, {"can_delete_messages"})
    guarded.world.subscribe(ann, guarded.channel)
    await guarded.rest()
    guarded.world.promote(guarded.group, guarded.bot_id, guarded.owner, BOT_RIGHTS)
    await guarded.rest()
    assert not guarded.muted(ann)
    assert await guarded.work.bot.store.holds_of(UserId(ann)) == []


async def test_a_release_whose_maker_died_is_known_by_its_echo(guarded: Stage) -> None:
    """Nobody is taken for held who is free, though the hold and its end share a second."""
    ann = guarded.person("Ann")
    await guarded.rest()
    assert guarded.muted(ann)
    as_the_bot(guarded, "restrictChatMember", user_id=ann, permissions=dict.fromkeys(PERMISSIONS, True))
    await guarded.rest()
    assert guarded.muted(ann)


async def test_the_echo_of_a_release_does_not_end_the_hold_that_follows_it(guarded: Stage) -> None:
    """Both have the same end, and share a second; what seems ended is not made good when the bot returns."""
    ann = guarded.person("Ann")
    await guarded.rest()
    hold = await guarded.hold_of(ann)
    assert isinstance(hold, Hold)
    await guarded.stop()
    as_the_bot(guarded, "restrictChatMember", user_id=ann, permissions=dict.fromkeys(PERMISSIONS, True))
    as_the_bot(guarded, "restrictChatMember", user_id=ann, permissions=SILENCE, until_date=hold.until)
    guarded.world.kick(guarded.group, guarded.bot_id, guarded.owner)
    await guarded.start()
    guarded.world.subscribe(ann, guarded.channel)
    await guarded.rest()
    guarded.world.add_bot_to_chat(guarded.group, guarded.bot_id, guarded.owner, rights=BOT_RIGHTS)
    await guarded.rest()
    assert not guarded.muted(ann)


async def test_a_pardon_ends_when_somebody_leaves_not_when_that_is_heard(guarded: Stage) -> None:
    """A late call that holds them again, after they came back, is not taken for older than that."""
    ann = await held(guarded)
    guarded.world.unmute(guarded.group, ann, guarded.owner)
    await guarded.rest()
    await guarded.stop()
    left_at = int(guarded.clock.now())
    guarded.world.leave(ann, guarded.group)
    guarded.clock.set(left_at + 30.0)
    await guarded.start()
    hold = await guarded.hold_of(ann)
    assert isinstance(hold, Hold)
    assert (hold.end, hold.ended_at) == (EndReason.LEFT, left_at)


async def test_whom_an_admin_frees_is_free_though_a_late_call_holds_them_again(guarded: Stage) -> None:
    """The pardon is heard of only after that call."""
    ann = await held(guarded)
    hold = await guarded.hold_of(ann)
    assert isinstance(hold, Hold)
    await guarded.stop()
    guarded.world.unmute(guarded.group, ann, guarded.owner)
    guarded.clock.set(guarded.clock.now() + 2)
    as_the_bot(guarded, "restrictChatMember", user_id=ann, permissions=SILENCE, until_date=hold.until)
    guarded.clock.set(guarded.clock.now() + 2)
    await guarded.start()
    assert not guarded.muted(ann)


async def test_a_pardon_ends_with_a_ban(guarded: Stage) -> None:
    """Even if whoever is banned had left before."""
    ann = await held(guarded)
    guarded.world.leave(ann, guarded.group)
    guarded.world.mute(guarded.group, ann, guarded.owner, permissions=["can_send_messages"])
    await guarded.rest()
    guarded.world.ban(guarded.group, ann, guarded.owner)
    guarded.world.unban(guarded.group, ann, guarded.owner)
    guarded.world.join(ann, guarded.group)
    await guarded.rest()
    assert guarded.muted(ann)


async def test_an_admins_last_word_is_not_overwritten_by_giving_back_an_earlier_one(guarded: Stage) -> None:
    """They restrict somebody, our call replaces that, and they mute them: muted is what they stay."""
    ann = guarded.person("Ann", subscribed=True)
    await guarded.stop()
    until = int(guarded.clock.now()) + LATER_S
    guarded.world.mute(guarded.group, ann, guarded.owner, until, ["can_send_messages"])
    mark = hold_end(GroupId(guarded.group), UserId(ann), guarded.clock.now())
    as_the_bot(guarded, "restrictChatMember", user_id=ann, permissions=SILENCE, until_date=mark)
    guarded.world.mute(guarded.group, ann, guarded.owner)
    await guarded.start()
    now = guarded.world.member(guarded.group, ann)
    assert (now.permissions, now.until_date) == (frozenset(), 0)


async def test_an_admins_last_word_is_given_back_though_an_earlier_one_just_was(guarded: Stage) -> None:
    """Another process did that: what we gave back ourselves is not an admin's decision."""
    ann = guarded.person("Ann", subscribed=True)
    await guarded.stop()
    until = int(guarded.clock.now()) + LATER_S
    mark = hold_end(GroupId(guarded.group), UserId(ann), guarded.clock.now())
    late = {"user_id": ann, "permissions": SILENCE, "until_date": mark}
    guarded.world.mute(guarded.group, ann, guarded.owner, until, ["can_send_messages"])
    as_the_bot(guarded, "restrictChatMember", **late)
    guarded.world.mute(guarded.group, ann, guarded.owner)
    as_the_bot(guarded, "restrictChatMember", **late)
    earlier = {"permissions": {"can_send_messages": True}, "until_date": until}
    as_the_bot(guarded, "restrictChatMember", user_id=ann, **earlier)
    await guarded.start()
    await guarded.advance(60)
    now = guarded.world.member(guarded.group, ann)
    assert (now.permissions, now.until_date) == (frozenset(), 0)


async def test_nobody_is_named_who_left_before_they_were_held(guarded: Stage) -> None:
    """Only the answer to a question tells that they have left."""
    lose_events(guarded, guarded.group)
    await guarded.stop()
    ann = guarded.person("Ann")
    guarded.world.say(ann, guarded.group, "Good bye")
    guarded.world.leave(ann, guarded.group)
    await guarded.start()
    assert guarded.calls("restrictChatMember", user_id=ann)
    assert not [call for call in guarded.calls("sendMessage") if "Ann" in str(call.arguments["text"])]


async def test_who_only_seemed_to_have_left_is_told(guarded: Stage) -> None:
    """Telegram's answer was an old one; what comes back of our own call is not."""
    lost = lose_events(guarded, guarded.group)
    await guarded.stop()
    ann = guarded.person("Ann")
    guarded.world.say(ann, guarded.group, "Hello")
    guarded.simulator.faults.remove(lost)
    guarded.simulator.faults.add(Fault(kind=FaultKind.STALE_MEMBER, chat=guarded.group, times=1))
    await guarded.start()
    assert guarded.muted(ann)
    assert len(guarded.prompts()) == 1


async def test_nobody_is_told_who_only_seemed_to_be_there(guarded: Stage) -> None:
    """Telegram's answer was an old one; what comes back of our own call tells that they have left."""
    lost = lose_events(guarded, guarded.group)
    await guarded.stop()
    ann = guarded.person("Ann")
    guarded.world.say(ann, guarded.group, "Good bye")
    guarded.world.leave(ann, guarded.group)
    guarded.simulator.faults.remove(lost)
    guarded.simulator.faults.add(Fault(kind=FaultKind.STALE_MEMBER, chat=guarded.group, times=1))
    await guarded.start()
    assert guarded.calls("restrictChatMember", user_id=ann)
    assert guarded.prompts() == []


async def test_a_tap_that_could_not_be_answered_is_taken_up_again(guarded: Stage) -> None:
    """Somebody is muted by a call that nobody knows of, and says so."""
    guarded.person("Bob")
    ann = await held(guarded)
    (prompt,) = guarded.prompts()
    hold = await guarded.hold_of(ann)
    assert isinstance(hold, Hold)
    guarded.world.subscribe(ann, guarded.channel)
    await guarded.advance(10)
    lost = lose_events(guarded, guarded.group)
    as_the_bot(guarded, "restrictChatMember", user_id=ann, permissions=SILENCE, until_date=hold.until)
    guarded.simulator.faults.remove(lost)
    assert guarded.muted(ann)
    fail(guarded, FaultKind.SERVER_ERROR, "restrictChatMember", times=1)
    guarded.tap(ann, prompt)
    await guarded.rest()
    await guarded.advance(5)
    assert not guarded.muted(ann)


@pytest.mark.parametrize("rights", [{"can_delete_messages"}, None])
async def test_a_ban_is_given_back_though_the_bot_loses_its_rights_meanwhile(
    guarded: Stage, rights: set[str] | None
) -> None:
    """Our call has undone it: whoever can do nothing about that now does it later."""
    ann = await held(guarded)
    hold = await guarded.hold_of(ann)
    assert isinstance(hold, Hold)
    await guarded.stop()
    guarded.world.ban(guarded.group, ann, guarded.owner)
    as_the_bot(guarded, "restrictChatMember", user_id=ann, permissions=SILENCE, until_date=hold.until)
    if rights is None:
        guarded.world.kick(guarded.group, guarded.bot_id, guarded.owner)
    else:
        guarded.world.promote(guarded.group, guarded.bot_id, guarded.owner, rights)
    await guarded.start()
    await guarded.advance(20)
    assert guarded.world.member(guarded.group, ann).status == "restricted"
    guarded.world.add_bot_to_chat(guarded.group, guarded.bot_id, guarded.owner, rights=BOT_RIGHTS)
    await guarded.advance(120)
    assert guarded.world.member(guarded.group, ann).status == "kicked"


async def test_what_a_process_protects_last_is_guarded_by_its_successor(guarded: Stage) -> None:
    """They share nothing but the store, and nobody tells."""
    assert guarded.work is not None
    group, channel = group_of(guarded), guarded.work.bot.guarded.channel(guarded.channel)
    assert group is not None
    assert channel is not None
    await guarded.unprotect()
    assert group_of(guarded) is None
    await guarded.work.bot.store.apply(Changes(groups=(group,), channels=(channel,)))
    await guarded.advance(LOOK_EVERY_S)
    sam = guarded.person("Sam")
    await guarded.rest()
    assert guarded.muted(sam)


async def test_what_a_process_hands_to_its_successor_is_done_whatever_that_remembers(guarded: Stage) -> None:
    """One heard that somebody left the channel, the other still has them as subscribed."""
    ann = guarded.person("Ann", subscribed=True)
    await guarded.rest()
    guarded.world.say(ann, guarded.group, "Hello")
    await guarded.rest()
    lose_events(guarded, guarded.channel)
    guarded.world.unsubscribe(ann, guarded.channel)
    assert guarded.work is not None
    now, channel = guarded.clock.now(), ChannelId(guarded.channel)
    out = Membership(Stamp(int(now), Source.EVENT, 10**9), MembershipState.OUT)
    handed = Owed(SettleEverywhere(channel, UserId(ann), fell=True), now, now, 1)
    await guarded.work.bot.store.apply(
        Changes(memberships=(LearntMembership(UserId(ann), channel, out),), owed=(handed,))
    )
    await guarded.advance(60)
    assert guarded.muted(ann)


async def test_a_hold_is_no_younger_than_what_took_its_place(guarded: Stage) -> None:
    """Whoever placed it had a clock that was ahead of Telegram's: an admin's mute seemed to come before."""
    ann = await held(guarded)
    hold = await guarded.hold_of(ann)
    assert isinstance(hold, Hold)
    assert guarded.work is not None
    ahead = msgspec.structs.replace(hold, at=guarded.clock.now() + 1, revision=hold.revision + 1)
    assert await guarded.work.bot.ledger.write(Changes(holds=(ahead,)))
    guarded.world.mute(guarded.group, ann, guarded.owner, int(guarded.clock.now()) + LATER_S)
    await guarded.rest()
    assert guarded.prompts() == []
    ended = await guarded.hold_of(ann)
    assert isinstance(ended, Hold)
    assert ended.end is EndReason.TAKEN_OVER


async def test_nobody_is_named_whose_mute_is_an_admins_again(guarded: Stage) -> None:
    """Our call replaced the mute of an admin's; with what is given back the message goes."""
    ann = await held(guarded)
    hold = await guarded.hold_of(ann)
    assert isinstance(hold, Hold)
    until = int(guarded.clock.now()) + LATER_S
    lost = lose_events(guarded, guarded.group)
    guarded.world.mute(guarded.group, ann, guarded.owner, until)
    guarded.simulator.faults.remove(lost)
    as_the_bot(guarded, "restrictChatMember", user_id=ann, permissions=SILENCE, until_date=hold.until)
    await guarded.rest()
    assert guarded.world.member(guarded.group, ann).until_date == until
    assert guarded.prompts() == []
