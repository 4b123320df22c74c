"""People around one guarded group, who live on whatever fails, and what is due to each of them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.fixtures.stage import BOT_RIGHTS, CHANNEL_RIGHTS, TOKEN

from gmbot.simulator import Knobs, NotAllowed, Simulator, WallClock, World
from gmbot.simulator.chats import Message
from gmbot.simulator.mailbox import Entry
from gmbot.simulator.members import Member

LOYAL, FICKLE, STRANGERS = 4, 6, 2
LOOK_EVERY_S = 0.02
ACT_EVERY_S = 0.08
NEWCOMERS = 12
UPDATE_LIFETIME_S = 86_400.0
CHOICE = "set:channel_senders"


@dataclass
class Muted:
    """A spell in which somebody who qualified had no voice, on the monotonic clock."""

    since: float
    until: float | None = None


@dataclass(kw_only=True)
class Town:
    """A channel, a group, and people of every kind.

    The loyal are subscribed from the beginning, the fickle come and go, strangers never subscribe; an admin
    has muted the convict and banned the exile, both of whom are subscribed.
    """

    world: World
    simulator: Simulator
    seed: int
    bot_id: int
    owner: int
    channel: int
    group: int
    loyal: list[int]
    fickle: list[int]
    strangers: list[int]
    convict: int
    exile: int
    wrongs: list[str] = field(default_factory=list)
    spells: dict[int, list[Muted]] = field(default_factory=dict)
    concerning: list[int] = field(default_factory=list)
    """The ids of the updates that had to be stored."""
    said_rightly: list[int] = field(default_factory=list)
    """The ids of what the loyal have written."""
    taps: int = 0
    acts: int = 0
    pace_s: float = ACT_EVERY_S
    most_unread: int = 1_000_000
    """People wait while the bot is so far behind: else its backlog would be measured, and nothing else."""
    resting: bool = False
    """Nobody does anything any more."""
    _dice: random.Random = field(default_factory=random.Random)
    _known: set[int] = field(default_factory=set)

    @property
    def people(self) -> list[int]:
        """Everybody whom the rule is for."""
        return [*self.loyal, *self.fickle, *self.strangers]

    def qualifies(self, user: int) -> bool:
        """Whether somebody is subscribed."""
        return self.world.member(self.channel, user).is_member

    def held(self, user: int) -> bool:
        """Whether somebody in the group has no voice there."""
        return self.world.member(self.group, user).is_member and not self.world.can_speak(user, self.group)

    def wronged(self) -> list[int]:
        """Return who is subscribed and has no voice."""
        return [user for user in self.people if self.qualifies(user) and self.held(user)]

    def spared(self) -> list[int]:
        """Return who has no subscription and a voice."""
        return [
            user
            for user in self.people
            if user in self._known
            and not self.qualifies(user)
            and self.world.member(self.group, user).is_member
            and not self.held(user)
        ]

    def unjustly_treated(self) -> list[int]:
        """Return who is not as they must be in the end."""
        return [*self.wronged(), *self.spared()]

    def unjust(self) -> list[str]:
        """Return what is not as it must be in the end, in words."""
        return [f"{self._name(user)} qualifies and is held" for user in self.wronged()] + [
            f"{self._name(user)} does not qualify and speaks" for user in self.spared()
        ]

    def unread(self) -> int:
        """Return how many updates the bot has not confirmed."""
        return len(self.world.bots[self.bot_id].mailbox)

    def menu(self) -> Message | None:
        """Return the bot's newest message with settings to choose, if there is one."""
        for message in reversed(self.world.messages(self.group)):
            if any(button.get("callback_data") == CHOICE for button in message.buttons):
                return message
        return None

    def prompts(self) -> list[int]:
        """Return the ids of the prompts to be seen in the group."""
        return [
            message.id
            for message in self.world.messages(self.group)
            if message.author == self.bot_id and "please join" in str(message.wire.get("text"))
        ]

    def silenced(self) -> list[int]:
        """Return which of the loyal's messages are gone."""
        there = {message.id for message in self.world.messages(self.group)}
        return [message for message in self.said_rightly if message not in there]

    def act(self) -> None:
        """Have somebody do something."""
        if self.resting or self.unread() > self.most_unread:
            return
        self.acts += 1
        with contextlib.suppress(NotAllowed):
            self._act(self._dice.random())

    def _act(self, chance: float) -> None:
        if chance < 0.25:
            self._turn(self._dice.choice(self.fickle))
        elif chance < 0.35:
            self._come_or_go(self._dice.choice([*self.fickle, *self.strangers]))
        elif chance < 0.42 and len(self.people) < LOYAL + FICKLE + STRANGERS + NEWCOMERS:
            self._arrive()
        elif chance < 0.46:
            self._choose()
        else:
            self._talk(self._dice.choice(self.people))

    def _turn(self, user: int) -> None:
        if self.qualifies(user):
            self.world.unsubscribe(user, self.channel)
        else:
            self.world.subscribe(user, self.channel)
        self._known.add(user)

    def _come_or_go(self, user: int) -> None:
        if self.world.member(self.group, user).is_member:
            self.world.leave(user, self.group)
        else:
            self.world.join(user, self.group)
            self._known.add(user)

    def _arrive(self) -> None:
        user = self.world.add_user(f"Newcomer {self.acts}")
        (self.fickle if self._dice.random() < 0.5 else self.strangers).append(user)
        self.world.join(user, self.group)
        self._known.add(user)

    def _talk(self, user: int) -> None:
        if self.world.can_speak(user, self.group):
            message = self.world.say(user, self.group, "hello")
            self._known.add(user)
            if user in self.loyal:
                self.said_rightly.append(message.id)

    def _choose(self) -> None:
        menu = self.menu()
        if menu is None:
            self.world.say(self.owner, self.group, "/settings")
        else:
            self.world.tap(self.owner, self.group, menu.id, CHOICE)
            self.taps += 1

    async def live(self) -> None:
        """Act again and again, until cancelled."""
        while True:
            self.act()
            await asyncio.sleep(2 * self.pace_s * self._dice.random())

    async def watch(self) -> None:
        """Keep account of who has no voice and should have one, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Take note of who is without a voice now."""
        now, wronged = time.monotonic(), set(self.wronged())
        for user in self.people:
            spells = self.spells.setdefault(user, [])
            open_spell = spells[-1] if spells and spells[-1].until is None else None
            if user in wronged and open_spell is None:
                spells.append(Muted(now))
            elif user not in wronged and open_spell is not None:
                open_spell.until = now
        self._look_at_admins_doings()

    def worst_s(self, since: float = 0.0) -> float:
        """Return the longest that somebody who qualified was without a voice, counted from a moment on."""
        now = time.monotonic()
        ends = [
            (spell.until or now) - max(spell.since, since)
            for spells in self.spells.values()
            for spell in spells
        ]
        return max(ends, default=0.0)

    def hear(self, entry: Entry) -> None:
        """Judge what the bot did, as Telegram tells it."""
        update = entry.update.get("chat_member")
        if not isinstance(update, dict) or update["chat"]["id"] not in {self.group, self.channel}:
            return
        self.concerning.append(entry.update_id)
        user = update["new_chat_member"]["user"]["id"]
        new = update["new_chat_member"]
        by_bot = update["from"]["id"] == self.bot_id
        if by_bot and user in self.loyal and new["status"] == "restricted":
            self.wrongs.append(f"{self._name(user)}, subscribed from the beginning, was held")
        if by_bot and user in {self.convict, self.exile}:
            self.wrongs.append(f"what an admin did to {self._name(user)} was changed")

    def _look_at_admins_doings(self) -> None:
        sentence: Member = self.world.member(self.group, self.convict)
        if sentence.status != "restricted" or sentence.until_date:
            self.wrongs.append("the convict is free")
        if self.world.member(self.group, self.exile).status != "kicked":
            self.wrongs.append("the exile is back")

    def _name(self, user: int) -> str:
        return self.world.person(user).name


