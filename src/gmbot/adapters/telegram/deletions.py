"""Deleting messages: what waits at the same time in one chat goes as one call."""

from __future__ import annotations

from collections.abc import Sequence

from gmbot.adapters.telegram.calls import Call, Caller, settled
from gmbot.adapters.telegram.send_queue import Place, Priority
from gmbot.domain.errors import (
    ChatMigrated,
    ChatUnusable,
    GMBotError,
    RefusedError,
    RightsMissing,
    Unavailable,
)
from gmbot.domain.ids import MessageId
from gmbot.gate.ports import Clock

MOST_AT_ONCE = 100
"""Source: Bot API, deleteMessages."""

_WHOLE_CHAT = (ChatUnusable, RightsMissing, ChatMigrated)


class _Deletion:
    """Messages that somebody wants gone, and what became of that once somebody else took them along."""

    __slots__ = ("error", "message_ids", "place")

    def __init__(self, message_ids: Sequence[MessageId], place: Place) -> None:
        self.message_ids = tuple(message_ids)
        self.place = place
        self.error: GMBotError | None = None


class Deletions:
    """One bot's deletions. `timeout_s` holds for each call's answer."""

    def __init__(self, caller: Caller, clock: Clock, timeout_s: float) -> None:
        self._caller = caller
        self._clock = clock
        self._timeout_s = timeout_s
        self._waiting: dict[int, list[_Deletion]] = {}

    async def delete(self, chat_id: int, message_ids: Sequence[MessageId]) -> None:
        """Delete 1–100 messages; missing ones count as deleted. Raises as every call does."""
        place = self._caller.queue.enter(self._call(chat_id, message_ids).sending(Priority.DELETE))
        if place is None:
            await self._caller.queue.agree()
            await self._carry_out(chat_id, message_ids)
            return
        deletion = _Deletion(message_ids, place)
        self._waiting.setdefault(chat_id, []).append(deletion)
        try:
            await self._caller.queue.wait(place)
        finally:
            led = not self._forget(chat_id, deletion)
        if led:
            _raise(deletion.error)
        else:
            await self._caller.queue.agree()
            await self._lead(chat_id, deletion)

    def _forget(self, chat_id: int, deletion: _Deletion) -> bool:
        """Stop waiting; False if somebody has taken it along."""
        waiting = self._waiting.get(chat_id, [])
        if deletion not in waiting:
            return False
        waiting.remove(deletion)
        if not waiting:
            del self._waiting[chat_id]
        return True

    async def _lead(self, chat_id: int, deletion: _Deletion) -> None:
        followers = self._followers(chat_id, len(deletion.message_ids))
        for one in followers:
            one.error = Unavailable("deleteMessages: broken off")
        try:
            await self._delete_all(chat_id, [deletion, *followers])
        finally:
            for one in followers:
                if not one.place.turn.done():
                    one.place.turn.set_result(None)
        _raise(deletion.error)

    def _followers(self, chat_id: int, taken: int) -> list[_Deletion]:
        """Take along whoever else waits here, as far as one call reaches."""
        followers = []
        for deletion in list(self._waiting.get(chat_id, [])):
            if taken + len(deletion.message_ids) > MOST_AT_ONCE or deletion.place.turn.done():
                continue
            taken += len(deletion.message_ids)
            self._forget(chat_id, deletion)
            self._caller.queue.leave(deletion.place)
            followers.append(deletion)
        return followers

    async def _delete_all(self, chat_id: int, deletions: Sequence[_Deletion]) -> None:
        """Delete what several want deleted, and note for each how it went."""
        error: GMBotError | None = None
        try:
            await self._try(chat_id, [message for one in deletions for message in one.message_ids])
        except GMBotError as failure:
            error = failure
        for one in deletions:
            one.error = error
        if _one_spoilt_it(error, deletions):
            for one in deletions:
                one.error = await self._each(chat_id, one.message_ids)

    async def _carry_out(self, chat_id: int, message_ids: Sequence[MessageId]) -> None:
        try:
            await self._try(chat_id, message_ids)
        except RefusedError as error:
            if len(message_ids) == 1 or isinstance(error, _WHOLE_CHAT):
                raise
            _raise(await self._each(chat_id, message_ids))

    async def _each(self, chat_id: int, message_ids: Sequence[MessageId]) -> GMBotError | None:
        """Delete one by one, each in its turn; return the first error, after trying them all."""
        first: GMBotError | None = None
        for message_id in message_ids:
            call = self._call(chat_id, (message_id,))
            try:
                await self._caller.queue.turn(call.sending(Priority.DELETE))
                await self._try(chat_id, (message_id,))
            except GMBotError as error:
                first = first or error
        return first

    async def _try(self, chat_id: int, message_ids: Sequence[MessageId]) -> None:
        """Make the call, whose turn it is."""
        call = self._call(chat_id, message_ids)
        settled(await self._caller.hear_now(call, self._clock.now() + self._timeout_s))

    def _call(self, chat_id: int, message_ids: Sequence[MessageId]) -> Call:
        if len(message_ids) == 1:
            body: dict[str, object] = {"chat_id": chat_id, "message_id": message_ids[0]}
            return Call("deleteMessage", body, timeout_s=self._timeout_s)
        body = {"chat_id": chat_id, "message_ids": list(message_ids)}
        return Call("deleteMessages", body, timeout_s=self._timeout_s)


def _one_spoilt_it(error: GMBotError | None, deletions: Sequence[_Deletion]) -> bool:
    """Whether a refusal may be about one message among several (SEMANTICS: limits and delivery)."""
    several = sum(len(one.message_ids) for one in deletions) > 1
    return several and isinstance(error, RefusedError) and not isinstance(error, _WHOLE_CHAT)


def _raise(error: GMBotError | None) -> None:
    if error is not None:
        raise error
