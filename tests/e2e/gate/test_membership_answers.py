"""SEMANTICS, getChatMember: what each answer, and each want of one, does to people."""

from __future__ import annotations

import pytest
from tests.fixtures.mishaps import lose_events, mutes
from tests.fixtures.stage import CHANNEL_RIGHTS, Stage

from gmbot.simulator import Fault, FaultKind

TRANSIENT = (FaultKind.TOO_MANY_REQUESTS, FaultKind.SERVER_ERROR, FaultKind.RESET)
HEALED_S = 130
"""Longer than the longest pause between two attempts."""


def asking_fails(stage: Stage, kind: FaultKind, *, chat: int | None = None, times: int | None = None) -> int:
    """Have getChatMember fail about the channel, or another chat."""
    where = stage.channel if chat is None else chat
    return stage.simulator.faults.add(Fault(kind=kind, method="getChatMember", chat=where, times=times))


def channel_warnings(stage: Stage, chat: int) -> int:
    """Count what was said about the channel being out of sight."""
    return sum("can no longer see" in message.text for message in stage.said(chat))


async def test_whoever_never_joined_is_out_without_any_error(guarded: Stage) -> None:
    """Telegram answers `left` about a stranger to the channel."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert guarded.muted(stranger)
    assert [call.status for call in guarded.calls("getChatMember", chat_id=guarded.channel)] == [200]


async def test_owner_and_admins_of_the_channel_are_in(guarded: Stage) -> None:
    """`creator` and `administrator` of a channel count as subscribed."""
    editor = guarded.person("Ed", joined=False)
    guarded.world.promote(guarded.channel, editor, guarded.owner)
    guarded.world.join(editor, guarded.group)
    await guarded.rest()
    assert not guarded.muted(editor)


async def test_somebody_banned_from_the_channel_is_out(guarded: Stage) -> None:
    """`kicked` is no membership."""
    outcast = guarded.person("Oz", joined=False)
    guarded.world.ban(guarded.channel, outcast, guarded.owner)
    guarded.world.join(outcast, guarded.group)
    await guarded.rest()
    assert guarded.muted(outcast)


async def test_a_ban_from_the_channel_holds_a_member(guarded: Stage) -> None:
    """The channel's `chat_member` says so, whoever ended the subscription."""
    member = guarded.person("Mia", subscribed=True)
    await guarded.rest()
    guarded.world.ban(guarded.channel, member, guarded.owner)
    await guarded.rest()
    assert guarded.muted(member)


async def test_a_restricted_member_of_a_required_group_is_in(stage: Stage) -> None:
    """`restricted` with `is_member` is membership, even when muted there."""
    lounge = required_lounge(stage)
    guest = stage.person("Gil", joined=False)
    stage.world.join(guest, lounge)
    stage.world.mute(lounge, guest, stage.owner)
    await protect_with_lounge(stage)
    stage.world.join(guest, stage.group)
    await stage.rest()
    assert not stage.muted(guest)


async def test_a_restricted_person_who_left_a_required_group_is_out(stage: Stage) -> None:
    """`restricted` without `is_member` is none."""
    lounge = required_lounge(stage)
    guest = stage.person("Gil", joined=False)
    stage.world.join(guest, lounge)
    stage.world.mute(lounge, guest, stage.owner)
    stage.world.leave(guest, lounge)
    await protect_with_lounge(stage)
    stage.world.join(guest, stage.group)
    await stage.rest()
    assert stage.muted(guest)


async def test_participant_id_invalid_once_is_asked_again_at_once(guarded: Stage) -> None:
    """It is seen at random for valid pairs; the repetition brings the right verdict."""
    asking_fails(guarded, FaultKind.PARTICIPANT_ID_INVALID, times=1)
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert guarded.muted(stranger)


async def test_participant_id_invalid_for_ever_mutes_nobody(guarded: Stage) -> None:
    """Twice the same answer means unknown, and unknown never mutes."""
    asking_fails(guarded, FaultKind.PARTICIPANT_ID_INVALID)
    people = [guarded.person(f"P{n}") for n in range(5)]
    await guarded.rest()
    await guarded.advance(300)
    assert not any(guarded.muted(person) for person in people)
    assert guarded.calls("restrictChatMember") == []


async def test_participant_id_invalid_never_keeps_a_message_out(guarded: Stage) -> None:
    """What somebody unknown writes stays."""
    asking_fails(guarded, FaultKind.PARTICIPANT_ID_INVALID)
    stranger = guarded.person("Sam")
    message = guarded.world.say(stranger, guarded.group)
    await guarded.rest()
    assert guarded.world.message(guarded.group, message.id) is not None


