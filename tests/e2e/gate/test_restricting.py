"""SEMANTICS, restrictChatMember: GMBot's mutes, everybody else's, and who is in charge."""

from __future__ import annotations

import pytest
from tests.fixtures.mishaps import fail, held, lose_events, mend, mutes, slow
from tests.fixtures.stage import Stage

from gmbot.simulator import FaultKind
from gmbot.simulator.rights import ALL_PERMISSIONS

TEXT_ONLY = frozenset({"can_send_messages"})


def status(stage: Stage, user: int) -> str:
    """Return what somebody is in the group."""
    return stage.world.member(stage.group, user).status


async def test_a_mute_takes_the_voice_and_nothing_is_spelt_out(guarded: Stage) -> None:
    """`{"can_send_messages": false}` with an end: what is missing is false."""
    stranger = await held(guarded)
    call = guarded.calls("restrictChatMember", user_id=stranger)[0]
    assert call.arguments["permissions"] == {"can_send_messages": False}
    assert guarded.world.member(guarded.group, stranger).permissions == frozenset()


async def test_a_release_gives_every_permission(guarded: Stage) -> None:
    """All 16 true makes a plain member again; fewer would leave a restriction for ever."""
    stranger = await held(guarded)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    call = guarded.calls("restrictChatMember", user_id=stranger)[-1]
    assert call.arguments["permissions"] == dict.fromkeys(ALL_PERMISSIONS, True)
    assert status(guarded, stranger) == "member"


async def test_a_ban_while_held_is_not_lifted_by_a_subscription(guarded: Stage) -> None:
    """Restricting somebody banned would un-ban them."""
    stranger = await held(guarded)
    guarded.world.ban(guarded.group, stranger, guarded.owner)
    await guarded.rest()
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.advance(60)
    assert status(guarded, stranger) == "kicked"
    assert len(guarded.calls("restrictChatMember", user_id=stranger)) == 1


async def test_a_ban_that_was_not_heard_of_is_not_lifted_either(guarded: Stage) -> None:
    """Before a restriction is touched GMBot looks."""
    stranger = await held(guarded)
    lose_events(guarded, guarded.group)
    guarded.world.ban(guarded.group, stranger, guarded.owner)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.advance(60)
    assert status(guarded, stranger) == "kicked"


async def test_a_banned_person_who_taps_verify_stays_banned(guarded: Stage) -> None:
    """A tap is no way back in."""
    stranger = await held(guarded)
    prompt = guarded.prompts()[0]
    lose_events(guarded, guarded.group)
    lose_events(guarded, guarded.channel)
    guarded.world.ban(guarded.group, stranger, guarded.owner)
    guarded.world.subscribe(stranger, guarded.channel)
    guarded.tap(stranger, prompt)
    await guarded.advance(60)
    assert status(guarded, stranger) == "kicked"


async def test_unprotecting_does_not_lift_a_ban(guarded: Stage) -> None:
    """Whoever was banned while held is not among those released."""
    stranger = await held(guarded)
    lose_events(guarded, guarded.group)
    guarded.world.ban(guarded.group, stranger, guarded.owner)
    guarded.world.demote(guarded.channel, guarded.bot_id, guarded.owner)
    await guarded.advance(60)
    assert status(guarded, stranger) == "kicked"


async def test_a_ban_that_races_with_a_hold_is_given_back(guarded: Stage) -> None:
    """The mute was on its way when the admin banned; it un-bans, and GMBot bans again."""
    slow(guarded, "restrictChatMember")
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.ban(guarded.group, stranger, guarded.owner)
    await guarded.advance(5)
    mend(guarded)
    await guarded.advance(30)
    assert status(guarded, stranger) == "kicked"


async def test_a_ban_that_races_with_a_release_is_given_back(guarded: Stage) -> None:
    """The same on the way out."""
    stranger = await held(guarded)
    slow(guarded, "restrictChatMember")
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    guarded.world.ban(guarded.group, stranger, guarded.owner)
    await guarded.advance(5)
    mend(guarded)
    await guarded.advance(30)
    assert status(guarded, stranger) == "kicked"


async def test_a_timed_ban_is_given_back_with_its_end(guarded: Stage) -> None:
    """A ban for an hour does not become one for ever."""
    until = int(guarded.clock.now()) + 3600
    slow(guarded, "restrictChatMember")
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.ban(guarded.group, stranger, guarded.owner, until_date=until)
    await guarded.advance(5)
    mend(guarded)
    await guarded.advance(30)
    assert guarded.world.member(guarded.group, stranger).until_date == until


