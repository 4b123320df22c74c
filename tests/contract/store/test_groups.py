"""Store: guarded groups, the channels they require, and groups that move."""

from __future__ import annotations

from tests.contract.store.material import (
    AT,
    CHANNEL,
    GROUP,
    USER,
    channel,
    fact,
    full,
    group,
    hold,
    known,
    learnt,
    owed,
)

from gmbot.domain.group import Channel, ChannelSenders, Group, GroupSettings, PauseReason
from gmbot.domain.ids import ChannelId, GroupId, MessageId, UpdateId, UserId
from gmbot.domain.membership import MembershipState
from gmbot.domain.rule import Quorum, Rule
from gmbot.gate.changes import AuditEntry, Changes, Moved
from gmbot.gate.intents import Delete, Judge, Prompt, Rewrite, Say, Settle, SettleEverywhere
from gmbot.gate.outgoing import Address, Note
from gmbot.gate.ports import Store

NEW = GroupId(-9009)
OTHER = ChannelId(-2002)


async def test_a_group_comes_back_whole(store: Store) -> None:
    """Rule, order of channels, settings, pause and linked chat survive."""
    whole = Group(
        GROUP,
        UserId(2**52),
        "Title",
        Rule((OTHER, CHANNEL), Quorum.AT_LEAST, 1),
        GroupSettings(ChannelSenders.BLOCK, delete_messages=False),
        PauseReason.MASS_FLIP,
        linked_chat_id=-1_002_000_000_000,
        protected_at=AT,
    )
    await store.apply(Changes(groups=(whole,)))
    assert await store.groups() == [whole]


async def test_changes_of_groups_are_counted(store: Store) -> None:
    """Whatever they are, once for each that is stored, and nothing else is."""
    update = UpdateId(5)
    of_groups = (
        Changes(groups=(group(), group(GroupId(-1))), channels=(channel(),), update_id=update),
        Changes(channels=(channel(),)),
        Changes(moved=(Moved(GROUP, NEW),)),
        Changes(unguarded=(NEW,)),
    )
    counted = [await store.revision()]
    for changes in of_groups:
        await store.apply(changes)
        counted.append(await store.revision())
    assert counted == [0, 1, 2, 3, 4]
    await store.apply(Changes(groups=(group(),), update_id=update))
    await store.apply(Changes(memberships=learnt(fact()).memberships, owed=(owed(),), holds=(hold(),)))
    assert await store.revision() == 4


async def test_a_group_without_channels_is_a_group(store: Store) -> None:
    """A rule may be empty."""
    await store.apply(Changes(groups=(group(rule=Rule()),)))
    assert await store.groups() == [group(rule=Rule())]


async def test_a_group_is_replaced(store: Store) -> None:
    """The last word about a group is kept, its channels in the new order."""
    await store.apply(Changes(groups=(group(GROUP, CHANNEL, OTHER),)))
    await store.apply(Changes(groups=(group(GROUP, OTHER, CHANNEL, title="Renamed"),)))
    assert await store.groups() == [group(GROUP, OTHER, CHANNEL, title="Renamed")]


async def test_a_channel_is_replaced(store: Store) -> None:
    """The last word about a channel is kept."""
    after = Channel(CHANNEL, "Renamed", None, "https://t.me/+x", usable=False)
    await store.apply(Changes(groups=(group(),), channels=(channel(),)))
    await store.apply(Changes(channels=(after,)))
    assert await store.channels() == [after]


async def test_a_channel_that_no_group_requires_any_more_goes(store: Store) -> None:
    """A rule that drops a channel drops the channel, if it was the last."""
    both = (channel(), channel(OTHER))
    await store.apply(Changes(groups=(group(GROUP, CHANNEL, OTHER),), channels=both))
    await store.apply(Changes(groups=(group(GROUP, OTHER),)))
    assert await store.channels() == [channel(OTHER)]


async def test_an_unguarded_group_is_gone_with_its_channels(store: Store) -> None:
    """Unprotecting forgets the group and the channels that only it required."""
    kept = group(GroupId(-1), OTHER)
    await store.apply(
        Changes(groups=(group(GROUP, CHANNEL, OTHER), kept), channels=(channel(), channel(OTHER)))
    )
    await store.apply(Changes(unguarded=(GROUP,)))
    assert (await store.groups(), await store.channels()) == ([kept], [channel(OTHER)])


async def test_unguarding_keeps_holds_and_audit(store: Store) -> None:
    """Whom GMBot holds must still be released, and what was done stays on record."""
    await store.apply(full())
    await store.apply(Changes(unguarded=(GROUP,)))
    assert await store.hold(GROUP, USER) == hold()
    assert len(await store.audit(GROUP, 9)) == 1


async def test_unguarding_what_is_not_guarded_is_no_error(store: Store) -> None:
    """Twice is as good as once."""
    assert await store.apply(Changes(unguarded=(GROUP,)))