async def test_participant_id_invalid_about_the_group_keeps_nobody_muted(guarded: Stage) -> None:
    """Whoever qualifies is freed once Telegram can see them in the group again."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    fault = asking_fails(guarded, FaultKind.PARTICIPANT_ID_INVALID, chat=guarded.group)
    await guarded.advance(10)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    guarded.simulator.faults.remove(fault)
    await guarded.advance(HEALED_S)
    assert not guarded.muted(stranger)


async def test_a_deleted_account_is_unknown_and_nobody_is_muted_for_it(guarded: Stage) -> None:
    """`user not found` is not "left"."""
    ghost = guarded.person("Gus")
    guarded.world.deactivate(ghost)
    await guarded.rest()
    await guarded.advance(60)
    assert guarded.calls("restrictChatMember") == []


@pytest.mark.parametrize("kind", TRANSIENT)
async def test_no_answer_mutes_nobody_and_is_settled_after_healing(guarded: Stage, kind: FaultKind) -> None:
    """429, 5xx and lost connections are unknown until Telegram answers."""
    fault = asking_fails(guarded, kind)
    stranger, member = guarded.person("Sam"), guarded.person("Mia", joined=False)
    guarded.world.subscribe(member, guarded.channel)
    guarded.world.join(member, guarded.group)
    await guarded.rest()
    await guarded.advance(30)
    assert guarded.calls("restrictChatMember") == []
    guarded.simulator.faults.remove(fault)
    await guarded.advance(HEALED_S)
    assert guarded.muted(stranger)
    assert not guarded.muted(member)


async def test_a_question_that_hangs_mutes_nobody_and_is_settled_after_healing(guarded: Stage) -> None:
    """Waiting has an end, and then it is like any other want of an answer."""
    fault = asking_fails(guarded, FaultKind.HANG)
    stranger = guarded.person("Sam")
    await guarded.rest()
    await guarded.advance(15)
    assert not guarded.muted(stranger)
    guarded.simulator.faults.remove(fault)
    await guarded.advance(HEALED_S)
    assert guarded.muted(stranger)


@pytest.mark.parametrize("kind", [*TRANSIENT, FaultKind.HANG])
async def test_no_answer_keeps_those_held_held_and_then_frees_them(guarded: Stage, kind: FaultKind) -> None:
    """Unknown unmutes nobody either; whoever joined meanwhile is free when Telegram answers again."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    fault = guarded.simulator.faults.add(Fault(kind=kind, method="getChatMember"))
    await guarded.advance(5)
    assert guarded.muted(stranger)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.advance(30)
    guarded.simulator.faults.remove(fault)
    await guarded.advance(60)
    assert not guarded.muted(stranger)


async def test_a_channel_out_of_sight_counts_against_nobody(guarded: Stage) -> None:
    """`member list is inaccessible`: it is our trouble, not the newcomer's."""
    lose_events(guarded, guarded.channel, "my_chat_member")
    guarded.world.demote(guarded.channel, guarded.bot_id, guarded.owner)
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert not guarded.muted(stranger)
    assert guarded.calls("getChatMember", chat_id=guarded.channel)[-1].status == 400


async def test_a_channel_that_the_bot_was_thrown_out_of_counts_against_nobody(guarded: Stage) -> None:
    """403 `bot was kicked from the channel chat`."""
    lose_events(guarded, guarded.channel, "my_chat_member")
    guarded.world.ban(guarded.channel, guarded.bot_id, guarded.owner)
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert not guarded.muted(stranger)
    assert guarded.calls("getChatMember", chat_id=guarded.channel)[-1].status == 403