async def test_a_ban_that_was_about_to_end_is_not_given_back_for_ever(guarded: Stage) -> None:
    """Telegram takes an end nearer than 30 seconds for "for ever"."""
    slow(guarded, "restrictChatMember")
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.ban(guarded.group, stranger, guarded.owner, until_date=int(guarded.clock.now()) + 31)
    await guarded.advance(5)
    mend(guarded)
    await guarded.advance(300)
    assert status(guarded, stranger) != "kicked"


async def test_an_admins_mute_that_races_with_a_hold_is_given_back(guarded: Stage) -> None:
    """There is one restriction a person, and the admin's counts for more."""
    slow(guarded, "restrictChatMember")
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.mute(guarded.group, stranger, guarded.owner)
    await guarded.advance(5)
    mend(guarded)
    await guarded.advance(30)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.advance(30)
    assert guarded.muted(stranger)
    assert guarded.world.member(guarded.group, stranger).until_date == 0


async def test_an_admins_mute_that_races_with_a_release_is_given_back(guarded: Stage) -> None:
    """Subscribing at the right moment is no way out of an admin's mute."""
    stranger = await held(guarded)
    slow(guarded, "restrictChatMember")
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    guarded.world.mute(guarded.group, stranger, guarded.owner)
    await guarded.advance(5)
    mend(guarded)
    await guarded.advance(30)
    assert guarded.muted(stranger)


async def test_a_partial_restriction_that_races_with_a_release_is_given_back(guarded: Stage) -> None:
    """The admin allowed text and nothing else: text and nothing else it is."""
    stranger = await held(guarded)
    slow(guarded, "restrictChatMember")
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    guarded.world.mute(guarded.group, stranger, guarded.owner, permissions=TEXT_ONLY)
    await guarded.advance(5)
    mend(guarded)
    await guarded.advance(30)
    assert guarded.world.member(guarded.group, stranger).permissions == TEXT_ONLY


async def test_an_admins_mute_before_is_not_touched(guarded: Stage) -> None:
    """Whoever an admin silenced already need not be silenced by GMBot."""
    stranger = guarded.person("Sam", joined=False)
    guarded.world.join(stranger, guarded.group)
    guarded.world.mute(guarded.group, stranger, guarded.owner)
    await guarded.rest()
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.advance(30)
    assert guarded.muted(stranger)
    assert guarded.calls("restrictChatMember", user_id=stranger) == []


async def test_an_admins_mute_after_the_hold_outlives_the_subscription(guarded: Stage) -> None:
    """When somebody else restricts: hands off."""
    stranger = await held(guarded)
    guarded.world.mute(guarded.group, stranger, guarded.owner)
    await guarded.advance(10)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.advance(30)
    assert guarded.muted(stranger)
    assert len(guarded.calls("restrictChatMember", user_id=stranger)) == 1


async def test_an_admins_mute_that_was_not_heard_of_outlives_the_subscription(guarded: Stage) -> None:
    """The end of a restriction tells whose it is."""
    stranger = await held(guarded)
    lose_events(guarded, guarded.group)
    guarded.world.mute(guarded.group, stranger, guarded.owner)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.advance(30)
    assert guarded.muted(stranger)
    assert len(guarded.calls("restrictChatMember", user_id=stranger)) == 1


async def test_an_admins_timed_mute_keeps_its_end(guarded: Stage) -> None:
    """Neither shortened nor prolonged."""
    stranger = await held(guarded)
    until = int(guarded.clock.now()) + 600
    guarded.world.mute(guarded.group, stranger, guarded.owner, until_date=until)
    await guarded.rest()
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.advance(30)
    assert guarded.world.member(guarded.group, stranger).until_date == until


async def test_a_partial_restriction_is_given_back_on_release(guarded: Stage) -> None:
    """The person gets what they had, no more and no less."""
    stranger = guarded.person("Sam", joined=False)
    until = int(guarded.clock.now()) + 86_400
    guarded.world.join(stranger, guarded.group)
    guarded.world.mute(guarded.group, stranger, guarded.owner, until, TEXT_ONLY)
    await guarded.rest()
    assert guarded.muted(stranger)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    given_back = guarded.world.member(guarded.group, stranger)
    assert (given_back.permissions, given_back.until_date) == (TEXT_ONLY, until)


