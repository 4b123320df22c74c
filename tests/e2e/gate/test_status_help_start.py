"""/status, /help, /start and the private pages; and what is not a command at all."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from tests.e2e.gate.dialogue import ask, group_admin, group_of, now_reads, replies, required, tapped, until
from tests.fixtures.stage import BOT_RIGHTS, Stage, raised_stage

from gmbot.simulator.faults import Fault, FaultKind


async def test_status_tells_anybody_who_may_speak_what_is_required(guarded: Stage) -> None:
    """With a link to where to join."""
    member = guarded.person("Mia", subscribed=True)
    (answer,) = await replies(guarded, member, "/status")
    assert answer.text == "🛡 To write here, join News & more.\n• News & more"
    assert "'url': 'https://t.me/news'" in str(answer.wire["entities"])


async def test_status_of_an_unguarded_group_tells_how_to_guard_it(stage: Stage) -> None:
    """Anybody may ask."""
    member = stage.person("Mia")
    answer = await ask(stage, member, "/status")
    assert answer == "This group is not guarded. An admin can type /protect @channel."


async def test_status_tells_of_a_channel_that_cannot_be_seen(guarded: Stage) -> None:
    """It counts against nobody, and that should not be a riddle."""
    guarded.world.demote(guarded.channel, guarded.bot_id, guarded.owner)
    assert "News & more (I cannot see its members" in await ask(guarded, guarded.owner, "/status")


async def test_status_tells_why_a_group_is_paused(guarded: Stage) -> None:
    """And what would mend it."""
    guarded.world.promote(guarded.group, guarded.bot_id, guarded.owner, {"can_delete_messages"})
    answer = await ask(guarded, guarded.owner, "/status")
    assert "⏸ Paused: I need the admin right to" in answer


async def test_help_lists_every_command_of_the_group(guarded: Stage) -> None:
    """For anybody who may speak."""
    member = guarded.person("Mia", subscribed=True)
    answer = await ask(guarded, member, "/help")
    for command in ("/protect", "/unprotect", "/settings", "/status", "/help"):
        assert command in answer


@pytest.mark.parametrize("text", ["/help buy my coin", "/status buy my coin", "/start", "/protect @news"])
async def test_a_command_is_no_way_round(stage: Stage, text: str) -> None:
    """Whoever is not subscribed is not answered: the message goes, its author is held."""
    early = stage.person("Eve")
    await stage.rest()
    await stage.protect()
    known = {message.id for message in stage.said()}
    message = stage.world.say(early, stage.group, text)
    await stage.rest()
    assert stage.muted(early)
    assert stage.world.message(stage.group, message.id) is None
    assert [m.text for m in stage.said() if m.id not in known] == [p.text for p in stage.prompts()]


async def test_a_command_for_another_bot_is_no_way_round(stage: Stage) -> None:
    """It is a message like any other."""
    early = stage.person("Eve")
    await stage.rest()
    await stage.protect()
    message = stage.world.say(early, stage.group, "/help@other_bot buy my coin")
    await stage.rest()
    assert stage.muted(early)
    assert stage.world.message(stage.group, message.id) is None


async def test_a_first_command_of_a_subscriber_is_answered(stage: Stage) -> None:
    """GMBot asks about somebody whom it has not met before it decides, and does not forget the command."""
    member = stage.person("Mia", subscribed=True)
    stage.world.bots[stage.bot_id].mailbox.clear()
    await stage.protect()
    assert "To write here" in await ask(stage, member, "/status")


async def test_a_first_command_of_an_admin_who_is_not_subscribed_is_answered(guarded: Stage) -> None:
    """Admins may do everything, subscribed or not."""
    admin = group_admin(guarded)
    guarded.world.bots[guarded.bot_id].mailbox.clear()
    assert "Settings" in await ask(guarded, admin, "/settings")


async def test_a_command_of_somebody_telegram_tells_nothing_about_is_let_pass(stage: Stage) -> None:
    """Not known to be in, not known to be out: no answer, no punishment."""
    early = stage.person("Eve")
    await stage.rest()
    await stage.protect()
    stage.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="getChatMember"))
    message = stage.world.say(early, stage.group, "/help buy my coin")
    await stage.rest()
    assert not stage.muted(early)
    assert stage.world.message(stage.group, message.id) is not None


async def test_a_strangers_command_holds_up_nobody_for_long_when_telegram_hangs(stage: Stage) -> None:
    """Whoever writes in the same group afterwards waits two seconds, not for ever."""
    early = stage.person("Eve")
    await stage.rest()
    await stage.protect()
    await ask(stage, stage.owner, "/status")
    known = len(stage.said())
    fault = stage.simulator.faults.add(Fault(kind=FaultKind.HANG, method="getChatMember"))
    stage.world.say(early, stage.group, "/help")
    stage.world.say(stage.owner, stage.group, "/status")
    await until(lambda: len(stage.said()) > known)
    stage.simulator.faults.remove(fault)


@pytest.mark.parametrize(
    "text",
    ["/STATUS", "/Status@gm_bot", "/status@GM_BOT", "/status    ", "/status\n", "/status and more words"],
)
async def test_case_spaces_and_the_bots_name_do_not_matter(guarded: Stage, text: str) -> None:
    """People type as they type."""
    assert "To write here, join" in await ask(guarded, guarded.owner, text)


@pytest.mark.parametrize(
    "text",
    [
        "/status@other_bot",
        "/ status",
        "status",
        "look at /status",
        "/statuses",
        "/weather",
        "/",
        "//status",
        "/status_now",
    ],
)
async def test_what_is_no_command_of_ours_is_ignored(guarded: Stage, text: str) -> None:
    """Other bots live here, too."""
    assert await ask(guarded, guarded.owner, text) == ""


async def test_an_edited_command_is_not_run(stage: Stage) -> None:
    """What was typed wrong is typed again."""
    message = stage.world.say(stage.owner, stage.group, "/protekt @news")
    await stage.rest()
    stage.world.edit(stage.owner, stage.group, message.id, "/protect @news")
    await stage.rest()
    assert group_of(stage) is None


async def test_an_edited_command_is_no_way_round(stage: Stage) -> None:
    """An edit counts as a message."""
    early = stage.person("Eve")
    message = stage.world.say(early, stage.group, "hello")
    await stage.rest()
    await stage.protect()
    stage.world.edit(early, stage.group, message.id, "/help buy my coin")
    await stage.rest()
    assert stage.muted(early)
    assert stage.world.message(stage.group, message.id) is None


async def test_a_command_in_a_caption_is_run(stage: Stage) -> None:
    """A picture with /protect below it is a /protect."""
    stage.world.say(stage.owner, stage.group, "/protect @news", photo=True)
    await stage.rest()
    assert required(stage) == {stage.channel}


async def test_an_answer_stays_in_its_topic() -> None:
    """In a forum nobody is answered somewhere else."""
    async with raised_stage(forum=True) as stage:
        topic = stage.world.create_topic(stage.group, stage.owner, "Support")
        (answer,) = await replies(stage, stage.owner, "/status", thread_id=topic)
        assert answer.thread_id == topic


async def test_start_in_private_welcomes_with_a_keyboard(stage: Stage) -> None:
    """What it is, and where to go from here."""
    (welcome,) = await replies(stage, stage.owner, "/start", stage.bot_id)
    assert "price of writing in your group" in welcome.text
    assert [str(button["text"]) for button in welcome.buttons] == [
        "➕ Add me to a group",
        "📢 Add me to a channel",
        "🚀 Set up",
        "💡 How it works",
        "⌨️ Commands",
        "❓ Help",
    ]


async def test_the_add_me_button_asks_for_the_rights_that_are_needed(stage: Stage) -> None:
    """So that nothing has to be switched on by hand."""
    (welcome,) = await replies(stage, stage.owner, "/start", stage.bot_id)
    link = urlsplit(str(welcome.buttons[0]["url"]))
    assert (link.netloc, link.path) == ("t.me", "/gm_bot")
    rights = {f"can_{right}" for right in parse_qs(link.query)["admin"][0].replace("+", " ").split()}
    assert rights == BOT_RIGHTS


async def test_the_add_to_channel_button_asks_for_the_right_to_invite(stage: Stage) -> None:
    """The one right that private channels need."""
    (welcome,) = await replies(stage, stage.owner, "/start", stage.bot_id)
    assert welcome.buttons[1]["url"] == "https://t.me/gm_bot?startchannel&admin=invite_users"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("setup", "Set-up takes a minute"),
        ("how", "Whoever subscribes is freed at once"),
        ("commands", "/unprotect – stop, and free everybody"),
        ("help", "I do nothing?"),
    ],
)
async def test_each_page_opens_in_place_and_leads_back(stage: Stage, page: str, words: str) -> None:
    """One message to walk through."""
    (welcome,) = await replies(stage, stage.owner, "/start", stage.bot_id)
    assert await tapped(stage, stage.owner, welcome, f"menu:{page}") in {"", None}
    assert words in now_reads(stage, welcome)
    shown = stage.said(stage.owner)[-1]
    await tapped(stage, stage.owner, shown, "menu:home")
    assert now_reads(stage, welcome) == welcome.text


async def test_tapping_the_same_page_twice_is_harmless(stage: Stage) -> None:
    """Telegram refuses an edit that changes nothing; nobody notices."""
    (welcome,) = await replies(stage, stage.owner, "/start", stage.bot_id)
    queries = [stage.tap(stage.owner, welcome, "menu:how") for _ in range(3)]
    await stage.rest()
    assert all(stage.world.callback(query).answered_at is not None for query in queries)


async def test_help_in_private_answers_the_usual_questions(stage: Stage) -> None:
    """Without a group."""
    assert "A private channel?" in await ask(stage, stage.owner, "/help", stage.bot_id)


@pytest.mark.parametrize("text", ["/unprotect", "/settings", "/status"])
async def test_group_commands_in_private_explain_where_they_belong(stage: Stage, text: str) -> None:
    """Nothing is guarded in a private chat."""
    assert "Set-up takes a minute" in await ask(stage, stage.owner, text, stage.bot_id)


async def test_small_talk_in_private_is_not_answered(stage: Stage) -> None:
    """GMBot is no conversationalist."""
    assert await ask(stage, stage.owner, "hello there", stage.bot_id) == ""


async def test_a_bot_that_was_added_as_admin_asks_for_nothing_it_has(stage: Stage) -> None:
    """What is left to do is the channel."""
    hello = stage.said()[0].text
    assert "I have every right that I need here" in hello
    assert "Make me an admin here" not in hello


async def test_a_bot_that_was_added_as_a_member_says_what_it_needs(stage: Stage) -> None:
    """By the names that Telegram's settings show."""
    group = stage.world.create_supergroup(stage.owner, "Another")
    stage.world.add_bot_to_chat(group, stage.bot_id, stage.owner, rights=None)
    await stage.rest()
    (hello,) = stage.said(group)
    assert "1. Make me an admin here who may ban users and delete messages" in hello.text


