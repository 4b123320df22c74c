"""Broken parts: each takes the place of a good one, and each must be noticed."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from tests.simulation.simulation import Plan

from gmbot.adapters.memory.tenant import MemoryDatabase, Tenant
from gmbot.adapters.telegram.transport import Reply, Transport
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import BotId, UpdateId
from gmbot.gate.changes import Changes
from gmbot.gate.ports import Store

_LEFT = b'{"ok":true,"result":{"status":"left","user":{"id":%d,"is_bot":false,"first_name":"X"}}}'


class Gullible:
    """Takes a question that failed for an answer: whoever Telegram cannot tell of has left."""

    def __init__(self, line: Transport) -> None:
        self._line = line

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Carry a call."""
        if method != "getChatMember":
            return await self._line.post(method, body, timeout_s)
        left = _LEFT % json.loads(body)["user_id"]
        try:
            reply = await self._line.post(method, body, timeout_s)
        except Unavailable:
            return Reply(200, left)
        return reply if reply.status == 200 else Reply(200, left, reply.date)


class Keeper:
    """Says that somebody is free, and does nothing about it."""

    def __init__(self, line: Transport) -> None:
        self._line = line

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Carry a call."""
        frees = method == "restrictChatMember" and json.loads(body)["permissions"].get("can_send_messages")
        return (
            Reply(200, b'{"ok":true,"result":true}')
            if frees
            else await self._line.post(method, body, timeout_s)
        )


class Liberator:
    """Frees whoever it asks about first, whoever muted or banned them."""

    def __init__(self, line: Transport) -> None:
        self._line = line

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Carry a call."""
        if method == "getChatMember":
            asked = json.loads(body)
            free = json.dumps(asked | {"permissions": {"can_send_messages": True}}).encode()
            await self._line.post("restrictChatMember", free, timeout_s)
        return await self._line.post(method, body, timeout_s)


class Shared(MemoryDatabase):
    """Keeps everybody's in one place."""

    def tenant(self, bot_id: BotId) -> Tenant:
        """Return the same for every bot."""
        return super().tenant(BotId(0))


class Altered:
    """A store that writes something else than it was told."""

    def __init__(self, store: Store, alter: Callable[[Changes], Changes]) -> None:
        self._store = store
        self._alter = alter

    async def apply(self, changes: Changes) -> bool:
        """Write, after a fashion."""
        return await self._store.apply(self._alter(changes))

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method: Callable[..., Awaitable[Any]] = getattr(self._store, name)
        return method


def _altered(**changed: object) -> Callable[[Store], Store]:
    def spoil(store: Store) -> Store:
        broken: Any = Altered(store, lambda changes: msgspec.structs.replace(changes, **changed))
        found: Store = broken
        return found

    return spoil


class _Sieve(dict[UpdateId, float]):
    """Holds what is put in, and denies it."""

    def __contains__(self, update: object) -> bool:
        return False


class Forgetful(MemoryDatabase):
    """Does not remember which updates were applied."""

    def tenant(self, bot_id: BotId) -> Tenant:
        """Return one bot's part."""
        tenant = super().tenant(bot_id)
        if not isinstance(tenant.applied, _Sieve):
            tenant.applied = _Sieve()
        return tenant


PLANTED: Mapping[str, Callable[[int], Plan]] = MappingProxyType(
    {
        "UNKNOWN is taken for OUT": lambda seed: Plan(seed=seed, spoil_line=Gullible),
        "releases are forgotten": lambda seed: Plan(seed=seed, spoil_line=Keeper),
        "an admin's mute or ban is lifted": lambda seed: Plan(seed=seed, spoil_line=Liberator),
        "tenants share what is theirs": lambda seed: Plan(seed=seed, memory=Shared),
        "updates are applied again": lambda seed: Plan(seed=seed, memory=Forgetful),
        "what is owed is not written down": lambda seed: Plan(seed=seed, spoil_store=_altered(owed=())),
        "what is paid stays owed": lambda seed: Plan(seed=seed, spoil_store=_altered(paid=())),
        "what people are in a group is not kept": lambda seed: Plan(
            seed=seed, spoil_store=_altered(standings=(), holds=())
        ),
    }
)
"""What is broken, in words, and how a life is lived with it."""
