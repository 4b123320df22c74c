"""The promises that hold at every moment, judged by the world's truth whenever GMBot acts."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
from tests.simulation.cast import Cast, Tenant
from tests.simulation.journal import Journal
from tests.simulation.watched import Changed, Sent

from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.domain.group import Group
from gmbot.domain.hold import bears_mark
from gmbot.domain.ids import BotId, GroupId, UpdateId, UserId
from gmbot.domain.rule import Rule
from gmbot.domain.standing import MUTED, SPEECH, Restriction, Standing, Status
from gmbot.gate.changes import Changes
from gmbot.simulator.calls import Call
from gmbot.simulator.members import Member

OUT_WITHIN_S = 75.0
"""A hold rests on an OUT that is at most 60 s old (domain.verdict) when it is decided on; the call may then
wait its turn for 9 s (the send queue's patience), and seconds are whole."""

UNSEEN_S = 30.0
"""An admin's act of so long ago must have been seen by whoever acts now: a standing is looked at, or at most
5 s old (domain.plan), when an act is decided on; asking may take 10 s, and waiting for one's turn 9 s."""

LEFT_S = 30.0
"""Nobody is named so long after the news of their departure were stored: a message may wait its turn."""

_MENTION = re.compile(r"tg://user\?id=(\d+)")


class _Rules(msgspec.Struct):
    """The rules that a group had lately: (since, rule or None when nobody may be held)."""

    known: list[tuple[float, Rule | None]] = []


class Promises:
    """Listens to the world and to GMBot, and blames."""

    def __init__(
        self, cast: Cast, journal: Journal, memory: MemoryDatabase, now: Callable[[], float]
    ) -> None:
        self._cast = cast
        self._world = cast.world
        self._journal = journal
        self._memory = memory
        self._now = now
        self._rules: dict[int, _Rules] = {}
        self._applied: set[tuple[BotId, UpdateId]] = set()
        self._lies: dict[tuple[int, int], float] = {}
        self.hands: dict[tuple[int, int], Member] = {}
        """What an admin made of somebody, as long as it stands."""
        self._hands_at: dict[tuple[int, int], float] = {}
        self.pardoned: set[tuple[int, int]] = set()
        self.pardoned_once: set[tuple[int, int]] = set()
        self._taken: set[tuple[int, int]] = set()
        """Whom an admin has muted over a hold of GMBot's."""
        self.ours: set[tuple[int, int]] = set()
        """Who is restricted by GMBot now."""
        self._gone_at: dict[tuple[int, int], float] = {}
        self._unseen: set[int] = set()
        self._left_at: dict[tuple[int, int], float] = {}
        self.slack_s = 0.0
        """How much older facts may have looked lately, because of a clock that jumped."""

    def stored(self, bot_id: BotId, changes: Changes, done: bool) -> None:
        """Judge what was written: nothing of another tenant's, no update twice."""
        tenant = next(t for t in self._cast.tenants if t.bot == bot_id)
        for group_id in _named(changes):
            if self._cast.home.get(group_id) is not tenant and group_id in self._cast.home:
                self._journal.blame(
                    "tenants are isolated", f"bot {bot_id} stores of group {group_id}", group_id
                )
        if done and changes.update_id is not None:
            if (bot_id, changes.update_id) in self._applied:
                self._journal.blame(
                    "no update is applied twice", f"update {changes.update_id} of bot {bot_id}"
                )
            self._applied.add((bot_id, changes.update_id))
        if done:
            self._follow_rules(changes)
            self._follow_departures(changes)

    def _follow_rules(self, changes: Changes) -> None:
        for group in changes.groups:
            self._rules.setdefault(group.group_id, _Rules([])).known.append((self._now(), _enforced(group)))
        for group_id in changes.unguarded:
            self._rules.setdefault(group_id, _Rules([])).known.append((self._now(), None))
        for moved in changes.moved:
            if moved.old_id in self._rules:
                self._rules[moved.new_id] = self._rules[moved.old_id]

    def _follow_departures(self, changes: Changes) -> None:
        for seen in changes.standings:
            place = (int(seen.group_id), int(seen.user_id))
            if seen.standing.present:
                self._gone_at.pop(place, None)
            else:
                self._gone_at.setdefault(place, self._now())

    def guarded(self, group: Group) -> None:
        """Take note of a group that is guarded from the beginning."""
        self._rules[group.group_id] = _Rules([(0.0, _enforced(group))])

    def sent(self, sent: Sent) -> None:
        """Judge a call that leaves GMBot."""
        chat = sent.arguments.get("chat_id")
        if not isinstance(chat, int):
            return
        tenant = next(t for t in self._cast.tenants if t.bot == sent.bot)
        if chat in self._cast.home and self._cast.home[chat] is not tenant:
            self._journal.blame("tenants are isolated", f"bot {sent.bot} calls {sent.method} in {chat}", chat)
        if sent.method == "restrictChatMember" and _holds(sent, chat):
            self._judge_mute(tenant, chat, _integer(sent.arguments["user_id"]))
        if sent.method in ("sendMessage", "editMessageText") and "verify" in str(
            sent.arguments.get("reply_markup")
        ):
            self._judge_prompt(chat, str(sent.arguments.get("text")))

    def _judge_mute(self, tenant: Tenant, group: int, user: int) -> None:
        begin = self._now() - OUT_WITHIN_S - self.slack_s
        rules = self._rules_since(group, begin)
        if not any(self._may_be_out(tenant, rule, user, begin) for rule in rules):
            self._journal.blame(
                "nobody is restricted without a positive OUT",
                f"bot {tenant.bot} restricts {user} in {group}, who qualified all along",
                user,
                group,
                *{c for rule in rules for c in rule.channels},
            )

    def _rules_since(self, group: int, begin: float) -> list[Rule]:
        """Return the rules that were enforced at some moment since then."""
        known = self._rules.get(group, _Rules([])).known
        before = [rule for at, rule in known if at <= begin][-1:]
        after = [rule for at, rule in known if at > begin]
        return [rule for rule in (*before, *after) if rule is not None]

    def _may_be_out(self, tenant: Tenant, rule: Rule, user: int, begin: float) -> bool:
        """Whether enough channels may each have told that somebody is out at some moment since then."""
        surely_in = sum(self._surely_in(tenant, channel, user, begin) for channel in rule.channels)
        return surely_in < rule.needed

    def _surely_in(self, tenant: Tenant, channel: int, user: int, begin: float) -> bool:
        """Whether somebody was in a channel, or the bot could not see into it, all that time."""
        chronicle = self._world.chronicle
        if self._lies.get((channel, user), 0.0) >= begin:
            return False
        place = self._world.place(channel)
        states = chronicle.since(channel, user, begin) or [self._world.standing(place, user)]
        if all(state.is_member for state in states):
            return True
        sight = chronicle.since(channel, tenant.bot, begin) or [self._world.standing(place, tenant.bot)]
        return not any(state.is_admin for state in sight)

    def called(self, call: Call) -> None:
        """Hear of a call that ended."""
        chat, user = call.arguments.get("chat_id", ""), call.arguments.get("user_id", "")
        self._journal.write(f"call {call.bot_id} {call.method} {chat} {user} -> {call.status}")

    def lied(self, chat: int, user: int) -> None:
        """Take note that Telegram answered with what somebody was before."""
        self._lies[chat, user] = self._now()

    def unheard(self) -> set[int]:
        """Return of whom Telegram said what was no longer so, or who did what the bot could not see."""
        return self._unseen | {user for _, user in self._lies}

    def _judge_prompt(self, group: int, text: str) -> None:
        for mentioned in _MENTION.findall(text):
            place = (group, int(mentioned))
            standing = self._world.standing(self._world.place(group), place[1])
            gone_at = self._gone_at.get(place, self._now())
            left_at = self._left_at.get(place, self._now())
            comments = self._world.place(group).linked is not None
            long_ago = max(gone_at, left_at) < self._now() - LEFT_S
            if long_ago and not standing.is_member and not comments:
                self._journal.blame(
                    "no noise to leavers", f"{mentioned} is named in {group}", place[1], group
                )

    def changed(self, change: Changed) -> None:
        """Judge a change of somebody's standing."""
        place = (change.chat, change.person)
        if not all(self._sees(tenant, change.chat) for tenant in self._cast.tenants):
            self._unseen.add(change.person)
        if change.chat not in self._cast.home or change.person in self._world.bots:
            return
        if change.new.is_member:
            self._left_at.pop(place, None)
        elif change.old.is_member:
            self._left_at[place] = self._now()
        if change.sent is None:
            self._by_hand(place, change)
        else:
            self._by_us(place, change, change.sent)

    def _sees(self, tenant: Tenant, chat: int) -> bool:
        """Whether a tenant's bot is told of what happens in a chat of its own."""
        concerned = chat in tenant.groups or chat in tenant.channels
        return not concerned or self._world.standing(self._world.place(chat), tenant.bot).is_admin

    def _by_hand(self, place: tuple[int, int], change: Changed) -> None:
        new = change.new
        old = change.old
        same = (new.permissions, new.until_date, new.status) == (old.permissions, old.until_date, old.status)
        restricted_anew = new.status == "restricted" and not same
        if new.status == "kicked" or (old.is_member and not new.is_member):
            self.pardoned.discard(place)
            self._taken.discard(place)
        elif place in self.ours | self._taken and _has_a_voice(new):
            # As the product sees it: whoever gives back a part of a voice decides. If it is told of an
            # admin's mute only together with its end, it sees no more than that somebody held was freed.
            self.pardoned.add(place)
            self.pardoned_once.add(place)
        if place in self.ours and restricted_anew:
            self._taken.add(place)
        if new.status == "kicked" or restricted_anew:
            self.hands[place] = new
            self._hands_at[place] = self._now()
            self.ours.discard(place)
        elif new.status != "restricted":
            self.hands.pop(place, None)
            self.ours.discard(place)

    def _by_us(self, place: tuple[int, int], change: Changed, sent: Sent) -> None:
        old, new = change.old.at(self._now()), change.new
        hand = self.hands.get(place)
        if hand is not None and old.status != "restricted" and old.status != "kicked":
            hand = None  # overwritten before, or over
        if hand is not None and self._undoes(hand, new):
            self._judge_undoing(place, sent, hand)
        if new.status == "restricted" and marked(*place, new.until_date):
            self.ours.add(place)
        else:
            self.ours.discard(place)

    def _undoes(self, hand: Member, new: Member) -> bool:
        if hand.until_date and hand.until_date <= self._now() + 95:
            return False
        if hand.status == "kicked":
            return new.status != "kicked"
        return new.status != "restricted" or not new.permissions <= hand.permissions

    def _judge_undoing(self, place: tuple[int, int], sent: Sent, hand: Member) -> None:
        """An act that could not be known of may be undone for a moment: it is given back."""
        if self._lies.get(place, 0.0) >= sent.at - UNSEEN_S:
            return
        if sent.at - self._hands_at[place] <= UNSEEN_S + self.slack_s:
            return
        what = "a ban never becomes an un-ban" if hand.status == "kicked" else "an admin's restriction stays"
        self._journal.blame(what, f"bot {sent.bot} undoes {hand.status} of {place[1]} in {place[0]}", *place)


def _enforced(group: Group) -> Rule | None:
    return group.rule if group.enforced else None


def _has_a_voice(member: Member) -> bool:
    """Whether somebody may write in the group, or as a comment on a post."""
    if member.status == "restricted":
        return bool(member.permissions & SPEECH)
    return member.is_member


def _named(changes: Changes) -> set[int]:
    named = {int(group.group_id) for group in changes.groups}
    named |= {int(seen.group_id) for seen in changes.standings}
    named |= {int(hold.group_id) for hold in changes.holds}
    return named | {int(getattr(owed.intent, "group_id", GroupId(0))) for owed in changes.owed}


def _holds(sent: Sent, group: int) -> bool:
    """Whether a call places a hold, rather than giving back what an admin had chosen."""
    user, until = _integer(sent.arguments["user_id"]), sent.arguments.get("until_date", 0)
    return marked(group, user, _integer(until))


def marked(group: int, user: int, until: int) -> bool:
    """Whether a restriction until then bears GMBot's mark."""
    standing = Standing(Status.RESTRICTED, restriction=Restriction(MUTED, until))
    return bears_mark(GroupId(group), UserId(user), standing)


def _integer(value: object) -> int:
    assert isinstance(value, int)
    return value
