"""An admin chooses how GMBot behaves in a group."""

from __future__ import annotations

import enum

import msgspec

from gmbot.domain.group import ChannelSenders, Group, GroupSettings
from gmbot.domain.ids import UserId
from gmbot.domain.rule import Quorum, Rule
from gmbot.gate.bot import Bot
from gmbot.gate.changes import AuditEntry, Changes
from gmbot.gate.intents import Owed, Prompt, Resettle


class Choice(enum.StrEnum):
    """What can be chosen; each tap moves on to the next value."""

    QUORUM = "quorum"
    DELETE_MESSAGES = "delete_messages"
    PROMPTS = "prompts"
    CHANNEL_SENDERS = "channel_senders"
    APPROVE_REQUESTS = "approve_requests"


def choose(bot: Bot, group: Group, choice: Choice, actor_id: UserId) -> tuple[Group, Changes]:
    """Return the group after the choice, and what to write."""
    chosen = _other_quorum(group) if choice is Choice.QUORUM else _with_setting(group, choice)
    audit = AuditEntry(bot.clock.now(), group.group_id, actor_id, "settings", detail=choice.value)
    return chosen, Changes(groups=(chosen,), audit=(audit,), owed=_owed(bot, group, choice))


def _owed(bot: Bot, group: Group, choice: Choice) -> tuple[Owed, ...]:
    match choice:
        case Choice.QUORUM:
            return (bot.ledger.owe(Resettle(group.group_id)),)
        case Choice.PROMPTS:
            return (bot.ledger.owe(Prompt(group.group_id)),)
        case _:
            return ()


def _other_quorum(group: Group) -> Group:
    quorum = Quorum.ANY if group.rule.quorum is Quorum.ALL else Quorum.ALL
    return msgspec.structs.replace(group, rule=Rule(group.rule.channels, quorum))


def _with_setting(group: Group, choice: Choice) -> Group:
    return msgspec.structs.replace(group, settings=_next(group.settings, choice))


def _next(settings: GroupSettings, choice: Choice) -> GroupSettings:
    if choice is Choice.DELETE_MESSAGES:
        return msgspec.structs.replace(settings, delete_messages=not settings.delete_messages)
    if choice is Choice.PROMPTS:
        return msgspec.structs.replace(settings, prompts=not settings.prompts)
    if choice is Choice.APPROVE_REQUESTS:
        return msgspec.structs.replace(settings, approve_requests=not settings.approve_requests)
    policies = list(ChannelSenders)
    following = policies[(policies.index(settings.channel_senders) + 1) % len(policies)]
    return msgspec.structs.replace(settings, channel_senders=following)
