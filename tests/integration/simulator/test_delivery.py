"""Webhooks get updates as Telegram sends them."""

import asyncio
import itertools
from collections.abc import Mapping

import msgspec
import orjson
import pytest
from tests.integration.simulator.callers import InProcessCaller
from tests.integration.simulator.stage import Stage

from gmbot.simulator import Fault, FaultKind, Network, Simulator, VirtualClock, World
from gmbot.simulator.delivery import WebhookAnswer, WebhookUnreachable

URL = "http://127.0.0.1:8443/hook"
OK = WebhookAnswer(200)


class Hook:
    """A bot's webhook: what reached it, and what it answers, one answer after the other."""

    def __init__(self) -> None:
        self.answers: list[WebhookAnswer | None] = []
        self.got: list[tuple[float, str]] = []
        self.headers: list[Mapping[str, str]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.inside = 0
        self.most_inside = 0
        self.clock = VirtualClock()

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Take one update."""
        assert url == URL
        update = orjson.loads(body)
        self.got.append((self.clock.now(), update["message"]["text"]))
        self.headers.append(headers)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await self.open.wait()
        finally:
            self.inside -= 1
        answer = self.answers.pop(0) if self.answers else OK
        if answer is None:
            raise WebhookUnreachable("Connection refused")
        return answer

    @property
    def texts(self) -> list[str]:
        """The messages that came, repeats included."""
        return [text for _, text in self.got]


class Scene(msgspec.Struct, frozen=True):
    """A stage, its bot's webhook, and a way to make the bot's calls."""

    stage: Stage
    hook: Hook
    caller: InProcessCaller

    def write(self, text: str, chat: int | None = None) -> None:
        """Let the owner write."""
        self.stage.world.say(self.stage.owner, chat or self.stage.group, text)

    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        for _ in range(10):
            await self.stage.clock.settle()


@pytest.fixture
async def scene() -> Scene:
    """A webhook for messages is set, with a secret."""
    hook = Hook()
    world = World(hook.clock)
    stage = Stage(world, Simulator(world, network=Network(post=hook)), hook.clock)
    caller = InProcessCaller(stage.simulator)
    await caller.call("setWebhook", url=URL, secret_token="s_3-cret", allowed_updates=["message"])
    return Scene(stage, hook, caller)


async def test_an_update_is_posted_once_and_forgotten(scene: Scene) -> None:
    """A 2xx confirms."""
    scene.write("hello")
    await scene.settle()
    assert scene.hook.texts == ["hello"]
    assert len(scene.stage.mailbox) == 0


async def test_the_secret_travels_in_its_header(scene: Scene) -> None:
    """X-Telegram-Bot-Api-Secret-Token, with JSON."""
    scene.write("hello")
    await scene.settle()
    assert scene.hook.headers == [
        {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": "s_3-cret"}
    ]


async def test_what_waited_before_is_delivered_too() -> None:
    """Setting a webhook starts with the backlog, in order."""
    hook = Hook()
    world = World(hook.clock)
    stage = Stage(world, Simulator(world, network=Network(post=hook)), hook.clock)
    scene = Scene(stage, hook, InProcessCaller(stage.simulator))
    scene.write("one")
    scene.write("two")
    await scene.caller.call("setWebhook", url=URL)
    await scene.settle()
    assert hook.texts == ["one", "two"]


async def test_a_queue_is_in_order_and_one_at_a_time(scene: Scene) -> None:
    """The second update of a chat waits for the first's answer."""
    scene.hook.open.clear()
    scene.write("one")
    scene.write("two")
    await scene.settle()
    assert scene.hook.texts == ["one"]
    scene.hook.open.set()
    await scene.settle()
    assert scene.hook.texts == ["one", "two"]


async def test_queues_are_parallel(scene: Scene) -> None:
    """A chat that waits does not hold up another."""
    scene.hook.open.clear()
    scene.write("here")
    scene.write("there", scene.stage.closed_group)
    await scene.settle()
    assert scene.hook.texts == ["here", "there"]


async def test_max_connections_bounds_the_parallel(scene: Scene) -> None:
    """However many queues there are."""
    world, owner = scene.stage.world, scene.stage.owner
    rooms = [world.create_supergroup(owner, f"Room {number}") for number in range(5)]
    for room in rooms:
        world.add_bot_to_chat(room, scene.stage.bot, owner)
    await scene.caller.call("setWebhook", url=URL, max_connections=2, drop_pending_updates=True)
    scene.hook.open.clear()
    for room in rooms:
        scene.write("hello", room)
    await scene.settle()
    assert scene.hook.most_inside == 2


async def test_a_failing_update_blocks_only_its_queue(scene: Scene) -> None:
    """The other chat goes on."""
    scene.hook.answers = [WebhookAnswer(500)] * 3
    scene.write("bad")
    await scene.settle()
    scene.hook.answers = []
    scene.write("behind")
    scene.write("elsewhere", scene.stage.closed_group)
    await scene.settle()
    assert scene.hook.texts == ["bad", "bad", "elsewhere"]
    await scene.stage.clock.advance(2)
    assert scene.hook.texts[3:] == ["bad", "behind"]


async def test_retries_come_at_once_then_after_doubling_pauses(scene: Scene) -> None:
    """0, 2, 4, 8… seconds, and from 60 on somewhere up to 120."""
    scene.hook.answers = [WebhookAnswer(503)] * 12
    start = scene.stage.clock.now()
    scene.write("bad")
    await scene.stage.clock.advance(1200)
    times = [at - start for at, _ in scene.hook.got]
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert pauses[:6] == [0, 2, 4, 8, 16, 32]
    assert all(60 <= pause <= 120 for pause in pauses[6:])


async def test_an_update_that_expires_is_given_up(scene: Scene) -> None:
    """After 24 hours the queue moves on."""
    scene.hook.answers = [WebhookAnswer(500)] * 10_000
    scene.write("bad")
    await scene.stage.clock.advance(24 * 3600)
    scene.hook.answers = []
    scene.write("good")
    await scene.settle()
    assert scene.hook.texts[-1] == "good"


async def test_an_answer_is_awaited_sixty_seconds_then_the_update_sent_again(scene: Scene) -> None:
    """So a slow bot sees duplicates."""
    scene.hook.open.clear()
    scene.write("slow")
    await scene.stage.clock.advance(59)
    assert scene.hook.texts == ["slow"]
    await scene.stage.clock.advance(1)
    assert scene.hook.texts == ["slow", "slow"]


async def test_a_webhook_may_ask_for_a_pause(scene: Scene) -> None:
    """Retry-After is obeyed."""
    scene.hook.answers = [WebhookAnswer(429, retry_after_s=30)]
    scene.write("later")
    await scene.stage.clock.advance(29)
    assert scene.hook.texts == ["later"]
    await scene.stage.clock.advance(1)
    assert scene.hook.texts == ["later", "later"]


async def test_a_call_in_the_answer_is_carried_out(scene: Scene) -> None:
    """`method` beside its arguments, in JSON."""
    body = orjson.dumps({"method": "sendMessage", "chat_id": scene.stage.group, "text": "pong"})
    scene.hook.answers = [WebhookAnswer(200, "application/json", body)]
    scene.write("ping")
    await scene.settle()
    assert scene.stage.world.messages(scene.stage.group)[-1].text == "pong"


@pytest.mark.parametrize("method", ["getMe", "setWebhook", "deleteWebhook", "close", "logOut"])
async def test_some_calls_in_an_answer_are_ignored(scene: Scene, method: str) -> None:
    """Those that return something, or change the delivery itself."""
    scene.hook.answers = [WebhookAnswer(200, "application/json", orjson.dumps({"method": method}))]
    scene.stage.simulator.calls.clear()
    scene.write("ping")
    await scene.settle()
    assert len(scene.stage.simulator.calls) == 0


async def test_a_failing_or_unreadable_call_in_an_answer_changes_nothing(scene: Scene) -> None:
    """Its outcome is nobody's business; the update counts as delivered."""
    scene.hook.answers = [
        WebhookAnswer(200, "application/json", b"{"),
        WebhookAnswer(200, "application/json", b'{"method":"getMilk"}'),
        WebhookAnswer(200, "application/json", b'{"method":"milk"}'),
        WebhookAnswer(200, "text/plain", b"ok"),
    ]
    for text in ("one", "two", "three", "four"):
        scene.write(text)
    await scene.settle()
    assert scene.hook.texts == ["one", "two", "three", "four"]
    assert len(scene.stage.mailbox) == 0


async def test_the_last_error_is_told(scene: Scene) -> None:
    """getWebhookInfo says what went wrong and how much waits."""
    scene.hook.answers = [WebhookAnswer(500), WebhookAnswer(500)]
    scene.write("bad")
    await scene.settle()
    info = (await scene.caller.call("getWebhookInfo")).result
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
    assert info["pending_update_count"] == 1


async def test_an_unreachable_webhook_is_retried(scene: Scene) -> None:
    """A refused connection is a failure like others."""
    scene.hook.answers = [None]
    scene.write("hello")
    await scene.settle()
    assert scene.hook.texts == ["hello", "hello"]
    info = (await scene.caller.call("getWebhookInfo")).result
    assert info["last_error_message"] == "Connection refused"


async def test_deleting_the_webhook_keeps_what_was_not_confirmed(scene: Scene) -> None:
    """The update in flight goes to getUpdates."""
    scene.hook.open.clear()
    scene.write("hello")
    await scene.settle()
    await scene.caller.call("deleteWebhook")
    updates = (await scene.caller.call("getUpdates")).result
    assert [update["message"]["text"] for update in updates] == ["hello"]


async def test_stopping_breaks_off_and_starting_goes_on(scene: Scene) -> None:
    """A server restart loses nothing and repeats what was in flight."""
    scene.hook.open.clear()
    scene.write("hello")
    await scene.settle()
    await scene.stage.simulator.stop()
    scene.hook.open.set()
    await scene.stage.simulator.start()
    await scene.settle()
    assert scene.hook.texts == ["hello", "hello"]
    await scene.stage.simulator.stop()


async def test_a_duplicated_update_is_posted_again_after_its_confirmation(scene: Scene) -> None:
    """The duplicate fault reaches webhooks too."""
    scene.stage.simulator.faults.add(Fault(kind=FaultKind.DUPLICATE_UPDATE, times=1))
    scene.write("hello")
    await scene.settle()
    assert scene.hook.texts == ["hello", "hello"]
