"""Error envelopes."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import Scene

from gmbot.simulator.errors import ApiError, bad_request, forbidden, too_many_requests, upgraded


@pytest.mark.parametrize(
    ("error", "code", "description"),
    [
        (bad_request("Chat not found"), 400, "Bad Request: chat not found"),
        (bad_request("CHAT_ADMIN_REQUIRED"), 400, "Bad Request: CHAT_ADMIN_REQUIRED"),
        (bad_request("A_B"), 400, "Bad Request: A_B"),
        (forbidden("Bot was blocked by the user"), 403, "Forbidden: bot was blocked by the user"),
        (forbidden("CHAT_WRITE_FORBIDDEN"), 400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
    ],
)
def test_descriptions_have_the_servers_prefix_and_case(error: ApiError, code: int, description: str) -> None:
    """The first letter is lowered unless `_` or a capital follows; ALL_CAPS 403s are 400s."""
    assert (error.code, error.description) == (code, description)


def test_parameters_appear_only_when_there_are_any() -> None:
    """The envelope is what the bot reads."""
    assert bad_request("x").envelope() == {"ok": False, "error_code": 400, "description": "Bad Request: x"}
    assert upgraded(-5).envelope()["parameters"] == {"migrate_to_chat_id": -5}
    assert too_many_requests(7).parameters == {"retry_after": 7}


def test_an_unknown_method_is_404(scene: Scene) -> None:
    """So is a method of a later Bot API."""
    assert scene.refusal("getMoon") == "404 Not Found: method not found"


def test_a_bad_token_is_401(scene: Scene) -> None:
    """Whatever the method is."""
    with pytest.raises(ApiError, match="401 Unauthorized"):
        scene.api.call("42:wrong", "getMe")


def test_method_names_are_case_insensitive(scene: Scene) -> None:
    """getMe, GETME and getme are one method."""
    assert scene.call("GETme") == scene.call("getMe")
