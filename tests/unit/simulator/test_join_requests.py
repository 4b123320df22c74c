"""Join requests and invite links."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import Scene, inside, statuses

from gmbot.simulator import NotAllowed
from gmbot.simulator.rights import ALL_RIGHTS


@pytest.fixture
def asking(scene: Scene) -> Scene:
    """A stage whose group is entered by request, and Ann has asked."""
    scene.world.place(scene.group).join_by_request = True
    scene.world.request_join(scene.ann, scene.group)
    return scene


def answer(scene: Scene, word: str) -> object:
    """Approve or decline Ann."""
    return scene.call(f"{word}ChatJoinRequest", chat_id=scene.group, user_id=scene.ann)


def test_a_request_is_an_update_with_a_chat_to_write_to(asking: Scene) -> None:
    """user_chat_id, without a query for ordinary bots."""
    (request,) = asking.updates("chat_join_request")
    assert request["user_chat_id"] == asking.ann
    assert "query_id" not in request


def test_requests_need_can_invite_users(scene: Scene) -> None:
    """Without it the bot hears nothing."""
    scene.without(scene.group, "can_invite_users")
    scene.world.request_join(scene.ann, scene.group)
    assert scene.updates() == []


def test_an_approval_lets_in(asking: Scene) -> None:
    """from is who approved; via_join_request is set."""
    asking.forget()
    assert answer(asking, "approve") is True
    (update,) = asking.updates("chat_member")
    assert statuses(update) == ("left", "member")
    assert update["via_join_request"] is True
    assert inside(update, "from", "id") == asking.bot


def test_a_muted_user_is_approved_muted(asking: Scene) -> None:
    """A restriction outlives the request."""
    asking.mute(asking.ann)
    answer(asking, "approve")
    assert asking.world.member(asking.group, asking.ann).status == "restricted"


def test_answers_are_given_once(asking: Scene) -> None:
    """HIDE_REQUESTER_MISSING and USER_ALREADY_PARTICIPANT mean done."""
    answer(asking, "decline")
    asked = {"chat_id": asking.group, "user_id": asking.ann}
    assert asking.refusal("declineChatJoinRequest", **asked).endswith("HIDE_REQUESTER_MISSING")
    asking.world.request_join(asking.ann, asking.group)
    answer(asking, "approve")
    assert asking.refusal("approveChatJoinRequest", **asked).endswith("USER_ALREADY_PARTICIPANT")


def test_answers_need_the_right_and_a_user(asking: Scene) -> None:
    """In that order from the back."""
    assert "invalid user_id" in asking.refusal("approveChatJoinRequest", chat_id=asking.group)
    asking.without(asking.group, "can_invite_users")
    refusal = asking.refusal("approveChatJoinRequest", chat_id=asking.group, user_id=asking.ann)
    assert refusal == "400 Bad Request: not enough rights to manage chat invite link"


def test_the_requester_can_be_written_to_for_five_minutes(asking: Scene) -> None:
    """Then it is a 403 again."""
    assert asking.call("sendMessage", chat_id=asking.ann, text="why?")
    asking.clock.set(asking.clock.now() + 300)
    refusal = asking.refusal("sendMessage", chat_id=asking.ann, text="why?")
    assert refusal == "403 Forbidden: bot can't initiate conversation with a user"


def test_people_answer_requests_too(asking: Scene) -> None:
    """With the same outcome."""
    asking.world.decline(asking.group, asking.ann, asking.owner)
    with pytest.raises(NotAllowed):
        asking.world.approve(asking.group, asking.ann, asking.owner)
    asking.world.request_join(asking.ann, asking.group)
    asking.world.approve(asking.group, asking.ann, asking.owner)
    assert asking.world.member(asking.group, asking.ann).is_member
    with pytest.raises(NotAllowed):
        asking.world.request_join(asking.ann, asking.group)


def test_a_banned_requester_stays_out(asking: Scene) -> None:
    """Approval does not un-ban."""
    asking.world.ban(asking.group, asking.ann, asking.owner)
    with pytest.raises(NotAllowed):
        asking.world.approve(asking.group, asking.ann, asking.owner)


@pytest.mark.parametrize("result", ["approve", "decline", "queue"])
def test_a_guard_bot_answers_by_query_within_ten_seconds(result: str) -> None:
    """Only once its query is its own and fresh."""
    scene = Scene()
    guard = scene.world.add_bot("44:g", "guard_bot", guard=True)
    scene.world.add_bot_to_chat(scene.group, guard, scene.owner)
    scene.world.request_join(scene.ann, scene.group)
    update = scene.world.bots[guard].mailbox.pending()[-1].update
    query = inside(update, "chat_join_request", "query_id")
    asked = {"chat_join_request_query_id": query, "result": result}
    assert "too old" in scene.refusal("answerChatJoinRequestQuery", **asked)
    assert "wrong parameter" in scene.refusal("answerChatJoinRequestQuery", **asked | {"result": "x"})
    assert scene.api.call("44:g", "answerChatJoinRequestQuery", asked) is True
    assert scene.world.member(scene.group, scene.ann).is_member is (result == "approve")
    assert (scene.ann in scene.world.place(scene.group).requests) is (result == "queue")


def test_a_join_by_link_names_the_link(scene: Scene) -> None:
    """In full to its creator, cut short to other bots."""
    made = scene.wire("createChatInviteLink", chat_id=scene.channel, name="gate")
    other = scene.world.add_bot("43:x", "other_bot")
    scene.world.add_bot_to_chat(scene.channel, other, scene.owner)
    mailbox = scene.world.bots[other].mailbox
    mailbox.allow(["chat_member"])
    scene.world.join(scene.ann, scene.channel, via_invite_link=str(made["invite_link"]))
    update = scene.updates("chat_member")[-1]
    assert inside(update, "invite_link", "invite_link") == made["invite_link"]
    seen = inside(mailbox.pending()[-1].update, "chat_member", "invite_link", "invite_link")
    assert str(seen).endswith("...")


def test_a_request_by_link_names_the_link_and_is_no_direct_request(scene: Scene) -> None:
    """via_join_request is for requests without a link."""
    made = scene.wire("createChatInviteLink", chat_id=scene.group, creates_join_request=True)
    link = str(made["invite_link"])
    with pytest.raises(NotAllowed):
        scene.world.join(scene.ann, scene.group, via_invite_link=link)
    scene.world.request_join(scene.ann, scene.group, via_invite_link=link)
    shown = scene.updates("chat_join_request")[0]["invite_link"]
    assert isinstance(shown, dict)
    assert shown["pending_join_request_count"] == 1
    answer(scene, "approve")
    update = scene.updates("chat_member")[0]
    assert "invite_link" in update
    assert "via_join_request" not in update


def test_links_expire_fill_up_and_are_revoked(scene: Scene) -> None:
    """Then they let nobody in."""
    now = int(scene.clock.now())
    place = {"chat_id": scene.group}
    expiring = str(scene.wire("createChatInviteLink", expire_date=now + 60, **place)["invite_link"])
    single = str(scene.wire("createChatInviteLink", member_limit=1, **place)["invite_link"])
    revoked = str(scene.wire("createChatInviteLink", **place)["invite_link"])
    assert scene.wire("revokeChatInviteLink", invite_link=revoked, **place)["is_revoked"] is True
    scene.world.join(scene.ann, scene.group, via_invite_link=single)
    scene.clock.set(now + 60)
    ben = scene.world.add_user("Ben")
    for link in (expiring, single, revoked, "https://t.me/+nothing"):
        with pytest.raises(NotAllowed):
            scene.world.join(ben, scene.group, via_invite_link=link)


def test_an_exported_link_replaces_the_bots_primary_one(scene: Scene) -> None:
    """getChat shows the newest."""
    first = scene.call("exportChatInviteLink", chat_id=scene.group)
    second = scene.call("exportChatInviteLink", chat_id=scene.group)
    assert scene.world.links[str(first)].is_revoked
    assert scene.wire("getChat", chat_id=scene.group)["invite_link"] == second


def test_links_are_edited_by_their_creator(scene: Scene) -> None:
    """What is not given is reset; others' links are out of reach."""
    place = {"chat_id": scene.group}
    link = scene.wire("createChatInviteLink", name="a", member_limit=5, **place)["invite_link"]
    edited = scene.wire("editChatInviteLink", invite_link=link, name="b", **place)
    assert edited["name"] == "b"
    assert "member_limit" not in edited
    owners = scene.world.create_invite(scene.group, scene.owner)
    assert scene.refusal("editChatInviteLink", invite_link=owners, **place).endswith("INVITE_HASH_EXPIRED")


def test_links_are_checked(scene: Scene) -> None:
    """The name's length, limits that exclude each other, and the right."""
    place = {"chat_id": scene.group}
    assert "too long" in scene.refusal("createChatInviteLink", name="x" * 33, **place)
    refusal = scene.refusal("createChatInviteLink", creates_join_request=True, member_limit=5, **place)
    assert "member limit" in refusal
    scene.rights(scene.group, ALL_RIGHTS - {"can_invite_users"})
    refusal = scene.refusal("createChatInviteLink", **place)
    assert refusal == "400 Bad Request: not enough rights to manage chat invite link"


def test_a_ban_ends_a_request(asking: Scene) -> None:
    """There is nobody left to approve."""
    asking.world.ban(asking.group, asking.ann, asking.owner)
    refusal = asking.refusal("approveChatJoinRequest", chat_id=asking.group, user_id=asking.ann)
    assert refusal == "400 Bad Request: HIDE_REQUESTER_MISSING"
