"""The bot itself."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import Scene

from gmbot.simulator import NotAllowed


def test_get_me_has_the_bots_own_fields(scene: Scene) -> None:
    """Which messages from it do not show."""
    me = scene.wire("getMe")
    assert (me["id"], me["is_bot"], me["username"]) == (42, True, "gate_bot")
    assert me["can_join_groups"] is True
    assert me["supports_join_request_queries"] is False
    assert "can_join_groups" not in scene.world.user_wire(scene.bot)


@pytest.mark.parametrize("token", ["abc", "abc:def", "5:"])
def test_a_token_starts_with_the_bots_id(scene: Scene, token: str) -> None:
    """And a name is nobody else's."""
    with pytest.raises(NotAllowed):
        scene.world.add_bot(token, "b_bot")
    with pytest.raises(NotAllowed):
        scene.world.add_bot("50:x", "Gate_Bot")


def test_commands_are_kept_per_scope_and_language(scene: Scene) -> None:
    """An unset scope is empty."""
    start = {"command": "start", "description": "Begin"}
    private = {"type": "all_private_chats"}
    scene.call("setMyCommands", commands=[start], scope=private, language_code="de")
    assert scene.call("getMyCommands", scope=private, language_code="de") == [start]
    assert scene.call("getMyCommands", scope=private) == []
    scene.call("deleteMyCommands", scope=private, language_code="de")
    assert scene.call("getMyCommands", scope=private, language_code="de") == []


@pytest.mark.parametrize(
    ("commands", "part"),
    [
        (None, "can't parse commands"),
        ([{"command": "Bad", "description": "x"}], "BOT_COMMAND_INVALID"),
        ([{"command": "good", "description": ""}], "BOT_COMMAND_DESCRIPTION_INVALID"),
        (["x"], "can't parse BotCommand"),
        ([{"command": "a", "description": "x"}] * 101, "BOT_COMMANDS_TOO_MUCH"),
    ],
)
def test_commands_are_checked(scene: Scene, commands: object, part: str) -> None:
    """Lower-case names, and something to say about them."""
    assert part in scene.refusal("setMyCommands", commands=commands)


@pytest.mark.parametrize("kind", ["Name", "Description", "ShortDescription"])
def test_texts_are_kept_per_language(scene: Scene, kind: str) -> None:
    """A language without its own text has the default one."""
    field = {"Name": "name", "Description": "description", "ShortDescription": "short_description"}[kind]
    scene.call(f"setMy{kind}", **{field: "Gate"})
    scene.call(f"setMy{kind}", **{field: "Tor", "language_code": "de"})
    assert scene.call(f"getMy{kind}", language_code="de") == {field: "Tor"}
    assert scene.call(f"getMy{kind}", language_code="fr") == {field: "Gate"}
    assert "too long" in scene.refusal(f"setMy{kind}", **{field: "x" * 600})


def test_without_a_name_of_its_own_the_first_name_counts(scene: Scene) -> None:
    """As in the User object."""
    assert scene.call("getMyName") == {"name": "gate_bot"}


def test_default_rights_differ_between_groups_and_channels(scene: Scene) -> None:
    """Each has its own fields."""
    scene.call("setMyDefaultAdministratorRights", rights={"can_restrict_members": True})
    groups = scene.wire("getMyDefaultAdministratorRights")
    channels = scene.wire("getMyDefaultAdministratorRights", for_channels=True)
    assert groups["can_restrict_members"] is True
    assert "can_pin_messages" in groups
    assert channels["can_restrict_members"] is False
    assert "can_post_messages" in channels


def test_the_menu_button_is_per_chat_with_a_default(scene: Scene) -> None:
    """Commands, unless set."""
    assert scene.call("getChatMenuButton") == {"type": "commands"}
    scene.call("setChatMenuButton", menu_button={"type": "default"})
    scene.call("setChatMenuButton", chat_id=scene.ann, menu_button={"type": "commands"})
    assert scene.call("getChatMenuButton", chat_id=scene.ann) == {"type": "commands"}
    assert scene.call("getChatMenuButton") == {"type": "default"}


def test_logging_out_and_closing_do_nothing(scene: Scene) -> None:
    """They are there to be called."""
    assert scene.call("logOut") is True
    assert scene.call("close") is True
