"""A town that never sleeps and never grows: people talk, come and go, subscribe and unsubscribe."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from gmbot.simulator import Fault, FaultKind, NotAllowed, World

TOKEN = "123456:" + "A" * 35
GROUP_RIGHTS = frozenset({"can_restrict_members", "can_delete_messages", "can_invite_users"})
CHANNEL_RIGHTS = frozenset({"can_invite_users"})
SUBSCRIBED_SHARE = 0.85

FAULTS = (
    Fault(kind=FaultKind.SERVER_ERROR, probability=0.005),
    Fault(kind=FaultKind.RESET, probability=0.002),
    Fault(kind=FaultKind.TIMEOUT_AFTER_EFFECT, probability=0.001),
    Fault(kind=FaultKind.TOO_MANY_REQUESTS, probability=0.002, retry_after_s=1),
    Fault(kind=FaultKind.DUPLICATE_UPDATE, probability=0.005),
)
"""What goes wrong all the time, a little of each."""


class Size(msgspec.Struct, frozen=True):
    """How large a town is."""

    groups: int = 40
    people_each: int = 100


@dataclass
class Quarter:
    """A group, its channel, and who lives there."""

    group: int
    channel: int
    people: list[int] = field(default_factory=list)


class Town:
    """Groups with a channel each. `act` does one thing that somebody does; most of the time they talk."""

    def __init__(self, world: World, size: Size, *, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.bot = world.add_bot(TOKEN, "gm_bot", first_name="GMBot")
        self.owner = world.add_user("Olga", username="olga")
        self.quarters = [self._quarter(number, size.people_each) for number in range(size.groups)]
        self.acts = 0
        self.refused = 0
        self._owed: set[int] = set()
        self._habits: list[tuple[float, Callable[[Quarter, int], None]]] = [
            (0.885, self._talk),
            (0.03, self._edit),
            (0.015, self._unsubscribe),
            (0.025, self._subscribe),
            (0.01, self._leave),
            (0.02, self._join),
            (0.015, self._tap),
        ]

    def _quarter(self, number: int, people: int) -> Quarter:
        world = self.world
        channel = world.create_channel(self.owner, f"News {number}", username=f"news_{number}")
        group = world.create_supergroup(self.owner, f"Quarter {number}")
        world.add_bot_to_chat(channel, self.bot, self.owner, rights=CHANNEL_RIGHTS)
        world.add_bot_to_chat(group, self.bot, self.owner, rights=GROUP_RIGHTS)
        quarter = Quarter(group, channel)
        for place in range(people):
            user = world.add_user(f"Person {number}.{place}")
            if self.chance.random() < SUBSCRIBED_SHARE:
                world.subscribe(user, channel)
            world.join(user, group)
            quarter.people.append(user)
        return quarter

    def protect(self) -> None:
        """Have every group guarded."""
        for number, quarter in enumerate(self.quarters):
            self.world.say(self.owner, quarter.group, f"/protect @news_{number}")

    def answered(self) -> bool:
        """Whether the bot has answered in every group."""
        return all(
            any(message.author == self.bot for message in self.world.messages(quarter.group))
            for quarter in self.quarters
        )

    def act(self) -> None:
        """Have somebody do something; who may not do it does nothing."""
        quarter = self.chance.choice(self.quarters)
        user = self.chance.choice(quarter.people)
        (habit,) = self.chance.choices(
            [habit for _, habit in self._habits], [weight for weight, _ in self._habits]
        )
        try:
            habit(quarter, user)
            self.acts += 1
        except NotAllowed:
            self.refused += 1

    def wrong(self) -> tuple[int, int]:
        """Return how many who qualify cannot speak, and how many can who showed up without qualifying."""
        muted = loud = 0
        for quarter in self.quarters:
            for user in quarter.people:
                if not self.world.member(quarter.group, user).is_member:
                    continue
                qualifies = self.world.member(quarter.channel, user).is_member
                speaks = self.world.can_speak(user, quarter.group)
                muted += qualifies and not speaks
                loud += speaks and not qualifies and user in self._owed
        return muted, loud

    def _talk(self, quarter: Quarter, user: int) -> None:
        self.world.say(user, quarter.group, "Good morning to all of you, how was the weekend?")
        self._owed.add(user)

    def _edit(self, quarter: Quarter, user: int) -> None:
        message = self.world.say(user, quarter.group, "Good mrning")
        self.world.edit(user, quarter.group, message.id, "Good morning")
        self._owed.add(user)

    def _unsubscribe(self, quarter: Quarter, user: int) -> None:
        if self.world.member(quarter.channel, user).is_member:
            self.world.unsubscribe(user, quarter.channel)
            self._owed.add(user)

    def _subscribe(self, quarter: Quarter, _: int) -> None:
        """Somebody who is not subscribed joins the channel: so their number stays what it is."""
        out = [user for user in quarter.people if not self.world.member(quarter.channel, user).is_member]
        self.world.subscribe(self.chance.choice(out or quarter.people), quarter.channel)

    def _leave(self, quarter: Quarter, user: int) -> None:
        self.world.leave(user, quarter.group)

    def _join(self, quarter: Quarter, _: int) -> None:
        away = [user for user in quarter.people if not self.world.member(quarter.group, user).is_member]
        if away:
            user = self.chance.choice(away)
            self.world.join(user, quarter.group)
            self._owed.add(user)

    def _tap(self, quarter: Quarter, user: int) -> None:
        for message in reversed(self.world.messages(quarter.group)):
            if message.author == self.bot and message.buttons:
                self.world.tap(user, quarter.group, message.id, "verify")
                return
