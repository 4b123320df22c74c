"""Where the player sits in a chat: what they may write and do there, and why not."""

from __future__ import annotations

import msgspec

from gmbot.simulator.chats import Chat
from gmbot.simulator.members import Member
from gmbot.simulator.playground.promises import Promises
from gmbot.simulator.playground.scene import Scene
from gmbot.simulator.playground.view import View
from gmbot.simulator.speech import speaking_refusal
from gmbot.simulator.world import World

SHOWN_PEOPLE = 12


class Deed(msgspec.Struct, frozen=True):
    """Something that can be done with a button."""

    action: str
    label: str
    person: int = 0


class Somebody(msgspec.Struct, frozen=True):
    """A person in the chat's list."""

    id: int
    name: str
    badge: str
    muted: bool
    deeds: tuple[Deed, ...]


class Composer(msgspec.Struct, frozen=True):
    """The field to write in; `reason` says why it is greyed out."""

    key: str
    placeholder: str
    reason: str = ""
    hidden: bool = False
    voices: tuple[tuple[int, str], ...] = ()
    """Whom one may write as: 0 is oneself."""


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """All that depends on who the player is in the chat that is looked at."""

    title: str
    about: str
    deeds: tuple[Deed, ...]
    composer: Composer
    people: tuple[Somebody, ...] = ()
    more_people: int = 0
    asking: tuple[Somebody, ...] = ()


class Usher:
    """Finds the player's seat."""

    def __init__(self, world: World, scene: Scene, promises: Promises) -> None:
        self._world = world
        self._scene = scene
        self._promises = promises

    def seat(self, view: View) -> Seat:
        """Where the player sits in that chat."""
        if view.chat == self._scene.bot:
            return self._private(view)
        chat = self._world.place(view.chat)
        me = self._world.standing(chat, view.me)
        people = self._people(chat, me, view)
        inside = sum(member.at(self._world.now()).is_member for member in chat.members.values())
        what = "subscribers" if chat.is_channel else "members"
        name = f"@{chat.username}" if chat.username else "private"
        return Seat(
            title=chat.title,
            about=f"{'channel' if chat.is_channel else 'group'} · {name} · {inside:,} {what}",
            deeds=self._doors(chat, me, view),
            composer=self._composer(chat, me, view),
            people=people[:SHOWN_PEOPLE],
            more_people=max(0, len(people) - SHOWN_PEOPLE),
            asking=self._asking(chat, me),
        )

    def _private(self, view: View) -> Seat:
        chat = self._world.dialogue_with(view.me, view.chat)
        deeds = [] if chat.started else [Deed("start", "Start")]
        if chat.started:
            deeds.append(Deed("start", "Unblock") if chat.blocked else Deed("block", "Block"))
        reason = ""
        if chat.blocked or not chat.started:
            reason = "You blocked this bot." if chat.blocked else "Press Start to talk to this bot."
        bot = self._world.person(view.chat)
        key = f"c{view.chat}-{view.me}-{bool(reason)}"
        composer = Composer(key, "Write to the bot", reason)
        username = self._world.bots[view.chat].username
        return Seat(title=bot.name, about=f"bot · @{username}", deeds=tuple(deeds), composer=composer)

    def _doors(self, chat: Chat, me: Member, view: View) -> tuple[Deed, ...]:
        if me.status in {"creator", "kicked"}:
            return ()
        if me.is_member:
            return (Deed("leave", "Unsubscribe" if chat.is_channel else "Leave"),)
        if chat.join_by_request:
            return () if view.me in chat.requests else (Deed("ask", "Ask to join"),)
        return (Deed("join", "Subscribe" if chat.is_channel else "Join"),)

    def _composer(self, chat: Chat, me: Member, view: View) -> Composer:
        refusal = speaking_refusal(self._world, chat, view.me)
        reason = self._reason(chat, view, refusal)
        key = f"c{chat.id}-{view.me}-{refusal or 'ok'}".replace(" ", "-")
        hidden = refusal is not None and chat.is_channel
        placeholder = "Post to subscribers" if chat.is_channel else "Write a message"
        return Composer(key, placeholder, reason, hidden, self._voices(chat, me, view))

    def _reason(self, chat: Chat, view: View, refusal: str | None) -> str:
        match refusal:
            case None:
                return ""
            case "muted" if self._promises.is_by_hand(chat.id, view.me):
                return "An admin muted you in this group. Only an admin can lift that."
            case "muted":
                return "You are muted here until you have joined what the bot's message names."
            case "banned":
                return "An admin removed you from here and keeps you out."
            case "not in the chat" if view.me in chat.requests:
                return "You have asked to join. An admin has to let you in."
            case "not in the chat":
                return "You are not a member of this group."
            case _:
                return f"Not possible: {refusal}."

    def _voices(self, chat: Chat, me: Member, view: View) -> tuple[tuple[int, str], ...]:
        if chat.is_channel or not me.is_member:
            return ()
        mine = [
            (channel, self._world.place(channel).title)
            for channel in self._scene.channels
            if self._world.member(channel, view.me).may("can_post_messages")
        ]
        own = (0, f"{chat.title} (anonymous admin)" if me.is_anonymous else "yourself")
        return (own, *mine) if mine else ()

    def _people(self, chat: Chat, me: Member, view: View) -> tuple[Somebody, ...]:
        now = self._world.now()
        found = [
            self._somebody(chat, me, person, member.at(now))
            for person, member in list(chat.members.items())
            if member.at(now).is_member and person != view.me
        ]
        return tuple(sorted(found, key=self._order))

    def _order(self, somebody: Somebody) -> tuple[bool, bool, bool]:
        """People of the scene before a raid's crowd, the muted before the others, bots last."""
        crowd = self._scene.role(somebody.id) is None
        return somebody.id in self._world.bots, crowd, crowd and not somebody.muted

    def _somebody(self, chat: Chat, me: Member, person: int, member: Member) -> Somebody:
        muted = member.status == "restricted" and "can_send_messages" not in member.permissions
        badge = {"creator": "owner", "administrator": "admin"}.get(member.status, "")
        if muted:
            badge = "muted by an admin" if self._promises.is_by_hand(chat.id, person) else "held"
        if member.is_anonymous:
            badge = "anonymous admin"
        deeds = () if person == self._scene.bot else self._powers(chat, me, person, member, muted=muted)
        return Somebody(person, self._world.person(person).name, badge, muted, deeds)

    def _powers(
        self, chat: Chat, me: Member, person: int, member: Member, *, muted: bool
    ) -> tuple[Deed, ...]:
        deeds: list[Deed] = []
        if member.status == "creator":
            return ()
        if me.may("can_restrict_members") and not member.is_admin and not chat.is_channel:
            deeds.append(Deed("unmute", "Unmute", person) if muted else Deed("mute", "Mute", person))
        if me.may("can_promote_members"):
            done = member.is_admin
            deeds.append(Deed("demote", "Dismiss", person) if done else Deed("promote", "Make admin", person))
        return tuple(deeds)

    def _asking(self, chat: Chat, me: Member) -> tuple[Somebody, ...]:
        if not me.may("can_invite_users"):
            return ()
        return tuple(
            Somebody(
                person,
                self._world.person(person).name,
                "asks to join",
                muted=False,
                deeds=(Deed("approve", "Let in", person), Deed("decline", "Turn away", person)),
            )
            for person in list(chat.requests)[:SHOWN_PEOPLE]
        )
