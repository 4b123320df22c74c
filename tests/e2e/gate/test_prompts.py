"""Prompts: what held people are told, how often, and when it goes."""

from __future__ import annotations

import pytest
from tests.e2e.gate.dialogue import another_channel, ask, now_reads
from tests.fixtures.mishaps import mend, slow
from tests.fixtures.stage import Stage, raised_stage

from gmbot.domain.hold import Hold
from gmbot.gate.tell_held import AGAIN_AFTER_S, PACE_S, TOGETHER_S
from gmbot.simulator.faults import Fault, FaultKind

HOSTILE = (
    "<b>bold",
    "</a><script>alert(1)</script>",
    "&lt;&amp;&quot;",
    "a & b",
    '"><img src=x>',
    "{0} %s ${x}",
    "\u202eevil",
    "👨‍👩‍👧‍👦" * 8,
    "\u200b",
    "x" * 64,
)


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_is_shown_as_it_is(guarded: Stage, name: str) -> None:
    """Markup in a name is text, and breaks nothing."""
    guarded.person(name)
    await guarded.rest()
    assert guarded.prompts()[0].text.startswith(f"{name}, to write here please join News & more.")


async def test_a_prompt_calls_its_people_by_a_link(guarded: Stage) -> None:
    """So that Telegram notifies them, with or without a username."""
    stranger = guarded.person("Sam <b>")
    await guarded.rest()
    (note,) = [str(c.arguments["text"]) for c in guarded.calls("sendMessage") if "Sam" in str(c.arguments)]
    assert note.startswith(f'<a href="tg://user?id={stranger}">Sam &lt;b&gt;</a>, to write here')


@pytest.mark.parametrize("title", HOSTILE)
async def test_a_hostile_title_is_shown_as_it_is(stage: Stage, title: str) -> None:
    """In the prompt, on its button and in every answer."""
    another_channel(stage, title, "hostile_one")
    assert title in await ask(stage, stage.owner, "/protect @hostile_one")
    assert title in await ask(stage, stage.owner, "/status")
    assert title in await ask(stage, stage.owner, "/settings")
    stage.person("Sam")
    await stage.rest()
    assert title in stage.prompts()[0].text


async def test_every_missing_channel_is_a_button_that_leads_there(stage: Stage) -> None:
    """Public ones by their name, private ones by the bot's own link; and then Verify."""
    private = another_channel(stage, "Inner circle")
    await ask(stage, stage.owner, f"/protect @news {private}")
    stage.person("Sam")
    await stage.rest()
    (link,) = stage.world.chats[private].invites
    assert [(b["text"], b.get("url"), b.get("callback_data")) for b in stage.prompts()[0].buttons] == [
        ("📢 News & more", "https://t.me/news", None),
        ("📢 Inner circle", link, None),
        ("✅ I have joined", None, "verify"),
    ]


async def test_a_channel_that_was_joined_already_is_not_asked_for(stage: Stage) -> None:
    """Only what is missing is shown."""
    another_channel(stage, "Second", "second_one")
    await ask(stage, stage.owner, "/protect @news @second_one")
    stage.person("Sam", subscribed=True)
    await stage.rest()
    assert "please join Second." in stage.prompts()[0].text
    assert [b.get("url") for b in stage.prompts()[0].buttons] == ["https://t.me/second_one", None]


async def test_the_button_of_a_private_channel_lets_people_in(stage: Stage) -> None:
    """Following it, and nothing else, frees them."""
    private = another_channel(stage, "Inner circle")
    await ask(stage, stage.owner, f"/protect {private}")
    stranger = stage.person("Sam")
    await stage.rest()
    stage.world.subscribe(stranger, private, str(stage.prompts()[0].buttons[0]["url"]))
    await stage.rest()
    assert not stage.muted(stranger)


async def test_who_comes_within_a_minute_is_added_to_the_prompt(guarded: Stage) -> None:
    """One message for many, edited rather than repeated."""
    guarded.person("Sam")
    await guarded.rest()
    await guarded.advance(30)
    guarded.person("Tim")
    await guarded.rest()
    (prompt,) = guarded.prompts()
    assert "Sam, Tim, to write here" in prompt.text


async def test_who_comes_later_gets_a_prompt_of_their_own(guarded: Stage) -> None:
    """An old message is scrolled away."""
    guarded.person("Sam")
    await guarded.rest()
    await guarded.advance(TOGETHER_S + 5)
    guarded.person("Tim")
    await guarded.rest()
    assert [p.text.partition(",")[0] for p in guarded.prompts()] == ["Sam", "Tim"]


async def test_a_raid_of_a_thousand_stays_within_a_handful_of_messages(guarded: Stage) -> None:
    """Telegram allows twenty a minute in a group, and nobody wants to read more."""
    for number in range(1000):
        guarded.person(f"Raider {number}")
    await guarded.rest()
    await guarded.advance(30)
    assert len(guarded.prompts()) == 1
    assert "and 990 more, to write here" in guarded.prompts()[0].text
    assert len(guarded.calls("editMessageText")) <= 10


async def test_a_prompt_goes_when_the_last_of_its_people_is_free(guarded: Stage) -> None:
    """And not before."""
    first, second = guarded.person("Sam"), guarded.person("Tim")
    await guarded.rest()
    await guarded.advance(PACE_S)
    guarded.world.subscribe(first, guarded.channel)
    await guarded.rest()
    assert len(guarded.prompts()) == 1
    guarded.world.subscribe(second, guarded.channel)
    await guarded.rest()
    assert guarded.prompts() == []


