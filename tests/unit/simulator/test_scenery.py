"""Chats, their upgrade, and that a world is determined by its seed."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import TOKEN, Scene, inside

from gmbot.simulator import NotAllowed, VirtualClock, World
from gmbot.simulator.people import ANONYMOUS_ADMIN


def test_ids_have_the_shape_of_their_kind(scene: Scene) -> None:
    """Users over 2³², supergroups and channels below -10¹², basic groups small and negative."""
    basic = scene.world.create_group(scene.owner, "Small")
    assert scene.ann > 2**32
    assert scene.group < -(10**12)
    assert scene.channel < -(10**12)
    assert -(10**12) < basic < 0


def test_an_upgrade_is_told_in_both_chats(scene: Scene) -> None:
    """migrate_to_chat_id in the old, migrate_from_chat_id in the new."""
    basic = scene.world.create_group(scene.owner, "Small")
    scene.world.add_bot_to_chat(basic, scene.bot, scene.owner)
    scene.joined(basic)
    new = scene.world.migrate(basic)
    here, there = scene.updates("message")
    assert (inside(here, "chat", "id"), here["migrate_to_chat_id"]) == (basic, new)
    assert (inside(there, "chat", "id"), there["migrate_from_chat_id"]) == (new, basic)
    assert inside(there, "from", "id") == ANONYMOUS_ADMIN
    assert scene.world.member(new, scene.ann).status == "member"
    assert scene.world.member(new, scene.bot).may("can_restrict_members")
    with pytest.raises(NotAllowed):
        scene.world.migrate(basic)


def test_a_chat_can_be_renamed_and_made_public(scene: Scene) -> None:
    """And private again."""
    scene.world.rename(scene.channel, title="Daily", username="daily_news")
    assert scene.wire("getChat", chat_id="@daily_news")["title"] == "Daily"
    scene.world.rename(scene.channel, username="")
    assert scene.refusal("getChat", chat_id="@daily_news").endswith("chat not found")
    assert "username" not in scene.wire("getChat", chat_id=scene.channel)


def test_names_are_unique(scene: Scene) -> None:
    """Between chats, users and bots."""
    with pytest.raises(NotAllowed):
        scene.world.create_channel(scene.owner, "x", username="ANN")


def test_a_users_fields_show_in_messages(scene: Scene) -> None:
    """Those that are set."""
    user = scene.world.add_user("Eve", last_name="X", language_code="de", is_premium=True)
    scene.world.start_private(user, scene.bot)
    assert scene.updates()[-1]["from"] == {
        "id": user,
        "is_bot": False,
        "first_name": "Eve",
        "last_name": "X",
        "language_code": "de",
        "is_premium": True,
    }
    assert scene.world.person(user).name == "Eve"
    assert scene.world.person(scene.bot).is_bot


def played(seed: int) -> tuple[object, ...]:
    """What a short play leaves in the mailbox."""
    world = World(VirtualClock(), seed=seed)
    bot, owner = world.add_bot(TOKEN, "b_bot"), world.add_user("O")
    group = world.create_supergroup(owner, "G")
    world.add_bot_to_chat(group, bot, owner)
    link = world.create_invite(group, owner)
    world.join(world.add_user("A"), group, via_invite_link=link)
    return link, *(str(entry.update) for entry in world.bots[bot].mailbox.pending())


def test_equal_seeds_give_equal_worlds() -> None:
    """And other seeds other ones."""
    assert played(7) == played(7)
    assert played(7) != played(8)


def test_bots_are_greeted_as_they_come(scene: Scene) -> None:
    """Those that are there at once, later ones when they are added."""
    met: list[int] = []
    scene.world.greet_bots(lambda bot: met.append(bot.id))
    scene.world.add_bot("43:x", "other_bot")
    assert met == [42, 43]
