"""One call: its turn, its deadline, its one repetition, and what it leaves behind."""

from __future__ import annotations

import contextlib

import pytest
from tests.fixtures.telegram import BOT, START, LeapingClock, client_of, no, of_type, ok, scripted

from gmbot.adapters.telegram.transport import Reply as Answer
from gmbot.domain.errors import (
    ChatMigrated,
    ConfigurationError,
    GMBotError,
    PersonUnknown,
    TooManyRequests,
    TransientError,
    Unavailable,
)
from gmbot.domain.ids import GroupId, MessageId, UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.standing import MUTED, Restriction, Status
from gmbot.gate.events import ApiCalled, RateLimitDelayed, Retried
from gmbot.gate.incoming import ChatKind
from gmbot.gate.outgoing import Address, Note
from gmbot.gate.ports import Administrator, Me

ANN = UserId(7)
TALK = GroupId(-1001)
LEFT = {"status": "left", "user": {"id": 7, "is_bot": False, "first_name": "Ann"}}
VAGUE = no(400, "Bad Request: PARTICIPANT_ID_INVALID")
BROKEN = no(500, "Internal Server Error: restart")
RESET = Unavailable("getChatMember: no answer (reset)")
NONSENSE = Answer(502, b"<html>nginx</html>")
MUTE = Restriction(MUTED, 0)


async def test_an_invisible_participant_is_asked_for_once_more() -> None:
    """PARTICIPANT_ID_INVALID comes at random; the identical call often tells."""
    client, script, _ = scripted(VAGUE, ok(LEFT))
    assert (await client.member(TALK, ANN)).status is Status.LEFT
    assert script.calls[0] == script.calls[1]


async def test_an_invisible_participant_stays_unknown_after_that() -> None:
    """Unknown is not "left"."""
    client, script, _ = scripted(VAGUE, VAGUE)
    with pytest.raises(PersonUnknown):
        await client.member(TALK, ANN)
    assert len(script.calls) == 2


@pytest.mark.parametrize("failure", [BROKEN, RESET, NONSENSE])
async def test_a_question_is_asked_again_after_a_passing_failure(failure: Answer | Exception) -> None:
    """A reset or a 5xx tells nothing and costs nothing to repeat."""
    client, _, events = scripted(failure, ok(LEFT))
    assert (await client.member(TALK, ANN)).status is Status.LEFT
    assert of_type(Retried, events) == [Retried("getChatMember")]


@pytest.mark.parametrize("failure", [BROKEN, RESET, NONSENSE])
async def test_a_question_is_asked_twice_at_most(failure: Answer | Exception) -> None:
    """Then it is somebody else's to ask later."""
    client, script, _ = scripted(failure, failure, ok(LEFT))
    with pytest.raises(Unavailable):
        await client.member(TALK, ANN)
    assert len(script.calls) == 2


@pytest.mark.parametrize("failure", [BROKEN, RESET, NONSENSE])
async def test_an_effect_is_not_repeated(failure: Answer | Exception) -> None:
    """It may have happened; whoever owes it decides anew."""
    client, script, _ = scripted(failure, ok())
    with pytest.raises(Unavailable):
        await client.restrict(TALK, ANN, MUTE)
    assert len(script.calls) == 1


async def test_a_question_that_used_up_its_time_is_not_asked_again() -> None:
    """The deadline holds for both attempts together."""
    clock = LeapingClock()
    client, script, _ = scripted(RESET, ok(LEFT), clock=clock)

    def slowly() -> None:
        clock.time += 9.5

    script.before = slowly
    with pytest.raises(Unavailable):
        await client.member(TALK, ANN)
    assert len(script.calls) == 1


async def test_the_second_attempt_has_what_the_first_left() -> None:
    """No call takes longer than its deadline."""
    clock = LeapingClock()
    client, script, _ = scripted(RESET, ok(LEFT), clock=clock)

    def slowly() -> None:
        clock.time += 4

    script.before = slowly
    await client.member(TALK, ANN)
    assert script.timeouts == [10, 6]