@pytest.mark.parametrize("fate", ["leave", "ban", "promote"])
async def test_a_prompt_goes_when_nobody_is_there_to_read_it(guarded: Stage, fate: str) -> None:
    """People who left, were banned or became admins need no advice."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    if fate == "leave":
        guarded.world.leave(stranger, guarded.group)
    elif fate == "ban":
        guarded.world.ban(guarded.group, stranger, guarded.owner)
    else:
        guarded.world.promote(guarded.group, stranger, guarded.owner)
    await guarded.rest()
    assert guarded.prompts() == []


async def test_who_has_left_is_named_no_more_when_others_are_added(guarded: Stage) -> None:
    """A prompt names who is held and here."""
    leaver = guarded.person("Lea")
    guarded.person("Sam")
    await guarded.rest()
    await guarded.advance(PACE_S + 1)
    guarded.world.leave(leaver, guarded.group)
    await guarded.rest()
    guarded.person("Tim")
    await guarded.rest()
    await guarded.advance(PACE_S + 1)
    assert guarded.prompts()[-1].text.startswith("Sam, Tim, to write here")


@pytest.mark.parametrize("method", ["getChatMember", "restrictChatMember"])
async def test_who_leaves_while_they_are_being_held_is_not_named(guarded: Stage, method: str) -> None:
    """News of the departure may come at any moment of a hold, and nobody is called who is not there."""
    slow(guarded, method)
    fleeting = guarded.person("Flo")
    await guarded.rest()
    guarded.world.leave(fleeting, guarded.group)
    await guarded.rest()
    mend(guarded)
    await guarded.advance(2 * PACE_S + 1)
    hold = await guarded.hold_of(fleeting)
    assert isinstance(hold, Hold)
    assert hold.away
    assert guarded.prompts() == []


async def test_who_leaves_at_once_is_not_named_at_all(guarded: Stage) -> None:
    """Nobody is called who is not there."""
    fleeting = guarded.world.add_user("Flo")
    guarded.world.join(fleeting, guarded.group)
    guarded.world.leave(fleeting, guarded.group)
    await guarded.rest()
    assert guarded.prompts() == []


async def test_a_person_is_told_at_most_once_an_hour(guarded: Stage) -> None:
    """However often they come and go."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    for _ in range(5):
        await guarded.advance(90)
        guarded.world.leave(stranger, guarded.group)
        guarded.world.join(stranger, guarded.group)
        await guarded.rest()
    assert len(guarded.calls("sendMessage", chat_id=guarded.group)) == 3


async def test_after_an_hour_a_person_may_be_told_again(guarded: Stage) -> None:
    """Whoever returns tomorrow has forgotten."""
    stranger = guarded.person("Sam")
    await guarded.rest()
    guarded.world.leave(stranger, guarded.group)
    await guarded.rest()
    guarded.clock.set(guarded.clock.now() + AGAIN_AFTER_S)
    await guarded.advance(10)
    guarded.world.join(stranger, guarded.group)
    await guarded.rest()
    assert len(guarded.prompts()) == 1


async def test_a_prompt_appears_in_the_topic_where_somebody_spoke() -> None:
    """In a forum people see what happens where they are."""
    async with raised_stage(forum=True) as stage:
        early = stage.person("Eve")
        topic = stage.world.create_topic(stage.group, stage.owner, "Support")
        await stage.rest()
        await stage.protect()
        stage.world.say(early, stage.group, "hello", thread_id=topic)
        await stage.rest()
        assert [prompt.thread_id for prompt in stage.prompts()] == [topic]


async def test_a_prompt_that_cannot_be_sent_now_is_sent_later(guarded: Stage) -> None:
    """Somebody muted without a word would be lost."""
    fault = guarded.simulator.faults.add(
        Fault(kind=FaultKind.TOO_MANY_REQUESTS, method="sendMessage", retry_after_s=20)
    )
    guarded.person("Sam")
    await guarded.rest()
    assert guarded.prompts() == []
    guarded.simulator.faults.remove(fault)
    await guarded.advance(90)
    assert len(guarded.prompts()) == 1


async def test_a_prompt_survives_a_restart(guarded: Stage) -> None:
    """Whoever joins afterwards is added to it, and it still goes in the end."""
    first = guarded.person("Sam")
    await guarded.rest()
    await guarded.stop()
    await guarded.start()
    await guarded.advance(PACE_S)
    second = guarded.person("Tim")
    await guarded.rest()
    (prompt,) = guarded.prompts()
    assert "Sam, Tim" in now_reads(guarded, prompt)
    for person in (first, second):
        guarded.world.subscribe(person, guarded.channel)
    await guarded.rest()
    assert guarded.prompts() == []


async def test_a_prompt_that_an_admin_deleted_is_sent_anew(guarded: Stage) -> None:
    """Whoever joins within the minute is told, and so are those whom the deleted one named."""
    guarded.person("Sam")
    await guarded.rest()
    guarded.world.delete(guarded.owner, guarded.group, guarded.prompts()[0].id)
    await guarded.advance(PACE_S)
    guarded.person("Tim")
    await guarded.rest()
    (prompt,) = guarded.prompts()
    assert "Sam, Tim" in now_reads(guarded, prompt)


async def test_whoever_subscribes_while_the_prompt_is_on_its_way_leaves_none_behind(guarded: Stage) -> None:
    """The message waits three seconds, and its person is free before it stands: it is deleted again."""
    slow = Fault(kind=FaultKind.SLOW, method="sendMessage", chat=guarded.group, delay_s=3)
    guarded.simulator.faults.add(slow)
    before = len(guarded.calls("sendMessage", chat_id=guarded.group))
    stranger = guarded.person("Sam")
    await guarded.advance(1)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.advance(1)
    assert not guarded.muted(stranger)
    for _ in range(8):
        await guarded.advance(1)
    assert len(guarded.calls("sendMessage", chat_id=guarded.group)) == before + 1
    assert guarded.prompts() == []
