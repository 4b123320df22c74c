"""Ten thousand hostile bodies and answers: no 5xx, no crash, no hang, and nothing gets in (promise 10)."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect
from tests.fixtures.stage import SECRET, Stage, raised_stage
from tests.fixtures.telegram import LeapingClock, client_of
from tests.security.hostile import Ids, Json, Maker, Spoiler
from tests.security.shapes import bodies, shaped

from gmbot.adapters.telegram import wire
from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.transport import Reply
from gmbot.adapters.telegram.webhook import SECRET_HEADER, WebhookApp, WebhookBot
from gmbot.domain.errors import GMBotError
from gmbot.domain.ids import GroupId, MessageId, UserId
from gmbot.domain.standing import FREE
from gmbot.gate.events import Unforeseen, UpdateHandled, UpdateSetAside
from gmbot.gate.outgoing import Address, Note
from gmbot.gate.ports import CommandMenu
from gmbot.gate.set_aside import UNREADABLE

BODIES, STRANGERS, ANSWERS = 6_000, 1_000, 3_000
AT_MOST_S = 5.0
"""How long one body or answer may take; a thousandth is usual."""


class Door:
    """The webhook of a whole GMBot, called as a server calls it."""

    def __init__(self, stage: Stage) -> None:
        assert stage.work is not None
        self.stage = stage
        bot = WebhookBot(SECRET, stage.work.dispatcher.handle, stage.work.passes)
        self._app = WebhookApp({stage.bot_id: bot})

    async def status(self, body: bytes, secret: bytes = SECRET.encode()) -> int:
        """The status that a body is answered with. Raises TimeoutError if it is not."""
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: object) -> None:
            assert isinstance(message, dict)
            sent.append(message)

        path = f"/webhook/{self.stage.bot_id}"
        scope = {"type": "http", "method": "POST", "path": path, "headers": [(SECRET_HEADER, secret)]}
        async with asyncio.timeout(AT_MOST_S):
            await self._app(scope, receive, send)
        status = sent[0]["status"]
        assert isinstance(status, int)
        return status


def updates(stage: Stage, chance: random.Random) -> Iterator[bytes]:
    """Yield hostile updates about those who are on the stage."""
    people = (stage.owner, *(stage.person(f"P{n}", subscribed=n % 2 == 0) for n in range(4)), stage.bot_id)
    people = (*people, 1087968824, 136817688)
    maker = Maker(chance, Ids((stage.group, stage.group, stage.channel, stage.owner, -5), people))
    # Whoever says that the bot was thrown out of the group is believed, and there is nothing left to try.
    elsewhere = Maker(chance, Ids((stage.owner, -5, -1001), people))
    spoiler, numbers = Spoiler(chance, maker), count(1)
    kinds = {field.name: field.type for field in _fields(wire.Update) if field.name != "update_id"}
    while True:
        kind = chance.choice(list(kinds))
        number = next(numbers) if chance.random() < 0.97 else maker.anything()
        payload = (elsewhere if kind == "my_chat_member" else maker).of(kinds[kind], kind)
        yield spoiler.bytes_of({"update_id": number, kind: payload})


def _fields(struct: type) -> tuple[inspect.Field, ...]:
    kind = inspect.type_info(struct)
    assert isinstance(kind, inspect.StructType)
    return kind.fields


@pytest.mark.parametrize("seed", range(2))
async def test_no_body_makes_a_5xx_a_crash_or_a_hang(seed: int) -> None:
    """Whatever Telegram, or who stole its secret, may send to a GMBot that guards a group.

    Each is taken or refused, and none finds a way that nobody foresaw.
    """
    async with raised_stage() as stage:
        await stage.protect()
        door, bodies = Door(stage), updates(stage, random.Random(seed))
        seen: Counter[int] = Counter()
        for number in range(BODIES // 2):
            body = next(bodies)
            status = await door.status(body)
            assert status in (200, 400), (seed, number, body)
            seen[status] += 1
        await stage.rest()
        strange = [event for event in stage.events if isinstance(event, Unforeseen)]
        failed = [event for event in stage.events if isinstance(event, UpdateSetAside)]
        assert strange == []
        assert [event for event in failed if event.error != UNREADABLE] == []
        outcomes = Counter(event.outcome for event in stage.events if isinstance(event, UpdateHandled))
    # The bodies are worth something: they get to where there is something to break.
    assert min(seen[200], seen[400]) > BODIES // 20
    assert min(outcomes["stored"], outcomes["ignored"], outcomes["set_aside"]) > 20


async def test_nothing_gets_in_without_the_secret() -> None:
    """Neither well-made updates nor spoilt ones change, store or say anything."""
    async with raised_stage() as stage:
        await stage.protect()
        chance = random.Random(3)
        door, bodies = Door(stage), updates(stage, chance)
        next(bodies)
        await stage.rest()
        before, said = len(stage.events), len(stage.said())
        for _ in range(STRANGERS):
            guess = chance.choice((b"", b"S3CRET", b"s3cre", b"s3crets", b"\xff", chance.randbytes(6)))
            assert await door.status(next(bodies), guess) == 401
        await stage.rest()
        assert [event for event in stage.events[before:] if isinstance(event, UpdateHandled)] == []
        assert len(stage.said()) == said


class Liar:
    """Answers every call as it likes."""

    def __init__(self, answer: Callable[[], Reply]) -> None:
        self._answer = answer

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Answer anything."""
        return self._answer()


