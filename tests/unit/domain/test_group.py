"""A guarded group and the channels it requires."""

import pytest
from tests.unit.domain.people import ADMIN, GROUP, NEWS

from gmbot.domain.group import Channel, Group, PauseReason
from gmbot.domain.rule import Rule


@pytest.mark.parametrize(
    ("rule", "paused", "enforced"),
    [
        (Rule((NEWS,)), None, True),
        (Rule((NEWS,)), PauseReason.MASS_FLIP, False),
        (Rule(), None, False),
    ],
)
def test_a_group_is_enforced_while_it_requires_something_and_is_not_paused(
    rule: Rule, paused: PauseReason | None, enforced: bool
) -> None:
    """Nobody may be held otherwise."""
    assert Group(GROUP, ADMIN, "Chat", rule=rule, paused=paused).enforced is enforced


@pytest.mark.parametrize(
    ("channel", "url"),
    [
        (Channel(NEWS, "News", username="news", invite_link="https://t.me/+x"), "https://t.me/news"),
        (Channel(NEWS, "News", invite_link="https://t.me/+x"), "https://t.me/+x"),
        (Channel(NEWS, "News"), None),
    ],
)
def test_where_a_channel_is_joined(channel: Channel, url: str | None) -> None:
    """Under its public name, else by its link, if there is one."""
    assert channel.url == url
