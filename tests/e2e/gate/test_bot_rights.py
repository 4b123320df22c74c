"""SEMANTICS, restrictChatMember and membership updates: what the bot itself may do, loses and gets back."""

from __future__ import annotations

import pytest
from tests.fixtures.mishaps import held, lose_events
from tests.fixtures.stage import BOT_RIGHTS, Stage

from gmbot.domain.group import PauseReason
from gmbot.gate.pause_group import recheck_groups
from gmbot.simulator import Fault, FaultKind


def warnings(stage: Stage, chat: int) -> int:
    """Count what was said about the group being left alone."""
    return sum("stopped guarding" in message.text for message in stage.said(chat))


def take_rights(stage: Stage, rights: frozenset[str] | None) -> None:
    """Leave the bot only these rights in the group; None makes it a member."""
    if rights is None:
        stage.world.demote(stage.group, stage.bot_id, stage.owner)
    else:
        stage.world.promote(stage.group, stage.bot_id, stage.owner, rights=rights)


@pytest.mark.parametrize("rights", [None, BOT_RIGHTS - {"can_restrict_members"}])
async def test_without_the_right_to_restrict_the_group_is_paused(
    guarded: Stage, rights: frozenset[str] | None
) -> None:
    """Demoted, or left without the right: nobody is muted, no message is deleted, admins are told once."""
    guarded.world.start_private(guarded.owner, guarded.bot_id)
    take_rights(guarded, rights)
    written = [guarded.world.say(guarded.person(f"P{n}"), guarded.group) for n in range(3)]
    await guarded.advance(120)
    assert guarded.calls("restrictChatMember") == []
    assert all(guarded.world.message(guarded.group, message.id) for message in written)
    assert warnings(guarded, guarded.group) == warnings(guarded, guarded.owner) == 1


async def test_a_refusal_pauses_the_group_too(guarded: Stage) -> None:
    """The update that said so was lost: the first call that is refused says it, and admins hear it once."""
    guarded.world.start_private(guarded.owner, guarded.bot_id)
    lose_events(guarded, guarded.group, "my_chat_member")
    take_rights(guarded, BOT_RIGHTS - {"can_restrict_members"})
    for n in range(10):
        guarded.person(f"P{n}")
    await guarded.advance(120)
    assert warnings(guarded, guarded.group) == warnings(guarded, guarded.owner) == 1
    assert len(guarded.calls("restrictChatMember")) <= 10


async def test_when_the_right_returns_the_group_is_taken_up_again(guarded: Stage) -> None:
    """Whoever joined the channel meanwhile is freed, and newcomers are held."""
    early = await held(guarded, "Eve")
    take_rights(guarded, BOT_RIGHTS - {"can_restrict_members"})
    await guarded.rest()
    guarded.world.subscribe(early, guarded.channel)
    await guarded.advance(60)
    assert guarded.muted(early)
    guarded.world.promote(guarded.group, guarded.bot_id, guarded.owner, rights=BOT_RIGHTS)
    await guarded.rest()
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert not guarded.muted(early)
    assert guarded.muted(stranger)


async def test_a_right_that_returns_unheard_is_noticed_all_the_same(guarded: Stage) -> None:
    """GMBot looks from time to time whether it can work again: nobody stays muted for a lost update."""
    early = await held(guarded, "Eve")
    take_rights(guarded, BOT_RIGHTS - {"can_restrict_members"})
    await guarded.rest()
    guarded.world.subscribe(early, guarded.channel)
    await guarded.rest()
    lose_events(guarded, guarded.group, "my_chat_member")
    guarded.world.promote(guarded.group, guarded.bot_id, guarded.owner, rights=BOT_RIGHTS)
    assert guarded.work is not None
    await recheck_groups(guarded.work.bot)
    await guarded.rest()
    assert not guarded.muted(early)


