"""What people do: anything, at any moment, to anybody."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from functools import partial

from tests.simulation.cast import CHANNEL_RIGHTS, GROUP_RIGHTS, Cast, Tenant
from tests.simulation.journal import Journal

from gmbot.simulator import NotAllowed
from gmbot.simulator.chats import Message
from gmbot.simulator.rights import ALL_PERMISSIONS

Deed = Callable[[], str]

TEXT_ONLY = frozenset({"can_send_messages"})
MOST_STORMY = 25


class Life:
    """Random deeds in a world; each returns what was done, or raises NotAllowed when it cannot be done."""

    def __init__(self, cast: Cast, journal: Journal, chance: random.Random) -> None:
        self._cast = cast
        self._world = cast.world
        self._journal = journal
        self._chance = chance
        self._deeds: tuple[tuple[int, Deed], ...] = (
            (12, self._join),
            (5, self._leave),
            (12, self._subscribe),
            (8, self._unsubscribe),
            (26, self._talk),
            (3, self._edit),
            (9, self._tap_verify),
            (2, self._promote),
            (3, self._demote),
            (3, self._ban),
            (3, self._unban),
            (4, self._mute),
            (3, self._unmute),
            (1, self._kick),
            (1, self._rename),
            (2, self._weaken_bot),
            (2, self._remove_bot),
            (4, self._strengthen_bot),
            (3, self._protect),
            (1, partial(self._command, "/unprotect")),
            (2, partial(self._command, "/settings")),
            (3, self._tap_anything),
            (1, self._delete_prompt),
            (1, self._post),
            (1, self._talk_privately),
            (1, self._talk_as_channel),
            (1, partial(self._command, "/sweep")),
            (2, self._migrate),
        )
        self._weights = [weight for weight, _ in self._deeds]

    async def live(self, until: float, gap_s: float) -> None:
        """Do things until a moment of the loop's, `gap_s` apart on average."""
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            await asyncio.sleep(self._chance.expovariate(1 / gap_s))
            self.do_something()

    def do_something(self) -> None:
        """Do one thing, if it can be done."""
        deed = self._chance.choices(self._deeds, self._weights)[0][1]
        self.attempt(deed)

    def attempt(self, deed: Deed) -> bool:
        """Do this, if it can be done, and note it."""
        try:
            told = deed()
        except NotAllowed:
            return False
        if told:
            self._journal.write(f"life {told}")
        return bool(told)

    async def storm(self, kind: str) -> None:
        """Many people do the same within seconds: join and speak, speak, or leave the channels."""
        group = self._group()
        for person in self._chance.sample(self._cast.people, min(len(self._cast.people), MOST_STORMY)):
            await asyncio.sleep(self._chance.random() * 0.1)
            if kind == "raid":
                self.attempt(partial(self._enter, person, group))
                self.attempt(partial(self._speak, person, group))
            elif kind == "chatter":
                self.attempt(partial(self._speak, person, group))
            else:
                self.attempt(partial(self._quit, person))

    def _person(self) -> int:
        return self._chance.choice(self._cast.people)

    def _group(self) -> int:
        groups = self._cast.groups or self._cast.basic
        return self._chance.choice(groups)

    def _tenant(self) -> Tenant:
        return self._chance.choice(self._cast.tenants)

    def _channel(self) -> int:
        channels = self._tenant().channels or [c for t in self._cast.tenants for c in t.channels]
        return self._chance.choice(channels)

    def _owner(self, chat: int) -> int:
        return self._world.owner_of(self._world.place(chat))

    def _join(self) -> str:
        return self._enter(self._person(), self._group())

    def _enter(self, person: int, group: int) -> str:
        if self._world.standing(self._world.place(group), person).is_member:
            return ""
        self._world.join(person, group)
        return f"{person} joins {group}"

    def _leave(self) -> str:
        person, group = self._person(), self._group()
        if not self._world.standing(self._world.place(group), person).is_member:
            return ""
        self._world.leave(person, group)
        return f"{person} leaves {group}"

    def _subscribe(self) -> str:
        person, channel = self._person(), self._channel()
        self._world.subscribe(person, channel)
        return f"{person} subscribes to {channel}"

    def _unsubscribe(self) -> str:
        person, channel = self._person(), self._channel()
        if not self._world.standing(self._world.place(channel), person).is_member:
            return ""
        self._world.unsubscribe(person, channel)
        return f"{person} unsubscribes from {channel}"

    def _quit(self, person: int) -> str:
        for channel in sorted({c for t in self._cast.tenants for c in t.channels}):
            self._world.unsubscribe(person, channel)
        return f"{person} unsubscribes from everything"

    def _talk(self) -> str:
        return self._speak(self._person(), self._group())

    def _speak(self, person: int, group: int) -> str:
        anonymous = (
            self._world.standing(self._world.place(group), person).is_admin and self._chance.random() < 0.3
        )
        said = self._world.say(person, group, "hello", anonymous=anonymous)
        return f"{person} says {said.id} in {group}"

    def speak_up(self, person: int, group: int) -> bool:
        """Have somebody say something, if they can."""
        return self.attempt(lambda: self._speak(person, group))

    def _edit(self) -> str:
        person, group = self._person(), self._group()
        own = [m for m in self._world.messages(group) if m.author == person]
        if not own:
            return ""
        self._world.edit(person, group, own[-1].id, "edited")
        return f"{person} edits {own[-1].id} in {group}"

    def _tap_verify(self) -> str:
        return self.tap_verify(self._person(), self._group())

    def tap_verify(self, person: int, group: int) -> str:
        """Tap Verify under the newest prompt that is to be seen."""
        if not self._world.standing(self._world.place(group), person).is_member:
            return ""
        prompts = [m for m in self._world.messages(group) if _offers(m, "verify")]
        if not prompts:
            return ""
        self._world.tap(person, group, prompts[-1].id, "verify")
        return f"{person} taps Verify in {group}"

    def _tap_anything(self) -> str:
        """An admin, or anybody, taps a button of something that the bot said."""
        group = self._group()
        tenant = self._cast.home[group]
        person = tenant.owner if self._chance.random() < 0.8 else self._person()
        choices = [
            (m, str(b["callback_data"])) for m in self._said(group) for b in m.buttons if "callback_data" in b
        ]
        if not choices:
            return ""
        message, data = self._chance.choice(choices[-6:])
        self._world.tap(person, group, message.id, data)
        return f"{person} taps {data} in {group}"

    def _said(self, group: int) -> list[Message]:
        bot = self._cast.home[group].bot
        return [m for m in self._world.messages(group) if m.author == bot]

    def _promote(self) -> str:
        person, group = self._person(), self._group()
        if not self._world.standing(self._world.place(group), person).is_member:
            return ""
        self._world.promote(group, person, self._owner(group))
        return f"{person} is promoted in {group}"

    def _demote(self) -> str:
        person, group = self._person(), self._group()
        if not self._world.standing(self._world.place(group), person).is_admin:
            return ""
        self._world.demote(group, person, self._owner(group))
        return f"{person} is demoted in {group}"

    def _ban(self) -> str:
        person, group = self._person(), self._group()
        until = 0 if self._chance.random() < 0.7 else int(self._world.now()) + self._chance.randint(40, 400)
        self._world.ban(group, person, self._owner(group), until)
        return f"{person} is banned from {group} until {until}"

    def _unban(self) -> str:
        person, group = self._person(), self._group()
        if self._world.standing(self._world.place(group), person).status != "kicked":
            return ""
        self._world.unban(group, person, self._owner(group))
        return f"{person} is un-banned in {group}"

    def _mute(self) -> str:
        person, group = self._person(), self._group()
        until = 0 if self._chance.random() < 0.6 else int(self._world.now()) + self._chance.randint(40, 400)
        left = TEXT_ONLY if self._chance.random() < 0.3 else frozenset[str]()
        self._world.mute(group, person, self._owner(group), until, left)
        return f"{person} is muted by hand in {group} until {until}, left {sorted(left)}"

    def _unmute(self) -> str:
        person, group = self._person(), self._group()
        if self._world.standing(self._world.place(group), person).status != "restricted":
            return ""
        self._world.mute(group, person, self._owner(group), permissions=ALL_PERMISSIONS)
        return f"{person} is freed by hand in {group}"

    def _kick(self) -> str:
        person, group = self._person(), self._group()
        self._world.kick(group, person, self._owner(group))
        return f"{person} is kicked from {group}"

    def _rename(self) -> str:
        chat = self._chance.choice([self._group(), self._channel()])
        self._world.rename(chat, title=f"Renamed {self._chance.randint(1, 99)}")
        return f"{chat} is renamed"

    def _weaken_bot(self) -> str:
        tenant = self._tenant()
        chat = self._chance.choice([*tenant.groups, *tenant.channels] or [0])
        if not chat or not self._world.standing(self._world.place(chat), tenant.bot).is_admin:
            return ""
        if self._chance.random() < 0.5:
            self._world.demote(chat, tenant.bot, self._owner(chat))
        else:
            self._world.promote(chat, tenant.bot, self._owner(chat), {"can_delete_messages"})
        return f"bot {tenant.bot} is weakened in {chat}"

    def _remove_bot(self) -> str:
        tenant = self._tenant()
        chat = self._chance.choice([*tenant.groups, *tenant.channels] or [0])
        if not chat or not self._world.standing(self._world.place(chat), tenant.bot).is_member:
            return ""
        self._world.kick(chat, tenant.bot, self._owner(chat))
        return f"bot {tenant.bot} is removed from {chat}"

    def _strengthen_bot(self) -> str:
        tenant = self._tenant()
        return self._restore(tenant, self._chance.choice([*tenant.groups, *tenant.channels] or [0]))

    def _restore(self, tenant: Tenant, chat: int) -> str:
        if not chat:
            return ""
        place = self._world.place(chat)
        rights = CHANNEL_RIGHTS if place.is_channel else GROUP_RIGHTS
        standing = self._world.standing(place, tenant.bot)
        if standing.is_admin and rights <= standing.rights:
            return ""
        self._world.promote(chat, tenant.bot, self._owner(chat), rights)
        return f"bot {tenant.bot} is made an admin of {chat}"

    def restore_bots(self) -> None:
        """Give every bot back what it needs, everywhere."""
        for tenant in self._cast.tenants:
            for chat in (*tenant.groups, *tenant.channels):
                self.attempt(partial(self._restore, tenant, chat))

    def _protect(self) -> str:
        group = self._group()
        tenant = self._cast.home[group]
        named = [
            f"@{self._world.place(c).username}" for c in tenant.channels if self._world.place(c).username
        ]
        if not named:
            return ""
        channel = self._chance.choice(named)
        self._world.say(tenant.owner, group, f"/protect {channel}")
        return f"{tenant.owner} says /protect {channel} in {group}"

    def _command(self, command: str) -> str:
        group = self._group()
        owner = self._cast.home[group].owner
        self._world.say(owner, group, command)
        return f"{owner} says {command} in {group}"

    def _delete_prompt(self) -> str:
        group = self._group()
        prompts = [m for m in self._said(group) if _offers(m, "verify")]
        if not prompts:
            return ""
        self._world.delete(self._owner(group), group, prompts[-1].id)
        return f"prompt {prompts[-1].id} is deleted in {group}"

    def _post(self) -> str:
        channel = self._channel()
        self._world.post(channel)
        return f"a post in {channel}"

    def _talk_privately(self) -> str:
        tenant = self._tenant()
        person = self._chance.choice([tenant.owner, self._person()])
        self._world.start_private(person, tenant.bot)
        return f"{person} starts bot {tenant.bot}"

    def _talk_as_channel(self) -> str:
        group, channel = self._group(), self._channel()
        owner = self._owner(channel)
        self._world.say(owner, group, "as a channel", sender_chat=channel)
        return f"{owner} says something in {group} as {channel}"

    def _migrate(self) -> str:
        if not self._cast.basic:
            return ""
        old = self._cast.basic.pop()
        tenant = self._cast.home[old]
        new = self._world.migrate(old)
        self._cast.home[new] = tenant
        tenant.groups.append(new)
        return f"{old} becomes {new}"


def _offers(message: Message, data: str) -> bool:
    return any(button.get("callback_data") == data for button in message.buttons)
