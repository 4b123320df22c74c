"""Posting updates to a bot's webhook: in order within a queue, in parallel across queues."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Protocol

import aiohttp
import msgspec
import orjson

from gmbot.simulator.clock import Clock
from gmbot.simulator.errors import ApiError
from gmbot.simulator.forms import parse_arguments
from gmbot.simulator.mailbox import Entry, Mailbox, Webhook
from gmbot.simulator.mishaps import Repeats
from gmbot.simulator.waiting import first_of

_NOT_IN_ANSWERS = ("get", "setwebhook", "deletewebhook", "close", "logout")


class WebhookAnswer(msgspec.Struct, frozen=True):
    """What a webhook answered to an update."""

    status: int
    content_type: str = ""
    body: bytes = b""
    retry_after_s: int = 0


class WebhookUnreachable(Exception):
    """No answer came from the webhook; the message says why."""


class Post(Protocol):
    """The way to a bot's webhook."""

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Post one update. Raises WebhookUnreachable when there is no answer."""
        ...


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How deliveries are repeated: the first at once, then after 2, 4, 8… s up to a cap drawn each time."""

    answer_timeout_s: float = 60.0
    longest_delay_s: tuple[float, float] = (60.0, 120.0)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What deliveries need of the world; `execute` carries out a method call found in an answer."""

    clock: Clock
    post: Post
    execute: Callable[[str, dict[str, object]], Coroutine[object, object, None]]
    chance: random.Random
    pace: Pace = Pace()


class Delivery:
    """Brings one bot's updates to one webhook until it is stopped."""

    def __init__(self, mailbox: Mailbox, repeats: Repeats, webhook: Webhook, around: Surroundings) -> None:
        self._mailbox = mailbox
        self._repeats = repeats
        self._webhook = webhook
        self._around = around
        self._connections = asyncio.Semaphore(webhook.max_connections)
        self._queues: dict[tuple[str, int], list[Entry]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unlisten = mailbox.listen(self._add)
        for entry in mailbox.pending():
            self._add(entry)

    def stop(self) -> None:
        """Break off; whatever was not confirmed stays in the mailbox."""
        self._unlisten()
        for task in self._tasks:
            task.cancel()

    def _add(self, entry: Entry) -> None:
        queue = self._queues.get(entry.queue)
        if queue is not None:
            queue.append(entry)
            return
        self._queues[entry.queue] = [entry]
        self._spawn(self._work(entry.queue))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, key: tuple[str, int]) -> None:
        queue = self._queues[key]
        while queue:
            await self._bring(queue[0])
            del queue[0]
        del self._queues[key]

    async def _bring(self, entry: Entry) -> None:
        """Send one update until it is confirmed or expires."""
        fails = 0
        delay_s = 1.0
        while self._mailbox.holds(entry.update_id):
            answer = await self._attempt(entry)
            if answer is not None and answer.status // 100 == 2:
                await self._confirm(entry, answer)
                return
            pause_s = answer.retry_after_s if answer is not None else 0.0
            if pause_s == 0 and fails > 0:
                delay_s = pause_s = self._longer(delay_s)
            fails += 1
            if self._around.clock.now() + pause_s > entry.expires_at:
                self._mailbox.remove(entry.update_id)
            elif pause_s > 0:
                await self._around.clock.sleep(pause_s)

    async def _attempt(self, entry: Entry) -> WebhookAnswer | None:
        try:
            async with self._connections:
                answer = await self._send(entry)
        except WebhookUnreachable as error:
            self._complain(str(error))
            return None
        if answer.status // 100 != 2:
            self._complain(f"Wrong response from the webhook: {answer.status} {_phrase(answer.status)}")
        return answer

    async def _send(self, entry: Entry) -> WebhookAnswer:
        headers = {"Content-Type": "application/json"}
        if self._webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._webhook.secret_token
        body = orjson.dumps(entry.update)
        posting = asyncio.ensure_future(self._around.post(self._webhook.url, headers, body))
        if await first_of(posting, self._around.clock.sleep(self._around.pace.answer_timeout_s)):
            raise WebhookUnreachable("Read timeout expired")
        return await posting

    async def _confirm(self, entry: Entry, answer: WebhookAnswer) -> None:
        self._mailbox.remove(entry.update_id)
        self._obey(answer)
        if self._repeats.take(entry.update_id):
            await self._attempt(entry)

    def _obey(self, answer: WebhookAnswer) -> None:
        """Carry out the method call an answer may hold, beside the queue; nobody sees how it ends."""
        try:
            arguments = parse_arguments("", answer.content_type, answer.body)
        except ApiError:
            return
        method = arguments.pop("method", None)
        if isinstance(method, str) and not method.lower().startswith(_NOT_IN_ANSWERS):
            self._spawn(self._around.execute(method, arguments))

    def _longer(self, delay_s: float) -> float:
        cap_s = self._around.chance.uniform(*self._around.pace.longest_delay_s)
        return min(cap_s, delay_s * 2)

    def _complain(self, text: str) -> None:
        self._mailbox.last_error = (int(self._around.clock.now()), text)


class HttpPost:
    """Posts to webhooks over HTTP, with one pool of connections."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Post one update. Raises WebhookUnreachable when there is no answer."""
        try:
            async with self._opened().post(url, headers=headers, data=body, allow_redirects=False) as answer:
                return WebhookAnswer(
                    answer.status,
                    answer.headers.get("Content-Type", ""),
                    await answer.read(),
                    _seconds(answer.headers.get("Retry-After", "")),
                )
        except aiohttp.ClientConnectorError:
            raise WebhookUnreachable("Connection refused") from None
        except aiohttp.ClientError:
            raise WebhookUnreachable("Webhook connection closed") from None

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout())
        return self._session


def _seconds(text: str) -> int:
    return min(int(text), 3600) if text.isdecimal() else 0


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
