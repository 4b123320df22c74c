"""Mistakes that only a simulation came upon, each as the shortest story that shows it."""

from __future__ import annotations

from tests.e2e.gate.dialogue import group_of
from tests.fixtures.stage import BOT_RIGHTS, TOKEN, Stage

from gmbot.domain.group import PauseReason
from gmbot.domain.ids import UserId
from gmbot.gate.pause_group import pause_group
from gmbot.simulator import BotApi

LATER_S = 3_600


def as_the_bot(stage: Stage, method: str, **arguments: object) -> None:
    """Have a call of the bot's arrive only now: one that it sent before it knew better."""
    BotApi(stage.world).call(TOKEN, method, {"chat_id": stage.group, **arguments})


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
