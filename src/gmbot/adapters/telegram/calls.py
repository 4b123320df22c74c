"""One call to the Bot API: its deadline, its turn, its one repetition, and what its answer means."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from gmbot.adapters.telegram.errors import Refusal, error_of, patience_s, vague
from gmbot.adapters.telegram.send_queue import Priority, Sending, SendLimits, SendQueue
from gmbot.adapters.telegram.telegram_time import TelegramTime
from gmbot.adapters.telegram.transport import Reply, Transport
from gmbot.adapters.telegram.waits import RESERVE_S, Target, Waits
from gmbot.adapters.telegram.wire import UNDECODABLE, ApiResponse
from gmbot.domain.errors import CircuitOpen, Unavailable
from gmbot.domain.ids import BotId
from gmbot.gate.events import ApiCalled, Retried
from gmbot.gate.ports import Clock, Emit
from gmbot.resilience.budget import SharedBudget
from gmbot.resilience.retry import RetryBudget

T = TypeVar("T")

REPEATED, SAVED_UP = 0.1, 10.0
"""The share of questions that may be repeated, and how many repetitions may be saved up: none is doubled."""

SHORTEST_REPEAT_S = 1.0
"""With less time than this a question is not worth asking again."""


class Call(msgspec.Struct, frozen=True):
    """A method with its arguments; a `question` changes nothing and may be asked twice.

    With a `priority` it waits for its turn first: `timeout_s` is for the answer, after that. `about` is
    the chat whose share it uses, if its arguments do not tell.
    """

    method: str
    arguments: Mapping[str, object]
    question: bool = False
    timeout_s: float = 10.0
    priority: Priority | None = None
    about: int | None = None
    expires_s: float | None = None

    @property
    def target(self) -> Target:
        """What Telegram's limits are counted by."""
        chat = self.arguments.get("chat_id")
        return self.method, chat if isinstance(chat, int | str) else None

    def sending(self, priority: Priority) -> Sending:
        """How the call stands in the queue."""
        target = self.target
        return Sending(
            target=target,
            priority=priority,
            chat=target[1] if self.about is None else self.about,
            patience_s=self.timeout_s - RESERVE_S,
            expires_s=self.expires_s,
        )


class Answer(msgspec.Struct, frozen=True):
    """What Telegram said; `refusal` is None when it did as told. `at`: the second of the question."""

    result: msgspec.Raw
    refusal: Refusal | None
    at: int


class Caller:
    """Makes one bot's calls."""

    def __init__(
        self,
        transport: Transport,
        *,
        bot_id: BotId,
        clock: Clock,
        emit: Emit,
        limits: SendLimits,
        shared: SharedBudget | None = None,
    ) -> None:
        self._transport = transport
        self._bot_id = bot_id
        self._clock = clock
        self._emit = emit
        self._waits = Waits(clock, emit)
        self.queue = SendQueue(
            limits, self._waits, clock=clock, emit=emit, shared=shared, key=f"send:{bot_id}"
        )
        self._allowance = RetryBudget(share=REPEATED, first=SAVED_UP, most=SAVED_UP)
        self.time = TelegramTime(clock)

    async def make(self, call: Call) -> Answer:
        """Return the answer, a refusal included if all that it says is "done already".

        Raises a TransientError, RefusedError or ConfigurationError otherwise.
        """
        return settled(await self.hear(call))

    async def hear(self, call: Call) -> Answer:
        """Return the answer, whatever it is. Raises Unavailable, or TooManyRequests if it was not asked."""
        if call.priority is not None:
            await self.queue.turn(call.sending(call.priority))
            return await self.hear_now(call, self._clock.now() + call.timeout_s)
        deadline = self._clock.now() + call.timeout_s
        await self._waits.turn(call.target, deadline)
        return await self.hear_now(call, deadline)

    async def hear_now(self, call: Call, deadline: float) -> Answer:
        """Return the answer to a call whose turn it is; `deadline` is a Unix second."""
        answer = await self._persevere(call, deadline)
        if answer.refusal is not None and answer.refusal.code == 429:
            self._waits.hold_back(call.target, patience_s(answer.refusal))
        return answer

    async def _persevere(self, call: Call, deadline: float) -> Answer:
        if call.question:
            self._allowance.earn()
        try:
            answer = await self._exchange(call, deadline)
        except CircuitOpen:
            raise
        except Unavailable:
            if not self._affordable(call, deadline):
                raise
            return await self._repeat(call, deadline)
        if self._worth_repeating(call, answer.refusal, deadline):
            return await self._repeat(call, deadline)
        return answer

    async def _repeat(self, call: Call, deadline: float) -> Answer:
        self._emit(Retried(call.method))
        return await self._exchange(call, deadline)

    def _worth_repeating(self, call: Call, refusal: Refusal | None, deadline: float) -> bool:
        if refusal is None:
            return False
        return vague(refusal) or (refusal.code >= 500 and self._affordable(call, deadline))

    def _affordable(self, call: Call, deadline: float) -> bool:
        in_time = self._clock.now() + SHORTEST_REPEAT_S <= deadline
        return call.question and in_time and self._allowance.spend()

    async def _exchange(self, call: Call, deadline: float) -> Answer:
        asked = self._clock.now()
        code = 0
        try:
            body = msgspec.json.encode(call.arguments)
            reply = await self._transport.post(call.method, body, max(deadline - asked, 0.0))
            code = reply.status if reply.status >= 400 else 0
            answer = self._read(call, reply, asked)
        except CircuitOpen:
            # No call was made.
            raise
        except Unavailable:
            self._tell(call, code, asked)
            raise
        self._tell(call, 200 if answer.refusal is None else answer.refusal.code, asked)
        return answer

    def _read(self, call: Call, reply: Reply, asked: float) -> Answer:
        heard = self._clock.now()
        self.time.hear(reply.date, asked, heard)
        at = self.time.second_asked(reply.date, asked, heard)
        response = _decoded(call.method, reply)
        return Answer(response.result, _refusal(call.method, reply.status, response), at)

    def _tell(self, call: Call, code: int, asked: float) -> None:
        chat = call.arguments.get("chat_id")
        seconds = max(self._clock.now() - asked, 0.0)
        self._emit(
            ApiCalled(self._bot_id, call.method, code, seconds, chat if isinstance(chat, int) else None)
        )


_RESPONSES = msgspec.json.Decoder(ApiResponse)


def settled(answer: Answer) -> Answer:
    """Return the answer unless its refusal is an error, which is raised."""
    error = None if answer.refusal is None else error_of(answer.refusal)
    if error is not None:
        raise error
    return answer


def read(method: str, answer: Answer, decoder: msgspec.json.Decoder[T]) -> T:
    """Return a result as its type. Raises Unavailable if it makes no sense."""
    with contextlib.suppress(*UNDECODABLE):
        return decoder.decode(answer.result)
    raise Unavailable(f"{method}: a result that is not the Bot API's")


def _decoded(method: str, reply: Reply) -> ApiResponse:
    with contextlib.suppress(*UNDECODABLE):
        response = _RESPONSES.decode(reply.body)
        if response.result or not response.ok:
            return response
    raise Unavailable(f"{method}: HTTP {reply.status} with an answer that is not the Bot API's")


def _refusal(method: str, status: int, response: ApiResponse) -> Refusal | None:
    if response.ok:
        return None
    return Refusal(method, response.error_code or status, response.description, response.parameters)
