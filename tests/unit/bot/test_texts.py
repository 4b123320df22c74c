"""Texts: whatever people and channels are called, Telegram accepts what GMBot says."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from gmbot.adapters.telegram.bodies import note_body
from gmbot.domain.group import Channel, ChannelSenders, Group, GroupSettings, PauseReason
from gmbot.domain.hold import Hold
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.rule import Quorum, Rule
from gmbot.entrypoints.bot import admin_texts, menus, texts
from gmbot.gate.confirm_channel import Confirmation, Standing
from gmbot.gate.confirmation import Request, seal
from gmbot.gate.follow_bot import Arrival
from gmbot.gate.incoming import Chat, ChatKind
from gmbot.gate.outgoing import Note
from gmbot.gate.protect_group import (
    MOST_CHANNELS,
    ChannelOutcome,
    ChannelResult,
    ProtectOutcome,
    Refusal,
)
from gmbot.simulator import BotApi, VirtualClock, World

TOKEN = "123456:" + "A" * 35
GROUP = GroupId(-1001)
VOICE = texts.EnglishVoice()

TITLES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=128)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=129)
URLS = st.sampled_from(["https://t.me/+AbCdEf-_123", None])
RESULTS = st.sampled_from(ChannelResult)


@st.composite
def channels(draw: st.DrawFn) -> tuple[Channel, ...]:
    """As many channels as a group may require, called anything."""
    titles = draw(st.lists(TITLES, min_size=1, max_size=MOST_CHANNELS))
    return tuple(
        Channel(ChannelId(-number), title, invite_link=draw(URLS), usable=draw(st.booleans()))
        for number, title in enumerate(titles, 1)
    )


@st.composite
def groups(draw: st.DrawFn) -> tuple[Group, tuple[Channel, ...]]:
    """A group and the channels that it requires."""
    required = draw(channels())
    rule = Rule(tuple(channel.channel_id for channel in required), draw(st.sampled_from(Quorum)), 1)
    settings = GroupSettings(draw(st.sampled_from(ChannelSenders)), draw(st.booleans()), draw(st.booleans()))
    paused = draw(st.none() | st.sampled_from(PauseReason))
    return Group(GROUP, UserId(7), draw(TITLES), rule, settings, paused), required


@st.composite
def holds(draw: st.DrawFn) -> Sequence[Hold]:
    """Anybody who is held, called anything."""
    names = draw(st.lists(NAMES, min_size=1, max_size=20))
    return [Hold(GROUP, UserId(number), 0, 0, name=name) for number, name in enumerate(names, 1)]


def accepted(note: Note) -> bool:
    """Whether the simulated Telegram, as strict as the real one, accepts a note; it raises what it says."""
    world = World(VirtualClock())
    bot_id = world.add_bot(TOKEN, "gm_bot")
    user = world.add_user("Olga")
    world.start_private(user, bot_id)
    BotApi(world).call(TOKEN, "sendMessage", {"chat_id": user, **note_body(note)})
    datas = [button.data or "" for row in note.buttons for button in row]
    return all(len(data.encode()) <= 64 for data in datas)


@given(groups(), holds())
def test_every_prompt_is_accepted(guarded: tuple[Group, tuple[Channel, ...]], people: Sequence[Hold]) -> None:
    """For any names of any people, and any titles."""
    group, required = guarded
    assert accepted(VOICE.prompt(group, required, people))


@given(groups())
def test_everything_about_a_group_is_accepted(guarded: tuple[Group, tuple[Channel, ...]]) -> None:
    """Its status, its settings, the questions about it, and what admins are told."""
    group, required = guarded
    assert accepted(texts.status(group, required))
    assert accepted(texts.settings(group, required))
    assert accepted(VOICE.paused(group))
    assert accepted(VOICE.channel_unusable(group, required[0]))
    assert accepted(admin_texts.confirm_unprotect(group, 2**53))


@given(st.lists(st.tuples(st.text(max_size=4096), st.none() | TITLES, RESULTS), max_size=10), groups())
def test_every_answer_to_protect_is_accepted(
    outcomes: list[tuple[str, str | None, ChannelResult]], guarded: tuple[Group, tuple[Channel, ...]]
) -> None:
    """Whatever was named, and whatever became of it."""
    found = tuple(
        ChannelOutcome(
            named.replace("\0", ""), result, Channel(ChannelId(-1), title) if title else None, "x" * 48
        )
        for named, title, result in outcomes
    )
    group, required = guarded
    answer = ProtectOutcome(channels=found, group=group, required=required)
    assert accepted(admin_texts.protected(answer, "gm_bot"))
    assert accepted(admin_texts.confirmed(answer, Chat(GROUP, ChatKind.SUPERGROUP, group.title)))


@given(st.sampled_from(Refusal), st.sampled_from(Arrival), TITLES)
def test_every_refusal_and_greeting_is_accepted(refusal: Refusal, arrival: Arrival, title: str) -> None:
    """Each says something."""
    refused = ProtectOutcome(refusal, ("can_restrict_members", "can_delete_messages"))
    chat = Chat(GROUP, ChatKind.SUPERGROUP, title)
    for note in (
        admin_texts.protected(refused, "gm_bot"),
        admin_texts.confirmed(refused, chat),
        admin_texts.added("gm_bot", arrival),
    ):
        assert accepted(note)


@given(TITLES, TITLES, st.sampled_from(Standing))
def test_every_question_to_an_admin_of_a_channel_is_accepted(
    group: str, channel: str, standing: Standing
) -> None:
    """Its code fits the button."""
    request = Request(GROUP, ChannelId(-(10**15)), 2**32 - 1)
    asked = Confirmation(
        standing,
        request,
        Chat(GROUP, ChatKind.SUPERGROUP, group),
        Chat(-5, ChatKind.CHANNEL, channel),
    )
    assert accepted(admin_texts.confirmation(seal(request, b"key"), asked))


def test_every_page_is_accepted() -> None:
    """And leads to every other."""
    for name in ("home", "setup", "how", "commands", "help", "nonsense"):
        assert accepted(menus.page(name, "gm_bot"))
    assert accepted(menus.group_help())


@given(channels())
def test_every_answer_to_a_tap_fits(missing: tuple[Channel, ...]) -> None:
    """200 characters, with something of every title."""
    answer = texts.missing_answer(missing)
    assert 0 < len(answer) <= 200
    assert all(channel.title[:5] in answer for channel in missing)


def test_the_fixed_answers_fit() -> None:
    """A longer one would be cut."""
    fixed = (
        texts.ALREADY_FREE,
        texts.WELCOME,
        texts.NOT_GUARDED,
        texts.UNSURE,
        texts.ADMINS_ONLY,
        texts.NOT_YOURS,
        texts.TRY_AGAIN.text,
        texts.GONE,
        texts.DONE,
    )
    assert all(0 < len(answer) <= 200 for answer in fixed)


def test_ten_people_are_named_and_the_rest_counted() -> None:
    """A raid does not fill the screen."""
    people = [Hold(GROUP, UserId(number), 0, 0, name=f"P{number}") for number in range(1, 26)]
    named = texts.mentions(people)
    assert named.count("tg://user") == 10
    assert named.endswith("and 15 more")


def test_somebody_without_a_name_is_still_called() -> None:
    """Deleted accounts have none."""
    assert texts.mentions([Hold(GROUP, UserId(1), 0, 0)]) == '<a href="tg://user?id=1">friend</a>'


def test_each_kind_of_rule_is_put_into_words() -> None:
    """All, any, and at least so many."""
    three = tuple(Channel(ChannelId(-number), name) for number, name in enumerate("ABC", 1))
    ids = tuple(channel.channel_id for channel in three)
    assert texts.wanted(Rule(ids), three) == "<b>A</b>, <b>B</b> and <b>C</b>"
    assert texts.wanted(Rule(ids, Quorum.ANY), three) == "one of <b>A</b>, <b>B</b>, <b>C</b>"
    assert texts.wanted(Rule(ids, Quorum.AT_LEAST, 2), three) == "at least 2 of <b>A</b>, <b>B</b>, <b>C</b>"
    assert texts.wanted(Rule(ids[:1]), three[:1]) == "<b>A</b>"