async def test_in_an_outage_questions_are_hardly_doubled() -> None:
    """Repetitions are earned by asking: of 200 failing questions few are repeated."""
    client, script, _ = scripted(*[RESET] * 400)
    for _ in range(200):
        with pytest.raises(Unavailable):
            await client.member(TALK, ANN)
    assert 200 < len(script.calls) <= 240


async def test_a_429_is_an_error_that_says_how_long() -> None:
    """The call is not repeated: it is not this client's to wait for whoever owes it."""
    client, script, events = scripted(no(429, "Too Many Requests: retry after 5", retry_after=5))
    with pytest.raises(TooManyRequests) as caught:
        await client.restrict(TALK, ANN, MUTE)
    assert caught.value.retry_after_s == 5
    assert of_type(RateLimitDelayed, events) == [RateLimitDelayed("restrictChatMember", 5)]
    assert len(script.calls) == 1


async def test_after_a_429_the_next_such_call_waits_its_turn() -> None:
    """`retry_after` is law for that method and chat."""
    clock = LeapingClock()
    client, script, events = scripted(no(429, "x", retry_after=5), ok(), clock=clock)
    with pytest.raises(TooManyRequests):
        await client.restrict(TALK, ANN, MUTE)
    clock.time += 1
    await client.restrict(TALK, UserId(8), MUTE)
    assert clock.naps == [4]
    assert RateLimitDelayed("restrictChatMember", 4) in events
    assert script.timeouts == [10, 10]


async def test_a_turn_that_comes_too_late_is_refused_at_once() -> None:
    """With what is left, and without a call."""
    clock = LeapingClock()
    client, script, _ = scripted(no(429, "x", retry_after=40), clock=clock)
    with pytest.raises(TooManyRequests):
        await client.restrict(TALK, ANN, MUTE)
    clock.time += 10
    with pytest.raises(TooManyRequests) as caught:
        await client.restrict(TALK, ANN, MUTE)
    assert caught.value.retry_after_s == 30
    assert (len(script.calls), clock.naps) == (1, [])


async def test_a_429_keeps_back_neither_other_methods_nor_other_chats() -> None:
    """Limits are counted per method and chat."""
    clock = LeapingClock()
    client, _, _ = scripted(no(429, "x", retry_after=5), ok(), ok(), clock=clock)
    with pytest.raises(TooManyRequests):
        await client.restrict(TALK, ANN, MUTE)
    await client.restrict(GroupId(-1002), ANN, MUTE)
    await client.delete(TALK, [MessageId(1)])
    assert clock.naps == []


async def test_a_turn_that_has_come_is_forgotten() -> None:
    """Many chats' 429s do not pile up."""
    clock = LeapingClock()
    limited = [no(429, "x", retry_after=1)] * 1_200
    client, script, _ = scripted(*limited, ok(), clock=clock)
    for chat in range(1_200):
        clock.time += 2
        with pytest.raises(TooManyRequests):
            await client.restrict(GroupId(-chat), ANN, MUTE)
    clock.time += 2
    await client.restrict(GroupId(-1_199), ANN, MUTE)
    assert len(script.calls) == 1_201


async def test_a_migrated_group_is_named_anew() -> None:
    """The error carries the supergroup's id."""
    client, _, _ = scripted(no(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009))
    with pytest.raises(ChatMigrated) as caught:
        await client.send(Address(-9), Note("hello"))
    assert caught.value.new_chat_id == -1009


async def test_what_is_done_already_is_no_error() -> None:
    """A message that is gone, or the same; a tap too late to be answered."""
    gone = no(400, "Bad Request: message to delete not found")
    same = no(400, "Bad Request: message is not modified: …")
    late = no(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    client, script, _ = scripted(gone, same, late)
    await client.delete(TALK, [MessageId(1)])
    await client.edit(TALK, MessageId(1), Note("hello"))
    await client.answer("1", "hello")
    assert script.methods == ["deleteMessage", "editMessageText", "answerCallbackQuery"]


async def test_a_refused_token_stops_the_operator_not_the_member() -> None:
    """401 is a setting's fault."""
    client, _, _ = scripted(no(401, "Unauthorized"))
    with pytest.raises(ConfigurationError):
        await client.me()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b""),
        Answer(200, b"<html></html>"),
        Answer(200, b'{"ok":true}'),
        Answer(200, b'{"ok":true,"result":{"status":"left"'),
        Answer(200, b'{"ok":true,"result":{"status":"ghost"}}'),
        Answer(200, b'{"ok":true,"result":[' + b"[" * 100_000),
        Answer(401, b"<html>please log in</html>"),
        Answer(204, b"null"),
    ],
)
async def test_an_answer_that_makes_no_sense_tells_nothing(answer: Answer) -> None:
    """A proxy's page is neither a verdict about anybody nor a wrong token."""
    client, _, _ = scripted(answer, answer)
    with pytest.raises(Unavailable):
        await client.member(TALK, ANN)


