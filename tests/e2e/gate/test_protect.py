"""/protect: what may be named, what becomes of it, and what happens when something fails on the way."""

from __future__ import annotations

import pytest
from tests.e2e.gate.dialogue import (
    another_channel,
    another_group,
    ask,
    group_admin,
    group_of,
    replies,
    required,
    untouched,
)
from tests.fixtures.stage import BOT_RIGHTS, Stage

from gmbot.gate.protect_group import MOST_CHANNELS
from gmbot.simulator.faults import Fault, FaultKind

NAMES = (
    "@news",
    "@NEWS",
    "{id}",
    "t.me/news",
    "https://t.me/news",
    "http://telegram.me/News",
    "https://t.me/news/42?single",
    "https://t.me/s/news",
    "t.me/c/{number}",
    "https://t.me/c/{number}/42",
)


@pytest.mark.parametrize("name", NAMES)
async def test_a_channel_may_be_named_in_every_usual_way(stage: Stage, name: str) -> None:
    """By name, by id, and by each kind of link that tells which channel is meant."""
    named = name.format(id=stage.channel, number=-stage.channel - 10**12)
    answer = await ask(stage, stage.owner, f"/protect {named}")
    assert "News & more is required from now on" in answer
    assert required(stage) == {stage.channel}


async def test_replying_to_a_forwarded_post_names_its_channel(stage: Stage) -> None:
    """The way to name a channel that has neither a name nor a known id."""
    private = another_channel(stage, "Inner circle")
    post = stage.world.say(stage.owner, stage.group, "look", forward_from_channel=private)
    (answer,) = await replies(stage, stage.owner, "/protect", reply_to=post.id)
    assert "Inner circle is required from now on" in answer.text
    assert required(stage) == {private}


async def test_several_channels_are_required_at_once(stage: Stage) -> None:
    """One command may name many."""
    second = another_channel(stage, "Second", "second_one")
    answer = await ask(stage, stage.owner, "/protect @news, @second_one")
    assert "people must join News & more and Second" in answer
    assert required(stage) == {stage.channel, second}


async def test_one_channel_named_twice_is_required_once(stage: Stage) -> None:
    """Two names of one channel are still one channel."""
    answer = await ask(stage, stage.owner, f"/protect @news {stage.channel}")
    assert answer.count("is required from now on") == 1
    assert required(stage) == {stage.channel}


async def test_protecting_again_adds_a_channel(guarded: Stage) -> None:
    """What was required stays required."""
    second = another_channel(guarded, "Second", "second_one")
    await ask(guarded, guarded.owner, "/protect @second_one")
    assert required(guarded) == {guarded.channel, second}


async def test_protecting_again_with_the_same_channel_reports_it(guarded: Stage) -> None:
    """Repeating a command is no error."""
    answer = await ask(guarded, guarded.owner, "/protect @news")
    assert "News & more is required already" in answer
    assert required(guarded) == {guarded.channel}


async def test_a_good_channel_is_added_though_another_name_is_bad(stage: Stage) -> None:
    """Each channel has its own answer."""
    answer = await ask(stage, stage.owner, "/protect @news @nowhere_at_all")
    assert "✅ News & more" in answer
    assert "❌ I cannot find @nowhere_at_all" in answer
    assert required(stage) == {stage.channel}


async def test_a_group_requires_no_more_channels_than_fit_a_prompt(stage: Stage) -> None:
    """The eleventh is refused, and the answer says why."""
    for number in range(MOST_CHANNELS):
        another_channel(stage, f"Channel {number}", f"channel_{number}")
    await ask(stage, stage.owner, "/protect " + " ".join(f"@channel_{n}" for n in range(MOST_CHANNELS)))
    answer = await ask(stage, stage.owner, "/protect @news")
    assert "one too many: a group can require 10 channels" in answer
    assert len(required(stage)) == MOST_CHANNELS


async def test_two_admins_who_protect_at_once_both_get_their_way(stage: Stage) -> None:
    """Neither command undoes the other."""
    second = another_channel(stage, "Second", "second_one")
    stage.world.say(stage.owner, stage.group, "/protect @news")
    stage.world.say(stage.owner, stage.group, "/protect @second_one")
    await stage.rest()
    assert required(stage) == {stage.channel, second}


async def test_a_private_channel_gets_an_invite_link_of_the_bots_own(stage: Stage) -> None:
    """People need a door, and the prompt shows it."""
    private = another_channel(stage, "Inner circle")
    await ask(stage, stage.owner, f"/protect {private}")
    stage.person("Sam")
    await stage.rest()
    (invite,) = stage.world.chats[private].invites.values()
    assert invite.creator == stage.bot_id
    assert invite.link in {button.get("url") for button in stage.prompts()[0].buttons}


async def test_a_private_channel_is_given_one_link_only(stage: Stage) -> None:
    """Asking again, here or in another group, makes no second link."""
    private = another_channel(stage, "Inner circle")
    other = another_group(stage, "Other group")
    for chat in (stage.group, stage.group, other):
        await ask(stage, stage.owner, f"/protect {private}", chat)
    assert len(stage.calls("createChatInviteLink")) == 1