async def test_a_moved_group_is_found_under_its_new_id(store: Store) -> None:
    """Group, standings, holds, debts and audit follow a group that became a supergroup."""
    await store.apply(full())
    await store.apply(Changes(moved=(Moved(GROUP, NEW),)))
    assert await store.groups() == [group(NEW)]
    assert await store.channels() == [channel()]
    assert await store.standing(NEW, USER) is not None
    assert await store.hold(NEW, USER) == hold(where=NEW)
    assert [one.intent for one in await store.claim(AT, 1, 9)] == [Settle(NEW, USER)]
    assert [entry.group_id for entry in await store.audit(NEW, 9)] == [NEW]


async def test_nothing_is_left_under_a_moved_groups_old_id(store: Store) -> None:
    """The old id names nothing any more."""
    await store.apply(full())
    await store.apply(Changes(moved=(Moved(GROUP, NEW),)))
    assert await store.standing(GROUP, USER) is None
    assert await store.hold(GROUP, USER) is None
    assert not await store.audit(GROUP, 9)


async def test_a_required_group_that_moved_is_still_required(store: Store) -> None:
    """Rules, links, memberships and linked chats follow too."""
    required = ChannelId(GROUP)
    guarded = group(GroupId(-1), required, OTHER, linked_chat_id=GROUP)
    everywhere = owed(SettleEverywhere(required, USER))
    both = (channel(required), channel(OTHER))
    await store.apply(Changes(groups=(guarded,), channels=both, owed=(everywhere,)))
    await store.apply(learnt(fact(), where=required))
    await store.apply(Changes(moved=(Moved(GROUP, NEW),)))
    assert await store.groups() == [group(GroupId(-1), ChannelId(NEW), OTHER, linked_chat_id=NEW)]
    assert {one.channel_id for one in await store.channels()} == {NEW, OTHER}
    assert await known(store, USER, [ChannelId(NEW), required]) == {ChannelId(NEW): fact()}
    assert [one.intent for one in await store.claim(AT, 1, 9)] == [SettleEverywhere(ChannelId(NEW), USER)]


async def test_a_move_onto_an_id_that_is_known_already_merges(store: Store) -> None:
    """Both sides of a migration may have been heard of: the newer fact, hold and group stay."""
    old, new = ChannelId(GROUP), ChannelId(NEW)
    await store.apply(full())
    await store.apply(learnt(fact(30, MembershipState.OUT), where=old))
    await store.apply(learnt(fact(20), where=new))
    await store.apply(
        Changes(groups=(group(NEW, title="New"),), holds=(hold(where=NEW, revision=4, name="New"),))
    )
    await store.apply(Changes(moved=(Moved(GROUP, NEW),)))
    assert await store.groups() == [group(NEW, title="New")]
    assert (await known(store, USER, [new]))[new] == fact(30, MembershipState.OUT)
    assert await store.hold(NEW, USER) == hold(where=NEW, revision=4, name="New")


async def test_a_move_that_comes_twice_changes_nothing(store: Store) -> None:
    """Both halves of a migration announce it."""
    await store.apply(full())
    for _ in range(2):
        await store.apply(Changes(moved=(Moved(GROUP, NEW),)))
    assert await store.groups() == [group(NEW)]


async def test_messages_stay_behind_when_a_group_moves(store: Store) -> None:
    """A supergroup numbers its messages anew: nothing may be deleted there by an old number."""
    message = MessageId(5)
    say = Say("hello", Address(GROUP, reply_to=message), Note("Hello"))
    debts = (
        owed(Judge(GROUP, USER, message, 1)),
        owed(Delete(GROUP, (message,))),
        owed(Rewrite(GROUP, message, Note("Hi"))),
        owed(Prompt(GROUP)),
        owed(say),
    )
    await store.apply(Changes(owed=debts, holds=(hold(prompt_id=message),)))
    await store.apply(Changes(moved=(Moved(GROUP, NEW),)))
    left = {one.intent for one in await store.claim(AT, 1, 9)}
    assert left == {Settle(NEW, USER), Prompt(NEW), Say("hello", Address(NEW), Note("Hello"))}
    assert not await store.told(NEW)


async def test_a_move_leaves_others_alone(store: Store) -> None:
    """An id that is the beginning of another is not that other."""
    longer = GroupId(int(f"{GROUP}7"))
    near = hold(where=longer, missing=(ChannelId(longer),))
    await store.apply(Changes(holds=(near,), owed=(owed(Settle(longer, USER)),)))
    await store.apply(Changes(moved=(Moved(GROUP, NEW),)))
    assert await store.hold(longer, USER) == near
    assert [one.intent for one in await store.claim(AT, 1, 9)] == [Settle(longer, USER)]


async def test_the_audit_is_told_newest_first(store: Store) -> None:
    """An admin reads what happened last at the top, and only about this group."""
    entries = [AuditEntry(AT + n, GROUP, USER, f"step {n}", n or None, "why") for n in range(4)]
    await store.apply(Changes(audit=tuple(entries[:3])))
    await store.apply(Changes(audit=(entries[3], AuditEntry(AT, NEW, USER, "elsewhere"))))
    assert await store.audit(GROUP, 3) == [entries[3], entries[2], entries[1]]