async def test_an_answer_is_stamped_with_the_second_of_its_question() -> None:
    """The header's second less the time the call took."""
    clock = LeapingClock()
    client, script, _ = scripted(ok(LEFT, date=START + 100), clock=clock)

    def slowly() -> None:
        clock.time += 2.5

    script.before = slowly
    assert (await client.member(TALK, ANN)).stamp == Stamp(int(START) + 97, Source.QUESTION)


async def test_now_is_telegrams_time() -> None:
    """A clock of ours that is wrong by an hour is put right by the first answer."""
    client, _, _ = scripted(ok({"id": 42, "first_name": "Gate"}, date=START + 3600))
    await client.me()
    assert client.now() == START + 3600


@pytest.mark.parametrize(
    ("answer", "code"),
    [(ok(), 200), (no(400, "Bad Request: x"), 400), (BROKEN, 500), (NONSENSE, 502), (RESET, 0)],
)
async def test_each_call_is_told_of(answer: Answer | Exception, code: int) -> None:
    """With Telegram's code, the gateway's, or 0 when nobody answered."""
    client, _, events = scripted(answer)
    with contextlib.suppress(GMBotError):
        await client.restrict(TALK, ANN, MUTE)
    assert events == [ApiCalled(BOT, "restrictChatMember", code, 0, TALK)]


async def test_both_attempts_are_told_of() -> None:
    """An API call is a call."""
    client, _, events = scripted(RESET, ok(LEFT))
    await client.member(TALK, ANN)
    assert [event.code for event in of_type(ApiCalled, events)] == [0, 200]


async def test_a_chat_asked_for_by_name_is_told_of_without_an_id() -> None:
    """Only ids are ids."""
    client, _, events = scripted(
        ok({"id": -1002, "type": "channel", "title": "News", "linked_chat_id": -1001})
    )
    info = await client.chat("@news")
    assert (info.chat.chat_id, info.chat.kind, info.linked_chat_id) == (-1002, ChatKind.CHANNEL, -1001)
    assert [event.chat_id for event in of_type(ApiCalled, events)] == [None]


async def test_the_bot_knows_itself() -> None:
    """Id, username and name, from getMe."""
    client, _, _ = scripted(ok({"id": 42, "is_bot": True, "first_name": "Gate", "username": "gate_bot"}))
    assert await client.me() == Me(BOT, "gate_bot", "Gate")


async def test_administrators_come_with_their_rights() -> None:
    """The owner has every one; anonymity is kept."""
    owner = {"status": "creator", "user": {"id": 1, "first_name": "Olga"}, "is_anonymous": True}
    admin = {
        "status": "administrator",
        "user": {"id": 42, "is_bot": True, "first_name": "Gate"},
        "can_restrict_members": True,
    }
    client, _, _ = scripted(ok([owner, admin]))
    first, second = await client.administrators(TALK)
    assert (first.is_owner, first.is_anonymous, "can_restrict_members" in first.rights) == (True, True, True)
    assert second == Administrator(UserId(42), frozenset({"can_restrict_members"}), is_bot=True)


async def test_a_conflict_elsewhere_is_transient() -> None:
    """409 belongs to getUpdates; anywhere else it means: later."""
    client, _, _ = scripted(no(409, "Conflict: x"))
    with pytest.raises(TransientError):
        await client.delete_webhook()


def test_a_client_shows_no_secret() -> None:
    """Its repr is a name."""
    client, script, events = scripted()
    assert "canary" not in repr(client) + repr(client_of(script, events))