async def test_unmuting_by_hand_is_a_pardon(guarded: Stage) -> None:
    """An admin who frees somebody means it: they may write, subscribed or not."""
    stranger = await held(guarded)
    guarded.world.unmute(guarded.group, stranger, guarded.owner)
    await guarded.rest()
    message = guarded.world.say(stranger, guarded.group)
    await guarded.advance(120)
    assert not guarded.muted(stranger)
    assert guarded.world.message(guarded.group, message.id) is not None
    assert guarded.prompts() == []


async def test_a_pardon_outlives_the_channels_news_and_a_restart(guarded: Stage) -> None:
    """Subscribing and leaving again changes nothing for somebody pardoned."""
    stranger = await held(guarded)
    guarded.world.unmute(guarded.group, stranger, guarded.owner)
    await guarded.rest()
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.stop()
    await guarded.start()
    guarded.world.unsubscribe(stranger, guarded.channel)
    await guarded.rest()
    guarded.world.say(stranger, guarded.group)
    await guarded.advance(60)
    assert not guarded.muted(stranger)


async def test_a_pardon_ends_when_the_person_leaves(guarded: Stage) -> None:
    """Who comes again is new."""
    stranger = await held(guarded)
    guarded.world.unmute(guarded.group, stranger, guarded.owner)
    await guarded.advance(5)
    guarded.world.leave(stranger, guarded.group)
    await guarded.advance(5)
    guarded.world.join(stranger, guarded.group)
    await guarded.rest()
    assert guarded.muted(stranger)


async def test_the_groups_owner_and_admins_are_never_restricted(guarded: Stage) -> None:
    """Whether they write or leave the channel."""
    admin = guarded.person("Ada", joined=False)
    guarded.world.promote(guarded.group, admin, guarded.owner)
    for person in (admin, guarded.owner):
        guarded.world.say(person, guarded.group)
    await guarded.rest()
    guarded.world.subscribe(admin, guarded.channel)
    guarded.world.unsubscribe(admin, guarded.channel)
    await guarded.advance(10)
    assert guarded.calls("restrictChatMember") == []
    assert guarded.calls("deleteMessage") == []


async def test_an_admin_whom_gmbot_takes_for_a_member_comes_to_no_harm(guarded: Stage) -> None:
    """The promotion was not heard of: Telegram's answer is believed, and nothing of theirs is deleted."""
    member = guarded.person("Mia", subscribed=True)
    await guarded.advance(10)
    lose_events(guarded, guarded.group)
    guarded.world.promote(guarded.group, member, guarded.owner)
    guarded.world.unsubscribe(member, guarded.channel)
    await guarded.advance(10)
    message = guarded.world.say(member, guarded.group)
    await guarded.advance(10)
    assert status(guarded, member) == "administrator"
    assert guarded.world.message(guarded.group, message.id) is not None
    assert mutes(guarded, member) == 0


async def test_somebody_promoted_while_held_is_not_held_any_more(guarded: Stage) -> None:
    """The promotion replaced the mute; the prompt goes."""
    stranger = await held(guarded)
    guarded.world.promote(guarded.group, stranger, guarded.owner)
    await guarded.rest()
    guarded.world.say(stranger, guarded.group)
    await guarded.advance(10)
    assert status(guarded, stranger) == "administrator"
    assert guarded.prompts() == []


async def test_an_admin_who_is_demoted_is_judged_like_anybody(guarded: Stage) -> None:
    """Held if not subscribed; left alone if they are."""
    admins = [guarded.person(name, joined=False, subscribed=name == "Ada") for name in ("Ada", "Abe")]
    for admin in admins:
        guarded.world.promote(guarded.group, admin, guarded.owner)
    await guarded.rest()
    for admin in admins:
        guarded.world.demote(guarded.group, admin, guarded.owner)
    await guarded.rest()
    assert [guarded.muted(admin) for admin in admins] == [False, True]


async def test_gmbot_never_unbans_anybody(guarded: Stage) -> None:
    """`unbanChatMember` would remove a member or let a banned person in: it is not called at all."""
    stranger = await held(guarded)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    assert guarded.calls("unbanChatMember") == []


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.TOO_MANY_REQUESTS, FaultKind.RESET])
async def test_a_ban_is_given_back_even_if_that_fails_at_first(guarded: Stage, kind: FaultKind) -> None:
    """It is owed like everything else."""
    slow(guarded, "restrictChatMember")
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.ban(guarded.group, stranger, guarded.owner)
    fail(guarded, kind, "banChatMember", times=2)
    await guarded.advance(5)
    await guarded.advance(60)
    assert status(guarded, stranger) == "kicked"
