"""GMBot inside this process, between a canned Telegram and a database in memory: its own work alone."""

from __future__ import annotations

import asyncio
import io
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.children import SECRET
from benchmarks.lean.answers import BotApi, arguments_of
from benchmarks.lean.mailbox import Mailbox
from benchmarks.lean.members import Members
from benchmarks.lean.updates import BOT_ID, TOKEN, encoded
from benchmarks.town import BOT, Town
from gmbot.adapters.memory.recall import CAPACITY, FactMemory
from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.adapters.telegram.send_queue import SendLimits
from gmbot.adapters.telegram.transport import Reply
from gmbot.adapters.telegram.webhook import AsgiMessage, WebhookApp, WebhookBot
from gmbot.bootstrap import BotAtWork, Parts, Product, assemble, start_polling
from gmbot.gate.changes import Changes
from gmbot.gate.ports import Clock
from gmbot.gate.sweeps import SweepPlan
from gmbot.resilience.clock import SystemClock
from gmbot.settings import Settings

UNLIMITED = SendLimits(rate_per_s=1e6, burst=1_000_000, group_messages_per_minute=10**6)
LEARN_AT_ONCE = 10_000


class CannedTelegram:
    """A transport that answers at once; what was put into its mailbox is fetched by polling."""

    def __init__(self, town: Town, clock: Clock) -> None:
        self._clock = clock
        members = Members(town.subscribed)
        members.channels = town.channel_ids
        self.mailbox = Mailbox()
        self.mailbox.on_arrival(self._arrived)
        self._api = BotApi(members, self.mailbox, echoes=False)
        self._arrival = asyncio.Event()
        self.calls = 0

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Answer a call; a poll waits until there is something."""
        if method == "getUpdates":
            page = await self._page(int(arguments_of(body)["offset"]))
            return Reply(200, b'{"ok":true,"result":[%b]}' % page, self._clock.now() // 1)
        self.calls += 1
        result = self._api.result(method, arguments_of(body))
        return Reply(200, encoded({"ok": True, "result": result}), self._clock.now() // 1)

    async def _page(self, offset: int) -> bytes:
        while (page := self.mailbox.fetch(offset)) is None:
            self._arrival.clear()
            await self._arrival.wait()
        return page

    def _arrived(self) -> None:
        self._arrival.set()


class Inside:
    """A bot at work in this process."""

    def __init__(self, work: BotAtWork, telegram: CannedTelegram) -> None:
        self.work = work
        self.telegram = telegram
        self._app = WebhookApp({BOT_ID: WebhookBot(SECRET, work.dispatcher.handle, work.passes)})

    async def polled(self, bodies: Sequence[bytes]) -> None:
        """Have updates fetched a hundred at a time; return once all are confirmed and nothing is owed."""
        self.telegram.mailbox.put(bodies)
        await self.telegram.mailbox.drained()
        await self.work.settled()

    async def posted(self, bodies: Sequence[bytes]) -> None:
        """Bring updates one by one to the webhook, as its server does."""
        headers = [(b"x-telegram-bot-api-secret-token", SECRET.encode()), (b"host", b"bot.example.org")]
        for body in bodies:
            scope = {"type": "http", "method": "POST", "path": f"/webhook/{BOT_ID}", "headers": headers}
            messages = iter([{"type": "http.request", "body": body, "more_body": False}])
            statuses: list[int] = []

            async def receive(messages: object = messages) -> AsgiMessage:
                return next(messages)  # type: ignore[call-overload, no-any-return]

            async def send(message: AsgiMessage, statuses: list[int] = statuses) -> None:
                statuses.append(message.get("status", 0))

            await self._app(scope, receive, send)
            if statuses[0] != 200:
                raise RuntimeError(f"an update was answered with {statuses[0]}")
        await self.work.settled()


class _Nowhere(io.BytesIO):
    """Where lines go that nobody reads."""

    def write(self, data: Any) -> int:
        """Forget them."""
        return len(data)


def _observed(parts: Parts) -> Parts:
    """Return parts with metrics and logs as the product has them, its lines going nowhere."""
    product = Product(_settings(), stream=_Nowhere())
    return _replaced(parts, emit=product.emit, sampled=product.sampled, tally=product.metrics.tally)


def _replaced(parts: Parts, **changes: object) -> Parts:
    names = parts.__dataclass_fields__
    return Parts(**{name: getattr(parts, name) for name in names} | changes)


def _settings() -> Settings:
    environ = {"BOT_TOKEN": TOKEN, "ENVIRONMENT": "production", "TELEGRAM_API_URL": "http://127.0.0.1:9"}
    return Settings.load(environ)


@asynccontextmanager
async def inside(
    town: Town, *, observed: bool = True, remembers: bool = True, clock: Clock | None = None
) -> AsyncIterator[Inside]:
    """Yield a bot that guards a town; `remembers`: its process memory has everybody in it already."""
    clock = clock or SystemClock()
    telegram, database = CannedTelegram(town, clock), MemoryDatabase()
    groups = tuple(town.guarded(number) for number in range(town.groups))
    await MemoryStore(BOT, database).apply(Changes(groups=groups, channels=tuple(town.required())))
    if not remembers:
        people = tuple(town.membership(number) for number in range(town.people))
        await MemoryStore(BOT, database).apply(Changes(memberships=people))
    parts = Parts(
        clock=clock,
        random=random.Random(1).random,
        transport=lambda token: telegram,
        open_store=lambda bot_id, emit: MemoryStore(bot_id, database),
        emit=lambda event: None,
        limits=UNLIMITED,
        sampled=lambda update_id: False,
        sweeps=SweepPlan(serve=False),
    )
    parts = _observed(parts) if observed else parts
    work = await assemble(TOKEN, parts)
    if remembers:
        _remember(work, town)
    start_polling(work, parts)
    try:
        yield Inside(work, telegram)
    finally:
        await work.stop(0.0)


def _remember(work: BotAtWork, town: Town) -> None:
    """Have process memory know everybody, and make room for them: how it forgets is another measure."""
    assert isinstance(work.memory, FactMemory)
    work.memory.__init__(capacity=8 * max(town.people, CAPACITY), most_bytes=2**31)  # type: ignore[misc]
    for first in range(0, town.people, LEARN_AT_ONCE):
        people = range(first, min(first + LEARN_AT_ONCE, town.people))
        work.memory.learn(Changes(memberships=tuple(town.membership(number) for number in people)))
