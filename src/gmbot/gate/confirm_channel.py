"""An admin of a channel confirms, in private, that a group may require it."""

from __future__ import annotations

import enum

import msgspec

from gmbot.domain.errors import RefusedError
from gmbot.domain.ids import GroupId
from gmbot.gate.authorize import Asker, administers
from gmbot.gate.bot import Bot
from gmbot.gate.confirmation import VALID_S, Request, unseal
from gmbot.gate.incoming import Chat, Person
from gmbot.gate.protect_group import ProtectOutcome, ProtectRequest, protect_group
from gmbot.gate.targets import Target

_RECENT = 100


class Standing(enum.StrEnum):
    """Whether somebody may confirm."""

    MAY_CONFIRM = "may_confirm"
    BAD_CODE = "bad_code"
    NOT_CHANNEL_ADMIN = "not_channel_admin"


class Confirmation(msgspec.Struct, frozen=True):
    """A code that somebody brought, and whether they may confirm it."""

    standing: Standing
    request: Request | None = None
    group: Chat | None = None
    channel: Chat | None = None


async def read_code(bot: Bot, code: str, person: Person) -> Confirmation:
    """Return what a code asks, if the person administers the channel. Raises TransientError."""
    request = unseal(code, bot.signing_key, bot.clock.now())
    if request is None or await _overtaken(bot, request):
        return Confirmation(Standing.BAD_CODE)
    try:
        admins = await bot.telegram.administrators(request.channel_id)
        if not administers(Asker(person), admins):
            return Confirmation(Standing.NOT_CHANNEL_ADMIN)
        group = (await bot.telegram.chat(request.group_id)).chat
        channel = (await bot.telegram.chat(request.channel_id)).chat
    except RefusedError:
        return Confirmation(Standing.BAD_CODE)
    return Confirmation(Standing.MAY_CONFIRM, request, group, channel)


async def _overtaken(bot: Bot, request: Request) -> bool:
    """Whether the group's admins ended its guard after they asked: an old link must not bring it back."""
    asked_at = request.valid_until - VALID_S
    entries = await bot.store.audit(request.group_id, _RECENT)
    return any(entry.action == "unprotect" and entry.at >= asked_at for entry in entries)


async def confirm_channel(bot: Bot, confirmation: Confirmation, person: Person) -> ProtectOutcome:
    """Return what became of a confirmed request; every other check is made again."""
    assert confirmation.request is not None and confirmation.group is not None  # noqa: S101, PT018
    channel_id = confirmation.request.channel_id
    return await protect_group(
        bot,
        ProtectRequest(
            chat=confirmation.group,
            asker=Asker(person),
            targets=(Target(str(channel_id), channel_id),),
            confirmed=True,
        ),
    )


def group_of(confirmation: Confirmation) -> GroupId:
    """Return the group that a confirmation is about, 0 if it is about none."""
    return confirmation.request.group_id if confirmation.request else GroupId(0)
