"""Who there is: a random world of tenants with their groups, channels, rules and people."""

from __future__ import annotations

import random

import msgspec
from tests.simulation.clocks import WorldClock
from tests.simulation.watched import WatchedWorld

from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.domain.group import Channel, ChannelSenders, Group, GroupSettings
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.rule import Quorum, Rule
from gmbot.gate.changes import Changes

GROUP_RIGHTS = frozenset({"can_restrict_members", "can_delete_messages", "can_invite_users"})
CHANNEL_RIGHTS = frozenset({"can_invite_users"})
NAMES = ("Ann", "Bob", "Cem", "Dee", "Eva", "Fay", "Gus", "Hal", "Ida", "Jan", "Kim", "Leo", "Mia", "Ned")


class Tenant(msgspec.Struct):
    """One bot, who owns its groups, and the channels that it sees into. Groups that migrate change ids."""

    token: str
    bot: int
    owner: int
    groups: list[int]
    channels: list[int]

    @property
    def username(self) -> str:
        """What the bot is called."""
        return f"gm{self.bot}_bot"


class Cast(msgspec.Struct):
    """Everybody and everything. `basic`: groups that are no supergroups yet; `home`: each group's tenant."""

    world: WatchedWorld
    tenants: list[Tenant]
    people: list[int]
    basic: list[int]
    home: dict[int, Tenant]

    @property
    def groups(self) -> list[int]:
        """Every supergroup that a bot of ours is, or was, in."""
        return [group for tenant in self.tenants for group in tenant.groups]


def raise_world(chance: random.Random, clock: WorldClock, seed: int) -> Cast:
    """Return a random world: 1–2 tenants, 1–5 groups, 1–4 channels, 1–40 people."""
    world = WatchedWorld(clock, seed=seed)
    world.watch()
    size = 1 + int(39 * chance.random() ** 2.5)
    people = [world.add_user(f"{NAMES[n % len(NAMES)]}{n // len(NAMES) or ''}") for n in range(size)]
    cast = Cast(world, [], people, [], {})
    for number in range(1 + (chance.random() < 0.35)):
        cast.tenants.append(_tenant(world, number))
    for number in range(1 + int(4 * chance.random() ** 2)):
        _found_channel(cast, number, chance)
    for number in range(1 + int(5 * chance.random() ** 2.5)):
        _found_group(cast, number, chance)
    _populate(cast, chance)
    return cast


def _tenant(world: WatchedWorld, number: int) -> Tenant:
    token = f"{500_001 + number}:" + "A" * 35
    owner = world.add_user(f"Olga{number}", username=f"olga{number}")
    tenant = Tenant(token, 500_001 + number, owner, [], [])
    world.add_bot(token, tenant.username, first_name="GMBot")
    return tenant


def _found_channel(cast: Cast, number: int, chance: random.Random) -> None:
    """A channel of one tenant's, into which the other may see as well."""
    founder = chance.choice(cast.tenants)
    public = chance.random() < 0.8
    name = f"news{number}" if public else None
    channel = cast.world.create_channel(founder.owner, f"News {number}", username=name)
    for tenant in cast.tenants:
        if tenant is founder or chance.random() < 0.4:
            cast.world.add_bot_to_chat(channel, tenant.bot, founder.owner, rights=CHANNEL_RIGHTS)
            tenant.channels.append(channel)


def _found_group(cast: Cast, number: int, chance: random.Random) -> None:
    tenant = chance.choice(cast.tenants)
    world = cast.world
    if chance.random() < 0.06:
        group = world.create_group(tenant.owner, f"Group {number}")
        cast.basic.append(group)
        world.add_bot_to_chat(group, tenant.bot, tenant.owner, rights=GROUP_RIGHTS)
        cast.home[group] = tenant
        return
    hidden = chance.random() < 0.1
    forum = chance.random() < 0.1
    group = world.create_supergroup(tenant.owner, f"Group {number}", forum=forum, hidden_members=hidden)
    world.add_bot_to_chat(group, tenant.bot, tenant.owner, rights=GROUP_RIGHTS)
    if tenant.channels and chance.random() < 0.15:
        world.link_discussion(tenant.channels[0], group)
    tenant.groups.append(group)
    cast.home[group] = tenant


def _populate(cast: Cast, chance: random.Random) -> None:
    world = cast.world
    for person in cast.people:
        for channel in sorted({c for tenant in cast.tenants for c in tenant.channels}):
            if chance.random() < 0.5:
                world.subscribe(person, channel)
        for group in (*cast.groups, *cast.basic):
            if chance.random() < 0.6:
                world.join(person, group)


async def guard(cast: Cast, database: MemoryDatabase, chance: random.Random, now: float) -> None:
    """Have most groups guarded already, by any kind of rule, with any settings."""
    for tenant in cast.tenants:
        store = MemoryStore(BotId(tenant.bot), database)
        for group in tenant.groups:
            if tenant.channels and chance.random() < 0.8:
                await store.apply(_guarded(cast, tenant, group, chance, now))


def _guarded(cast: Cast, tenant: Tenant, group: int, chance: random.Random, now: float) -> Changes:
    required = chance.sample(tenant.channels, 1 + int(len(tenant.channels) * chance.random() ** 2))
    channels = tuple(_channel(cast, tenant, channel, now) for channel in required)
    quorum = chance.choice([Quorum.ALL, Quorum.ALL, Quorum.ANY, Quorum.AT_LEAST])
    count = chance.randint(1, len(required)) if quorum is Quorum.AT_LEAST else 0
    settings = GroupSettings(
        channel_senders=chance.choice(list(ChannelSenders)),
        delete_messages=chance.random() < 0.8,
        prompts=chance.random() < 0.85,
    )
    place = cast.world.chats[group]
    return Changes(
        groups=(
            Group(
                GroupId(group),
                UserId(tenant.owner),
                place.title,
                Rule(tuple(c.channel_id for c in channels), quorum, count),
                settings,
                linked_chat_id=place.linked,
                protected_at=now,
            ),
        ),
        channels=channels,
    )


def _channel(cast: Cast, tenant: Tenant, channel: int, now: float) -> Channel:
    place = cast.world.chats[channel]
    link = None if place.username else cast.world.create_invite(channel, tenant.bot)
    return Channel(ChannelId(channel), place.title, place.username, link, heard_since=int(now) - 2)
