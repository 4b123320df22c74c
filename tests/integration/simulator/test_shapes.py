"""Whatever the simulator says in a busy random world has the shape that aiogram's strict models expect."""

import asyncio
from collections.abc import Iterator
from typing import Any

import aiogram.methods
import orjson
import pytest
from aiogram.types import Update
from pydantic import BaseModel, TypeAdapter, ValidationError
from tests.integration.simulator.calls import CALLS
from tests.integration.simulator.life import GUARD_TOKEN, TOKEN, Life

from gmbot.simulator.api import NAMED

SEEDS = range(8)
STEPS = 300
TRIES = 25
EMITTED = {
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
}
GUARD_METHODS = {"answerChatJoinRequestQuery"}


class Shapes:
    """Everything seen, and everything wrong with it."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.methods: set[str] = set()
        self.faults: set[str] = set()

    async def live(self, seed: int) -> None:
        """Run one life and look at all that comes out of it."""
        life = Life(seed)
        for _ in range(STEPS):
            life.act()
            method = life.chance.choice(list(CALLS))
            await self._call(life, method)
            self._read(life)
        await self._tour(life)

    async def _tour(self, life: Life) -> None:
        """Try every method until it succeeds, within reason."""
        life.mend()
        for method in CALLS:
            for _ in range(TRIES):
                if await self._call(life, method):
                    break
                life.act()
            self._read(life)
            life.mend()

    async def _call(self, life: Life, method: str) -> bool:
        token = GUARD_TOKEN if method in GUARD_METHODS else TOKEN
        body = orjson.dumps(CALLS[method](life))
        status, _, content = await life.simulator.in_process.handle(f"/bot{token}/{method}", body)
        answer = orjson.loads(content)
        assert answer["ok"] is (status == 200)
        if answer["ok"]:
            self.methods.add(method)
            returning = getattr(aiogram.methods, method[0].upper() + method[1:]).__returning__
            self._check(method, TypeAdapter(returning), answer["result"])
        return status == 200

    def _read(self, life: Life) -> None:
        for bot in life.world.bots.values():
            for entry in bot.mailbox.pending():
                self.kinds.add(entry.kind)
                self._check(entry.kind, UPDATE, orjson.loads(orjson.dumps(entry.update)))
            bot.mailbox.clear()

    def _check(self, what: str, shape: TypeAdapter[Any], given: object) -> None:
        try:
            parsed = shape.validate_python(given)
        except ValidationError as error:
            self.faults.add(f"{what}: {error}")
            return
        if isinstance(parsed, bool | int | str) and parsed is not given and parsed != given:
            self.faults.add(f"{what}: {given!r} is not {parsed!r}")
        self.faults.update(f"{what}: unknown field {name}" for name in _unknown(parsed))


UPDATE: TypeAdapter[Any] = TypeAdapter(Update)


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    """What eight busy lives brought forth."""
    shapes = Shapes()
    for seed in SEEDS:
        asyncio.run(shapes.live(seed))
    return shapes


def test_every_object_parses_and_has_no_unknown_field(shapes: Shapes) -> None:
    """Updates as `Update`, results as what aiogram's method returns."""
    assert shapes.faults == set()


def test_every_kind_of_update_was_seen(shapes: Shapes) -> None:
    """A kind that never came was never checked."""
    assert shapes.kinds >= EMITTED


def test_every_method_succeeded_at_least_once(shapes: Shapes) -> None:
    """A method that only ever failed was never checked."""
    assert {name for name, _ in NAMED} - shapes.methods == set()


def _unknown(parsed: object) -> Iterator[str]:
    """The fields that a model took in without knowing them, at any depth."""
    if isinstance(parsed, list):
        for item in parsed:
            yield from _unknown(item)
    elif isinstance(parsed, BaseModel):
        yield from (f"{type(parsed).__name__}.{name}" for name in parsed.model_extra or ())
        for name in parsed.model_fields_set & type(parsed).model_fields.keys():
            yield from _unknown(getattr(parsed, name))
