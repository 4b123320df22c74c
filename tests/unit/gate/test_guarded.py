"""The directory of guarded groups and required channels."""

from __future__ import annotations

from gmbot.domain.group import Channel, Group
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.rule import Rule
from gmbot.gate.changes import Changes, Moved
from gmbot.gate.guarded import Guarded

ONE, TWO = GroupId(-1), GroupId(-2)
NEWS, CLUB, UNSEEN = ChannelId(-10), ChannelId(-20), ChannelId(-30)


def group(group_id: GroupId, *channels: ChannelId) -> Group:
    """Return a group that requires these channels."""
    return Group(group_id, UserId(7), f"Group {group_id}", Rule(channels))


def channels(*channel_ids: ChannelId, usable: bool = True) -> tuple[Channel, ...]:
    """Return channels."""
    return tuple(Channel(channel_id, f"Channel {channel_id}", usable=usable) for channel_id in channel_ids)


def directory() -> Guarded:
    """Return a directory of two groups that share a channel."""
    return Guarded((group(ONE, CLUB, NEWS), group(TWO, NEWS)), channels(NEWS, CLUB))


def test_a_group_and_its_channels_are_found() -> None:
    """The channels in the order of the rule."""
    guarded = directory()
    found = guarded.group(ONE)
    assert found is not None
    assert [channel.channel_id for channel in guarded.channels_of(found)] == [CLUB, NEWS]


def test_what_is_not_guarded_is_not_found() -> None:
    """Neither groups nor channels."""
    guarded = directory()
    assert guarded.group(-99) is None
    assert guarded.channel(-99) is None
    assert guarded.requiring(-99) == ()


def test_a_channel_knows_every_group_that_requires_it() -> None:
    """News from it concern them all."""
    assert [g.group_id for g in directory().requiring(NEWS)] == [TWO, ONE]


def test_an_unguarded_group_is_forgotten_and_its_channels_too() -> None:
    """What nobody requires is nobody's business."""
    guarded = directory()
    guarded.learn(Changes(unguarded=(ONE,)))
    assert guarded.group(ONE) is None
    assert guarded.channel(CLUB) is None
    assert [g.group_id for g in guarded.requiring(NEWS)] == [TWO]


def test_a_changed_rule_is_followed() -> None:
    """In both directions."""
    guarded = directory()
    guarded.learn(Changes(groups=(group(TWO, CLUB),)))
    assert [g.group_id for g in guarded.requiring(NEWS)] == [ONE]
    assert [g.group_id for g in guarded.requiring(CLUB)] == [TWO, ONE]


def test_channels_that_cannot_be_seen_are_told_apart() -> None:
    """They count against nobody."""
    guarded = directory()
    guarded.learn(Changes(channels=channels(NEWS, usable=False)))
    assert guarded.unusable == {NEWS}
    guarded.learn(Changes(channels=channels(NEWS)))
    assert guarded.unusable == frozenset()


def test_a_channel_of_a_rule_that_is_not_known_yet_is_left_out() -> None:
    """A rule may name more than is known."""
    guarded = Guarded((group(ONE, NEWS, UNSEEN),), channels(NEWS))
    found = guarded.group(ONE)
    assert found is not None
    assert [channel.channel_id for channel in guarded.channels_of(found)] == [NEWS]


def test_a_group_that_moved_is_found_under_its_new_id() -> None:
    """Migration to a supergroup."""
    guarded = directory()
    guarded.learn(Changes(moved=(Moved(ONE, -100),)))
    moved = guarded.group(-100)
    assert moved is not None
    assert moved.group_id == -100
    assert guarded.group(ONE) is None
    assert {g.group_id for g in guarded.requiring(NEWS)} == {TWO, -100}


def test_a_required_group_that_moved_is_required_under_its_new_id() -> None:
    """Groups may be required, too."""
    guarded = directory()
    guarded.learn(Changes(moved=(Moved(CLUB, -200),)))
    found = guarded.group(ONE)
    assert found is not None
    assert found.rule.channels == (-200, NEWS)
    assert guarded.channel(-200) is not None


def test_facts_about_people_change_nothing_here() -> None:
    """Most writes are about people."""
    guarded = directory()
    guarded.learn(Changes())
    assert [g.group_id for g in guarded.groups] == [ONE, TWO]