async def test_gmbot_takes_up_nothing_while_the_right_is_missing(guarded: Stage) -> None:
    """Looking whether it returned changes nothing as long as it did not."""
    take_rights(guarded, None)
    await guarded.rest()
    assert guarded.work is not None
    await recheck_groups(guarded.work.bot)
    guarded.world.ban(guarded.group, guarded.bot_id, guarded.owner)
    await guarded.rest()
    await recheck_groups(guarded.work.bot)
    assert [group.paused for group in guarded.work.bot.guarded.groups] == [PauseReason.RIGHTS_MISSING]


async def test_old_news_of_a_demotion_pause_nothing(guarded: Stage) -> None:
    """Demoted and promoted again, but told twice or in the other order: what is true now counts."""
    reordered = Fault(kind=FaultKind.REORDER_UPDATE, update="my_chat_member", chat=guarded.group, times=1)
    guarded.simulator.faults.add(reordered)
    take_rights(guarded, None)
    await guarded.advance(2)
    take_rights(guarded, BOT_RIGHTS)
    await guarded.rest()
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert guarded.muted(stranger)


async def test_a_hold_that_was_refused_is_placed_when_the_right_returns(guarded: Stage) -> None:
    """What was owed when the right vanished is still owed."""
    lost = lose_events(guarded, guarded.group, "my_chat_member")
    take_rights(guarded, BOT_RIGHTS - {"can_restrict_members"})
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.simulator.faults.remove(lost)
    guarded.world.promote(guarded.group, guarded.bot_id, guarded.owner, rights=BOT_RIGHTS)
    await guarded.rest()
    assert guarded.muted(stranger)
    assert len(guarded.prompts()) == 1


async def test_removed_and_added_again_gmbot_goes_on_where_it_was(guarded: Stage) -> None:
    """Holds outlive its absence, and so does its duty to lift them."""
    early = await held(guarded, "Eve")
    guarded.world.ban(guarded.group, guarded.bot_id, guarded.owner)
    await guarded.rest()
    guarded.world.subscribe(early, guarded.channel)
    await guarded.advance(60)
    guarded.world.unban(guarded.group, guarded.bot_id, guarded.owner)
    guarded.world.add_bot_to_chat(guarded.group, guarded.bot_id, guarded.owner, rights=BOT_RIGHTS)
    await guarded.rest()
    assert not guarded.muted(early)


async def test_removed_gmbot_keeps_quiet(guarded: Stage) -> None:
    """No storm of calls to a group that it cannot see."""
    await held(guarded)
    guarded.world.ban(guarded.group, guarded.bot_id, guarded.owner)
    await guarded.advance(10)
    before = len(guarded.simulator.calls)
    await guarded.advance(300)
    polls = len(guarded.calls("getUpdates"))
    guarded.simulator.calls.clear()
    await guarded.advance(300)
    others = len(guarded.simulator.calls) - len(guarded.calls("getUpdates"))
    assert others == 0
    assert before > polls > 0


async def test_without_the_right_to_delete_people_are_held_all_the_same(guarded: Stage) -> None:
    """The message stays, its author is told what to join, and nobody is bothered with calls that fail."""
    take_rights(guarded, BOT_RIGHTS - {"can_delete_messages"})
    lose_events(guarded, guarded.group)
    stranger = guarded.person("Sam")
    message = guarded.world.say(stranger, guarded.group)
    await guarded.advance(60)
    assert guarded.muted(stranger)
    assert guarded.world.message(guarded.group, message.id) is not None
    assert len(guarded.calls("deleteMessage", message_id=message.id)) <= 1


async def test_only_supergroups_are_guarded(stage: Stage) -> None:
    """Basic groups know no restriction of single members: nothing is written, nothing restricted."""
    basic = stage.world.create_group(stage.owner, "Little")
    stage.world.add_bot_to_chat(basic, stage.bot_id, stage.owner)
    await stage.rest()
    stage.world.say(stage.owner, basic, "/protect @news")
    await stage.rest()
    stranger = stage.person("Sam", joined=False)
    stage.world.join(stranger, basic)
    await stage.rest()
    assert stage.work is not None
    assert stage.work.bot.guarded.groups == ()
    assert stage.calls("restrictChatMember") == []
