"""/protect: what is said when something is missing or cannot be required, and nothing changes."""

from __future__ import annotations

import pytest
from tests.e2e.gate.dialogue import another_group, ask, replies, required, untouched
from tests.fixtures.stage import BOT_RIGHTS, Stage


async def test_without_a_channel_the_usage_is_told(stage: Stage) -> None:
    """An empty command is a question."""
    assert "for example /protect @channel" in await ask(stage, stage.owner, "/protect")
    assert await untouched(stage)


@pytest.mark.parametrize(
    "argument",
    ["<b>", "&amp;", "@", "-", "💥", "x" * 4000, "<" * 4000, "'; DROP TABLE groups;--", "t.me/", "t.me/a b"],
)
async def test_hostile_arguments_are_answered_and_change_nothing(stage: Stage, argument: str) -> None:
    """Whatever is typed gets one readable answer."""
    assert "is not a channel's @name, id or link" in await ask(stage, stage.owner, f"/protect {argument}")
    assert await untouched(stage)


async def test_the_usage_is_told_once_however_much_is_unreadable(stage: Stage) -> None:
    """Ten mistakes do not make ten lectures."""
    answer = await ask(stage, stage.owner, "/protect a b c d e")
    assert answer.count("Name the channel that people must join") == 1


async def test_who_is_no_admin_is_refused(stage: Stage) -> None:
    """Only admins of the group decide."""
    member = stage.person("Mia", subscribed=True)
    assert await ask(stage, member, "/protect @news") == "Only admins of this group can do that."
    assert await untouched(stage)


async def test_an_anonymous_admin_may_ask_but_an_admin_of_the_channel_confirms(stage: Stage) -> None:
    """Telegram vouches for an anonymous admin of the group, and tells nothing of the channel."""
    (answer,) = await replies(stage, stage.owner, "/protect @news", anonymous=True)
    assert "An admin of News & more must agree" in answer.text
    assert "?start=" in str(answer.buttons[0]["url"])
    assert await untouched(stage)


async def test_writing_as_a_channel_is_not_being_an_admin(stage: Stage) -> None:
    """Whoever hides behind some channel is nobody here."""
    stage.world.say(stage.owner, stage.group, "/protect @news", sender_chat=stage.channel)
    await stage.rest()
    assert stage.said()[-1].text == "Only admins of this group can do that."
    assert await untouched(stage)


async def test_the_bot_must_be_an_admin_of_the_group(stage: Stage) -> None:
    """The answer says how to mend it, with a button that does."""
    stage.world.demote(stage.group, stage.bot_id, stage.owner)
    (answer,) = await replies(stage, stage.owner, "/protect @news")
    assert "I am not an admin here. Make me one who may ban users and delete messages" in answer.text
    assert "admin=restrict_members+delete_messages" in str(answer.buttons[0]["url"])
    assert await untouched(stage)


async def test_a_bot_that_may_not_even_see_the_admins_says_what_it_needs(stage: Stage) -> None:
    """A group that hides its members tells a mere member nothing."""
    hidden = stage.world.create_supergroup(stage.owner, "Hidden", hidden_members=True)
    stage.world.add_bot_to_chat(hidden, stage.bot_id, stage.owner, rights=None)
    assert "I am not an admin here" in await ask(stage, stage.owner, "/protect @news", hidden)


@pytest.mark.parametrize(
    ("right", "called"), [("can_restrict_members", "Ban users"), ("can_delete_messages", "Delete messages")]
)
async def test_each_missing_right_in_the_group_is_named(stage: Stage, right: str, called: str) -> None:
    """By the name that Telegram's own settings show."""
    stage.world.promote(stage.group, stage.bot_id, stage.owner, BOT_RIGHTS - {right})
    answer = await ask(stage, stage.owner, "/protect @news")
    assert f"Missing: {called}." in answer
    assert await untouched(stage)


async def test_the_bot_must_be_an_admin_of_the_channel(stage: Stage) -> None:
    """Only an admin sees who is subscribed."""
    stage.world.demote(stage.channel, stage.bot_id, stage.owner)
    (answer,) = await replies(stage, stage.owner, "/protect @news")
    assert "I am not an admin of News & more" in answer.text
    assert "startchannel" in str(answer.buttons[0]["url"])
    assert await untouched(stage)


async def test_a_bot_outside_the_channel_says_so(stage: Stage) -> None:
    """A public channel is found, but tells the bot nothing."""
    stage.world.kick(stage.channel, stage.bot_id, stage.owner)
    assert "I am not an admin of News & more" in await ask(stage, stage.owner, "/protect @news")
    assert await untouched(stage)


@pytest.mark.parametrize("name", ["@nowhere_at_all", "-1009999999999", "t.me/c/9999999999/1", "@olga"])
async def test_what_the_bot_cannot_find_is_said(stage: Stage, name: str) -> None:
    """Unknown names and ids, and people's names, which Telegram does not look up for bots."""
    assert "❌ I cannot find" in await ask(stage, stage.owner, f"/protect {name}")
    assert await untouched(stage)


async def test_a_link_with_something_behind_the_name_is_not_guessed_at(stage: Stage) -> None:
    """t.me/news-letter is not @news."""
    assert "is not a channel's" in await ask(stage, stage.owner, "/protect t.me/news-letter")
    assert await untouched(stage)


async def test_a_basic_group_cannot_be_required(stage: Stage) -> None:
    """Bots cannot follow who is in one."""
    basic = stage.world.create_group(stage.owner, "Old friends")
    stage.world.add_bot_to_chat(basic, stage.bot_id, stage.owner)
    answer = await ask(stage, stage.owner, f"/protect {basic}")
    assert f"{basic} is neither a channel nor a supergroup" in answer
    assert await untouched(stage)


async def test_a_supergroup_may_be_required(stage: Stage) -> None:
    """Membership of another group is as good a price."""
    club = another_group(stage, "Club")
    await ask(stage, stage.owner, f"/protect {club}")
    assert required(stage) == {club}


async def test_the_group_itself_cannot_be_required(stage: Stage) -> None:
    """Being here is not a price for speaking here."""
    assert "is this group itself" in await ask(stage, stage.owner, "/protect @the_group")
    assert await untouched(stage)


@pytest.mark.parametrize("link", ["https://t.me/+AbCdEfGh123", "t.me/joinchat/AbCdEfGh"])
async def test_an_invite_link_is_explained(stage: Stage, link: str) -> None:
    """Bots cannot open one; the answer says what works instead."""
    answer = await ask(stage, stage.owner, f"/protect {link}")
    assert "is an invite link, which bots cannot open. Reply /protect to a message forwarded" in answer
    assert await untouched(stage)