GROUP, USER = GroupId(-1001), UserId(7)
CALLS: dict[str, tuple[object, Callable[[BotClient], Awaitable[object]]]] = {
    "getMe": (wire.User, lambda client: client.me()),
    "getChatMember": (wire.ChatMember, lambda client: client.member(GROUP, USER)),
    "getChat": (wire.ChatFullInfo, lambda client: client.chat(GROUP)),
    "getChatAdministrators": (tuple[wire.ChatMember, ...], lambda client: client.administrators(GROUP)),
    "restrictChatMember": (bool, lambda client: client.restrict(GROUP, USER, FREE)),
    "banChatMember": (bool, lambda client: client.ban(GROUP, USER, 0)),
    "deleteMessages": (bool, lambda client: client.delete(GROUP, (MessageId(1), MessageId(2)))),
    "sendMessage": (wire.SentMessage, lambda client: client.send(Address(GROUP), Note("hello"))),
    "editMessageText": (wire.SentMessage, lambda client: client.edit(GROUP, MessageId(1), Note("hello"))),
    "answerCallbackQuery": (bool, lambda client: client.answer("1", "hello")),
    "createChatInviteLink": (wire.ChatInviteLink, lambda client: client.invite_link(GROUP, "GMBot")),
    "setMyCommands": (bool, lambda client: client.set_commands([CommandMenu("default", (("help", "?"),))])),
    "getUpdates": (tuple[wire.Update, ...], lambda client: client.updates(0)),
    "getWebhookInfo": (wire.WebhookInfo, lambda client: client.webhook()),
}


def answers(method: str, chance: random.Random) -> Callable[[], Reply]:
    """Return what answers a method hostilely."""
    maker = Maker(chance, Ids((GROUP, -5), (USER,)))
    spoiler = Spoiler(chance, maker)
    result = inspect.type_info(CALLS[method][0])
    refusal = inspect.type_info(wire.ApiResponse)

    def answer() -> Reply:
        good: Json = {"ok": True, "result": maker.of(result)}
        bad = maker.of(refusal) | {"ok": False, "error_code": chance.choice((400, 403, 409, 429, 500, 7, -1))}
        body = spoiler.bytes_of(good if chance.random() < 0.6 else bad)
        status = chance.choice((200, 200, 200, 400, 401, 403, 404, 409, 429, 500, 502, 204, 302))
        return Reply(status, body, chance.choice((None, 0.0, 1_790_000_000.0, -1.0, 4e9)))

    return answer


@pytest.mark.parametrize("method", CALLS)
async def test_an_answer_is_understood_or_an_error_of_ours(method: str) -> None:
    """Nothing that a server answers gets beyond the client as anything else, or keeps it for ever."""
    chance = random.Random(method)
    clock = LeapingClock()
    make, answer = CALLS[method][1], answers(method, chance)
    ended: Counter[str] = Counter()
    for _ in range(ANSWERS // len(CALLS) + 1):
        client = client_of(Liar(answer), [], clock=clock)
        try:
            async with asyncio.timeout(AT_MOST_S):
                await make(client)
            ended["well"] += 1
        except GMBotError as error:
            ended[type(error).__name__] += 1
    assert len(ended) > 2


async def _in_time(call: Awaitable[object]) -> None:
    async with asyncio.timeout(AT_MOST_S):
        await call


@pytest.mark.parametrize("method", CALLS)
@given(st.data())
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_an_answer_in_the_bot_apis_shapes_is_understood_or_an_error_of_ours(
    method: str, data: st.DataObject
) -> None:
    """Every type and field that we read, with anything in it, whole or with bytes changed."""
    result = shaped(inspect.type_info(CALLS[method][0]))
    good = result.map(lambda value: {"ok": True, "result": value})
    bad = shaped(inspect.type_info(wire.ApiResponse))
    body = data.draw(bodies(good | bad))
    status = data.draw(st.sampled_from((200, 400, 403, 429, 502)))
    client = client_of(Liar(lambda: Reply(status, body, None)), [], clock=LeapingClock())
    with contextlib.suppress(GMBotError):
        asyncio.run(_in_time(CALLS[method][1](client)))


def test_ten_thousand_are_tried() -> None:
    """The promise has a number."""
    assert BODIES + STRANGERS + ANSWERS >= 10_000