async def test_a_private_channel_needs_the_right_to_invite(stage: Stage) -> None:
    """Without it people could not get in."""
    private = stage.world.create_channel(stage.owner, "Inner circle")
    stage.world.add_bot_to_chat(private, stage.bot_id, stage.owner, rights=frozenset())
    answer = await ask(stage, stage.owner, f"/protect {private}")
    assert "Inner circle is private: give me its admin right invite users" in answer
    assert await untouched(stage)


async def test_no_link_is_made_before_an_admin_of_the_channel_agrees(stage: Stage) -> None:
    """An invite link to somebody else's channel is not given away."""
    admin = group_admin(stage)
    private = another_channel(stage, "Inner circle")
    assert "An admin of Inner circle must agree" in await ask(stage, admin, f"/protect {private}")
    assert await untouched(stage)


async def test_a_basic_group_is_told_how_to_become_a_supergroup(stage: Stage) -> None:
    """In a basic group nobody can be muted alone."""
    basic = stage.world.create_group(stage.owner, "Old friends")
    stage.world.add_bot_to_chat(basic, stage.bot_id, stage.owner, rights=None)
    await stage.rest()
    answer = await ask(stage, stage.owner, "/protect @news", basic)
    assert "Make it a supergroup" in answer
    assert "Chat history for new members" in answer
    assert await untouched(stage)


async def test_in_private_the_set_up_is_explained(stage: Stage) -> None:
    """A group cannot be protected from elsewhere."""
    answer = await ask(stage, stage.owner, "/protect @news", stage.bot_id)
    assert "In the group, type /protect @yourchannel" in answer
    assert await untouched(stage)


@pytest.mark.parametrize("method", ["getChatAdministrators", "getChat"])
async def test_when_telegram_fails_during_the_checks_it_is_said(stage: Stage, method: str) -> None:
    """Nothing half done, and nobody left wondering."""
    stage.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method=method))
    assert "Telegram did not answer, so nothing was changed" in await ask(
        stage, stage.owner, "/protect @news"
    )
    assert await untouched(stage)


async def test_when_telegram_hangs_during_the_checks_it_is_said(stage: Stage) -> None:
    """Waiting has an end."""
    fault = stage.simulator.faults.add(Fault(kind=FaultKind.HANG, method="getChat"))
    stage.world.say(stage.owner, stage.group, "/protect @news")
    await stage.rest()
    await stage.advance(25)
    stage.simulator.faults.remove(fault)
    assert "Telegram did not answer" in stage.said()[-1].text
    assert await untouched(stage)


async def test_a_link_that_cannot_be_made_leaves_nothing_written(stage: Stage) -> None:
    """The link comes before the record of it."""
    private = another_channel(stage, "Inner circle")
    stage.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="createChatInviteLink"))
    answer = await ask(stage, stage.owner, f"/protect {private}")
    assert "nothing was changed" in answer
    assert group_of(stage) is None


async def test_while_the_database_is_down_the_command_waits_and_is_done_later(stage: Stage) -> None:
    """An update that cannot be stored is not acknowledged, so Telegram brings it again."""
    known = len(stage.said())
    stage.outage.down = True
    stage.world.say(stage.owner, stage.group, "/protect @news")
    await stage.rest()
    assert len(stage.world.bots[stage.bot_id].mailbox) == 1
    assert len(stage.said()) == known
    stage.outage.down = False
    await stage.advance(10)
    assert len(stage.world.bots[stage.bot_id].mailbox) == 0
    assert required(stage) == {stage.channel}


async def test_protecting_again_heals_a_channel_that_could_not_be_seen(guarded: Stage) -> None:
    """The update that the bot is an admin again may have been lost."""
    guarded.world.demote(guarded.channel, guarded.bot_id, guarded.owner)
    await guarded.rest()
    assert "I am not an admin of News & more" in await ask(guarded, guarded.owner, "/protect @news")
    guarded.world.promote(guarded.channel, guarded.bot_id, guarded.owner)
    guarded.world.bots[guarded.bot_id].mailbox.clear()
    await ask(guarded, guarded.owner, "/protect @news")
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert guarded.muted(stranger)


async def test_protecting_again_takes_up_a_paused_group(guarded: Stage) -> None:
    """The update that the right came back may have been lost."""
    guarded.world.promote(guarded.group, guarded.bot_id, guarded.owner, {"can_delete_messages"})
    await guarded.rest()
    guarded.world.promote(guarded.group, guarded.bot_id, guarded.owner, BOT_RIGHTS)
    guarded.world.bots[guarded.bot_id].mailbox.clear()
    await ask(guarded, guarded.owner, "/protect @news")
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert guarded.muted(stranger)


async def test_adding_a_channel_keeps_whoever_lacks_it_silent_only_when_they_speak(guarded: Stage) -> None:
    """A new price is asked of members at their next message, not of everybody at once."""
    member = guarded.person("Mia", subscribed=True)
    await guarded.rest()
    another_channel(guarded, "Second", "second_one")
    await ask(guarded, guarded.owner, "/protect @second_one")
    assert not guarded.muted(member)
    guarded.world.say(member, guarded.group, "hello")
    await guarded.rest()
    assert guarded.muted(member)
