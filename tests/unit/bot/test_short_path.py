"""The short path and the long way come to the same: answer, facts and counts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.bot.gates import BOT, CLUB, GROUP, KNOWN, LOOSE, NEWS, PAUSED, SHUT, START, Gate, message

from gmbot.gate.events import Event, MembershipRecalled, UpdateHandled
from gmbot.gate.tally import Tally

ELSEWHERE = -1009
PEOPLE = (*KNOWN, 50, 51, 777000, 1087968824, 99)
BOTS = {1087968824, 99}
TEXTS = ("hello", "", "a\0b", "/status", "/status@gm_bot", "/help@other_bot", "/", "not /a command")
MARKS = ("left_chat_member", "pinned_message", "new_chat_title", "giveaway_completed", "migrate_to_chat_id")


def _person(user_id: int) -> dict[str, object]:
    return {"id": user_id, "is_bot": user_id in BOTS, "first_name": f"P{user_id}"}


def _chat(chat_id: int) -> dict[str, object]:
    kind = "private" if chat_id > 0 else "channel" if chat_id in {NEWS, CLUB} else "supergroup"
    return {"id": chat_id, "type": kind, "title": "T"}


people = st.sampled_from(PEOPLE)
chats = st.sampled_from((GROUP, GROUP, LOOSE, PAUSED, SHUT, ELSEWHERE, 50, NEWS)).map(_chat)
marked = st.sampled_from(({"type": "bot_command", "offset": 0, "length": 7},))
extras = st.dictionaries(
    st.sampled_from(MARKS), st.sampled_from((_person(50), {}, None, ELSEWHERE, True)), max_size=1
)
nonsense: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    ({}, {}, {}, {"date": -1}, {"entities": 5}, {"from": {}}, {"chat": None}, {"text": 1})
)


@st.composite
def messages(draw: st.DrawFn) -> dict[str, object]:
    """Return a message of any kind, now and then one that makes no sense."""
    made: dict[str, Any] = {
        "message_id": draw(st.integers(1, 9)),
        "date": START - draw(st.integers(-3, 600)),
        "chat": draw(chats),
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "from": people.map(_person),
        "text": st.sampled_from(TEXTS),
        "caption": st.sampled_from(TEXTS),
        "entities": st.lists(marked, max_size=1),
        "sender_chat": st.sampled_from((GROUP, NEWS, ELSEWHERE)).map(_chat),
        "is_automatic_forward": st.booleans(),
        "edit_date": st.integers(START, START + 9),
        "new_chat_members": st.lists(people.map(_person), max_size=2),
        "migrate_from_chat_id": st.sampled_from((0, ELSEWHERE)),
    }
    usual = {"from", "text"}
    for name, values in optional.items():
        if draw(st.integers(0, 9)) < (8 if name in usual else 1):
            made[name] = draw(values)
    made |= draw(extras)
    made |= draw(nonsense)
    return made


def _changes(user_id: int, status: str, chat_id: int) -> dict[str, object]:
    old = {"user": _person(user_id), "status": "left"}
    new = {"user": _person(user_id), "status": status}
    change = {"chat": _chat(chat_id), "from": _person(user_id), "date": START}
    return change | {"old_chat_member": old, "new_chat_member": new}


changes = st.builds(
    _changes, people, st.sampled_from(("member", "left", "administrator")), st.sampled_from((GROUP, NEWS))
)
kinds = st.one_of(
    st.builds(lambda m: {"message": m}, messages()),
    st.builds(lambda m: {"message": m}, messages()),
    st.builds(lambda m: {"edited_message": m}, messages()),
    st.builds(lambda c: {"chat_member": c}, changes),
    st.builds(lambda m, c: {"edited_message": m, "chat_member": c}, messages(), changes),
    st.builds(lambda m, n: {"message": m, "edited_message": n}, messages(), messages()),
    st.just({"poll": {}}),
)
histories = st.lists(kinds, min_size=1, max_size=12)


def _untimed(event: UpdateHandled | MembershipRecalled) -> Event:
    if isinstance(event, UpdateHandled) and event.lag_s is not None:
        event = msgspec.structs.replace(event, lag_s=float(round(event.lag_s)))
    return msgspec.structs.replace(event, seconds=0.0)


def _told(events: list[Event]) -> list[Event]:
    return [_untimed(e) for e in events if isinstance(e, UpdateHandled | MembershipRecalled)]


def _counted(gate: Gate) -> Counter[str]:
    """Return what metrics would show, whether it was told or tallied."""
    counts: Counter[str] = Counter()
    told = Tally(gate.tally.bounds)
    for event in gate.events:
        if isinstance(event, UpdateHandled):
            counts[event.kind] += 1
            if event.lag_s is not None:
                told.lags.observe(event.lag_s)
        if isinstance(event, MembershipRecalled):
            counts["hits" if event.hit else "misses"] += 1
    for tally in (told, gate.tally):
        counts["message"] += sum(tally.messages.take().counts)
        counts["edited_message"] += sum(tally.edited.take().counts)
        counts["hits"] += sum(tally.recalls.take().counts)
        counts.update({f"lag {bucket}": n for bucket, n in enumerate(tally.lags.take().counts)})
    return +counts


@settings(max_examples=150, deadline=None)
@given(histories)
async def test_both_ways_come_to_the_same(history: list[dict[str, object]]) -> None:
    """Whatever comes: what is stored, remembered and counted is the same, each update on its own."""
    short, long = Gate(sampled=lambda number: number % 3 == 0), Gate(short=False)
    for number, fields in enumerate(history, start=100):
        body = msgspec.json.encode({"update_id": number} | fields)
        await short.take(body)
        await long.take(body)
        assert short.facts() == long.facts()
    assert _counted(short) == _counted(long)


@settings(max_examples=80, deadline=None)
@given(histories)
async def test_who_is_sampled_is_told_of_as_on_the_long_way(history: list[dict[str, object]]) -> None:
    """The same events, but for how long it took."""
    short, long = Gate(sampled=lambda number: True), Gate(short=False)
    for number, fields in enumerate(history, start=100):
        body = msgspec.json.encode({"update_id": number} | fields)
        await short.take(body)
        await long.take(body)
    assert _told(short.events) == _told(long.events)


async def test_a_member_s_message_passes_without_a_word() -> None:
    """Nothing is stored, nothing is told, one message is counted."""
    gate = Gate()
    assert await gate.take(message(1, GROUP, KNOWN[0])) is True
    assert gate.events == []
    assert _counted(gate)["message"] == 1


async def test_a_stranger_s_message_takes_the_long_way() -> None:
    """And is owed a judgement."""
    gate = Gate()
    assert await gate.take(message(1, GROUP, 50)) is False
    assert gate.owed() == ["Judge"]


async def test_who_left_does_not_pass() -> None:
    """A leave that was stored is known at once."""
    gate = Gate()
    left = {"update_id": 1, "chat_member": _changes(KNOWN[0], "left", NEWS)}
    left["chat_member"] |= {"old_chat_member": {"user": _person(KNOWN[0]), "status": "member"}}  # type: ignore[operator]
    await gate.take(msgspec.json.encode(left))
    assert await gate.take(message(2, GROUP, KNOWN[0])) is False


async def test_memory_that_others_may_have_overtaken_lets_nobody_pass() -> None:
    """While shared memory cannot tell of what other processes stored."""
    gate = Gate(trusted=False)
    assert await gate.take(message(1, GROUP, KNOWN[0])) is False


async def test_the_bot_is_the_bot() -> None:
    """The gate's own id, so that its echoes are known."""
    assert int(Gate().bot.user_id) == int(BOT)