def founded(seed: int) -> Town:
    """Return a town on the wall clock, whose group is not guarded yet; its life follows from the seed."""
    # Taps that expired at Telegram could not be told from those that GMBot lost.
    world = World(WallClock(), seed=seed, knobs=Knobs(callback_update_lifetime_s=UPDATE_LIFETIME_S))
    bot_id = world.add_bot(TOKEN, "gm_bot", first_name="GMBot")
    owner = world.add_user("Olga")
    channel = world.create_channel(owner, "News", username="news")
    group = world.create_supergroup(owner, "Group", username="the_group")
    world.add_bot_to_chat(channel, bot_id, owner, rights=CHANNEL_RIGHTS)
    world.add_bot_to_chat(group, bot_id, owner, rights=BOT_RIGHTS)
    town = Town(
        world=world,
        simulator=Simulator(world, seed=seed),
        seed=seed,
        bot_id=bot_id,
        owner=owner,
        channel=channel,
        group=group,
        loyal=_settled(world, "Loyal", LOYAL, channel, group),
        fickle=_settled(world, "Fickle", FICKLE, channel, group),
        strangers=_settled(world, "Stranger", STRANGERS, None, group),
        convict=_settled(world, "Convict", 1, channel, group)[0],
        exile=_settled(world, "Exile", 1, channel, group)[0],
        _dice=random.Random(seed),
    )
    world.mute(group, town.convict, owner)
    world.ban(group, town.exile, owner)
    world.bots[bot_id].mailbox.clear()
    return town


def _settled(world: World, name: str, count: int, channel: int | None, group: int) -> list[int]:
    people = [world.add_user(f"{name} {number}") for number in range(1, count + 1)]
    for user in people:
        world.join(user, group)
        if channel is not None:
            world.subscribe(user, channel)
    return people


@contextlib.contextmanager
def overheard(town: Town) -> Iterator[None]:
    """Judge every update of a guarded town while the block lasts."""
    forget: Callable[[], None] = town.world.bots[town.bot_id].mailbox.listen(town.hear)
    try:
        yield
    finally:
        forget()