async def test_a_channel_that_is_gone_counts_against_nobody(guarded: Stage) -> None:
    """A deleted channel cannot be joined, so nobody has to."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.destroy(guarded.channel)
    await guarded.advance(61)
    other = guarded.person("Tom")
    await guarded.rest()
    assert not guarded.muted(other)
    assert not guarded.muted(stranger)


async def test_admins_and_owner_are_told_once_of_a_channel_out_of_sight(guarded: Stage) -> None:
    """However many people show it, and whether or not the update says it too."""
    guarded.world.start_private(guarded.owner, guarded.bot_id)
    guarded.world.demote(guarded.channel, guarded.bot_id, guarded.owner)
    for n in range(20):
        guarded.person(f"P{n}")
    await guarded.rest()
    await guarded.advance(120)
    assert channel_warnings(guarded, guarded.group) == 1
    assert channel_warnings(guarded, guarded.owner) == 1


async def test_those_held_are_released_when_the_channel_gets_out_of_sight(guarded: Stage) -> None:
    """Nobody is kept silent for what cannot be checked."""
    people = [guarded.person(f"P{n}") for n in range(3)]
    await guarded.rest()
    guarded.world.demote(guarded.channel, guarded.bot_id, guarded.owner)
    await guarded.rest()
    assert not any(guarded.muted(person) for person in people)
    assert guarded.prompts() == []


async def test_a_channel_counts_again_when_the_rights_return(guarded: Stage) -> None:
    """The bot's promotion heals it without anybody's help."""
    guarded.world.demote(guarded.channel, guarded.bot_id, guarded.owner)
    await guarded.rest()
    early = guarded.person("Eve")
    await guarded.rest()
    guarded.world.promote(guarded.channel, guarded.bot_id, guarded.owner, rights=CHANNEL_RIGHTS)
    await guarded.rest()
    late = guarded.person("Lou")
    guarded.world.say(early, guarded.group)
    await guarded.rest()
    assert guarded.muted(late)
    assert guarded.muted(early)


async def test_restricted_without_being_silenced_is_not_muted(guarded: Stage) -> None:
    """Somebody who may still write is judged like anybody: held while out, and given back what they had."""
    limits = frozenset({"can_send_messages", "can_send_photos"})
    member = guarded.person("Mia", subscribed=True)
    guarded.world.mute(guarded.group, member, guarded.owner, permissions=limits)
    await guarded.advance(10)
    guarded.world.unsubscribe(member, guarded.channel)
    await guarded.rest()
    assert guarded.muted(member)
    guarded.world.subscribe(member, guarded.channel)
    await guarded.rest()
    assert guarded.world.member(guarded.group, member).permissions == limits


async def test_a_mute_that_has_run_out_is_none(guarded: Stage) -> None:
    """`until_date` in the past: the person speaks, and is judged for it."""
    stranger = guarded.person("Sam", joined=False)
    guarded.world.join(stranger, guarded.group)
    guarded.world.mute(guarded.group, stranger, guarded.owner, until_date=int(guarded.clock.now()) + 60)
    await guarded.rest()
    assert guarded.calls("restrictChatMember") == []
    await guarded.advance(61)
    message = guarded.world.say(stranger, guarded.group)
    await guarded.rest()
    assert guarded.muted(stranger)
    assert guarded.world.message(guarded.group, message.id) is None


async def test_a_stale_answer_does_not_overrule_the_event_of_the_same_second(guarded: Stage) -> None:
    """Somebody who subscribes and joins at once is not held by an answer from before."""
    asking_fails(guarded, FaultKind.STALE_MEMBER)
    member = guarded.person("Mia", subscribed=True)
    guarded.world.say(member, guarded.group)
    await guarded.rest()
    assert not guarded.muted(member)
    assert guarded.calls("restrictChatMember") == []


async def test_an_old_out_is_asked_again_before_anybody_is_held(guarded: Stage) -> None:
    """The event of their subscription was lost; what was known a while ago holds nobody."""
    member = guarded.person("Mia", subscribed=True)
    guarded.world.unsubscribe(member, guarded.channel)
    guarded.world.leave(member, guarded.group)
    await guarded.advance(61)
    lose_events(guarded, guarded.channel)
    guarded.world.subscribe(member, guarded.channel)
    before = mutes(guarded, member)
    guarded.world.join(member, guarded.group)
    await guarded.rest()
    assert mutes(guarded, member) == before
    assert not guarded.muted(member)


async def test_a_thousand_questions_about_one_person_are_few_calls(guarded: Stage) -> None:
    """An album of ten, judged all at once, asks about its author once."""
    stranger = guarded.person("Sam", joined=False)
    lose_events(guarded, guarded.group)
    guarded.world.join(stranger, guarded.group)
    for _ in range(10):
        guarded.world.say(stranger, guarded.group, photo=True, media_group_id="album")
    await guarded.rest()
    assert len(guarded.calls("getChatMember", chat_id=guarded.channel)) == 1


def required_lounge(stage: Stage) -> int:
    """A second group, whose members are to speak in the first."""
    lounge = stage.world.create_supergroup(stage.owner, "Lounge", username="lounge")
    stage.world.add_bot_to_chat(lounge, stage.bot_id, stage.owner, rights=CHANNEL_RIGHTS)
    return lounge


async def protect_with_lounge(stage: Stage) -> None:
    """Have the owner require that group."""
    stage.world.say(stage.owner, stage.group, "/protect @lounge")
    await stage.rest()
