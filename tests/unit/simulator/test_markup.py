"""Inline keyboards."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import Scene


def send(scene: Scene, *rows: object) -> dict[str, object]:
    """Send a text with that inline keyboard."""
    markup = {"inline_keyboard": list(rows)}
    return scene.wire("sendMessage", chat_id=scene.group, text="x", reply_markup=markup)


def refused(scene: Scene, markup: object) -> str:
    """What that markup is refused with."""
    return scene.refusal("sendMessage", chat_id=scene.group, text="x", reply_markup=markup)


def test_a_keyboard_is_kept_with_its_message(scene: Scene) -> None:
    """Row by row; empty rows vanish."""
    link = {"text": "Join", "url": "https://t.me/news"}
    verify = {"text": "Verify", "callback_data": "v", "style": "primary"}
    sent = send(scene, [link], [], [verify])
    message = scene.world.message(scene.group, scene.world.place(scene.group).last_message_id)
    assert message is not None
    assert message.wire == sent
    assert message.rows == [[link], [verify]]
    assert message.buttons == [link, verify]


def test_an_empty_keyboard_is_none(scene: Scene) -> None:
    """And a message without one has no buttons."""
    assert "reply_markup" not in send(scene)
    assert scene.world.messages(scene.group)[-1].buttons == []


@pytest.mark.parametrize("data", ["", "x" * 65, "é" * 33])
def test_callback_data_is_1_to_64_bytes(scene: Scene, data: str) -> None:
    """Bytes, not characters."""
    button = {"text": "a", "callback_data": data}
    assert refused(scene, {"inline_keyboard": [[button]]}) == "400 Bad Request: BUTTON_DATA_INVALID"
    send(scene, [{"text": "a", "callback_data": "é" * 32}])


@pytest.mark.parametrize("url", ["t.me/news", "https://t.me/+abc", "tg://resolve?domain=x", "http://a.b:1/c"])
def test_links_are_links(scene: Scene, url: str) -> None:
    """With or without a scheme."""
    send(scene, [{"text": "a", "url": url}])


@pytest.mark.parametrize(
    ("markup", "part"),
    [
        ({"inline_keyboard": [[{"text": "a", "url": "not a link"}]]}, "is invalid: Wrong HTTP URL"),
        ({"inline_keyboard": [[{"text": "a"}]]}, "text buttons are unallowed in the inline keyboard"),
        ({"inline_keyboard": [[{"text": "a", "url": "t.me", "callback_data": "b"}]]}, "text buttons"),
        ({"inline_keyboard": [[{"callback_data": "b"}]]}, "text must be non-empty"),
        ({"inline_keyboard": [["a"]]}, "must be an Object"),
        ({"inline_keyboard": "a"}, "must be an Array of Arrays"),
        ("{", "can't parse reply keyboard markup JSON object"),
    ],
)
def test_malformed_keyboards_are_refused(scene: Scene, markup: object, part: str) -> None:
    """With a 400 that says what is wrong."""
    assert part in refused(scene, markup)
