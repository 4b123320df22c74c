"""Whether a hold was right when it was placed, told by what was learnt since."""

from __future__ import annotations

import pytest

from gmbot.domain.hindsight import was_wrongful
from gmbot.domain.hold import Hold
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Quorum, Rule

NEWS, SHOP = ChannelId(-1), ChannelId(-2)
HELD_AT = 1000.5
BOTH = Rule((NEWS, SHOP))
EITHER = Rule((NEWS, SHOP), Quorum.ANY)


def hold(*missing: ChannelId) -> Hold:
    """Return a hold for want of these channels."""
    return Hold(GroupId(-9), UserId(5), HELD_AT, 2_000_000, missing)


def joined(at: int) -> Membership:
    """Return what is known of somebody who joined at that second."""
    return Membership(Stamp(at, Source.EVENT), MembershipState.IN)


OUT = Membership(Stamp(900, Source.QUESTION), MembershipState.OUT)


def test_late_news_of_an_earlier_join_prove_a_hold_wrong() -> None:
    """They were in the channel before they were held."""
    assert was_wrongful(Rule((NEWS,)), hold(NEWS), {NEWS: joined(999)})


@pytest.mark.parametrize("at", [1000, 1001])
def test_joining_since_the_hold_proves_nothing(at: int) -> None:
    """Telegram counts whole seconds: who joined in the hold's own second may have done so because of it."""
    assert not was_wrongful(Rule((NEWS,)), hold(NEWS), {NEWS: joined(at)})


def test_one_of_two_missing_channels_does_not_qualify() -> None:
    """They were rightly held for want of the other one."""
    assert not was_wrongful(BOTH, hold(NEWS, SHOP), {NEWS: joined(900), SHOP: joined(1200)})


def test_one_of_two_suffices_where_either_does() -> None:
    """The rule says how many."""
    assert was_wrongful(EITHER, hold(NEWS, SHOP), {NEWS: joined(900), SHOP: OUT})


def test_a_changed_rule_makes_no_hold_wrong() -> None:
    """They were held for want of a channel that the rule no longer names."""
    assert not was_wrongful(Rule((SHOP,)), hold(NEWS), {SHOP: joined(900)})