async def test_a_bot_that_is_made_admin_says_what_comes_next(stage: Stage) -> None:
    """The second step of setting up follows the first."""
    group = stage.world.create_supergroup(stage.owner, "Another")
    stage.world.add_bot_to_chat(group, stage.bot_id, stage.owner, rights=None)
    await stage.rest()
    stage.world.promote(group, stage.bot_id, stage.owner, BOT_RIGHTS)
    await stage.rest()
    assert "I have every right that I need here. Now make me an admin of your channel" in (
        stage.said(group)[-1].text
    )


async def test_being_greeted_by_the_add_me_button_says_hello_once(stage: Stage) -> None:
    """Telegram's apps send a /start of their own after the button was used."""
    assert await ask(stage, stage.owner, "/start@gm_bot start") == ""


async def test_start_in_an_unguarded_group_explains_setting_up(stage: Stage) -> None:
    """For admins who look for a beginning."""
    assert "3. Type /protect @channel." in await ask(stage, stage.owner, "/start")


async def test_start_in_a_guarded_group_tells_what_is_required(guarded: Stage) -> None:
    """It is set up already."""
    assert "To write here, join News & more" in await ask(guarded, guarded.owner, "/start")


async def test_a_bot_added_to_a_basic_group_explains_supergroups(stage: Stage) -> None:
    """Before anybody types in vain."""
    basic = stage.world.create_group(stage.owner, "Old friends")
    stage.world.add_bot_to_chat(basic, stage.bot_id, stage.owner, rights=None)
    await stage.rest()
    assert "Make it a supergroup" in stage.said(basic)[-1].text


async def test_a_bot_added_to_a_channel_says_nothing_there(stage: Stage) -> None:
    """Subscribers are not to read about administration."""
    assert stage.said(stage.channel) == []
