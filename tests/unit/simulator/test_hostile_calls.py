"""Whatever a bot sends, it gets an answer or an API error."""

from __future__ import annotations

import json
from random import Random

import pytest
from tests.unit.simulator.scene import TOKEN, Scene

from gmbot.simulator import ApiError
from gmbot.simulator.api import METHODS

NAMES = (
    "chat_id",
    "user_id",
    "message_id",
    "message_ids",
    "text",
    "caption",
    "parse_mode",
    "reply_markup",
    "permissions",
    "entities",
    "photo",
    "until_date",
    "reply_parameters",
    "message_thread_id",
    "from_chat_id",
    "callback_query_id",
    "invite_link",
    "name",
    "commands",
    "scope",
    "language_code",
    "rights",
    "menu_button",
    "url",
    "allowed_updates",
    "offset",
    "limit",
    "secret_token",
    "sender_chat_id",
    "ephemeral_message_parameters",
    "receiver_user_id",
    "ephemeral_message_id",
    "action",
    "description",
    "custom_title",
    "link_preview_options",
    "certificate",
    "member_limit",
    "expire_date",
    "result",
    "chat_join_request_query_id",
)


def nasty(scene: Scene, rng: Random) -> object:
    """A value that some argument does not expect."""
    known = [scene.group, scene.channel, scene.ann, scene.bot, scene.owner, str(scene.group), 1, 2, 3]
    odd = [None, True, "", " ", "\x00", "é" * 70, -1, 2**70, 1.5, float("inf"), "1e9", b"\xff", "<b>", "@ann"]
    deep: list[object] = [
        [],
        {},
        [None],
        [[]],
        {"a": None},
        {"message_id": "x"},
        {"inline_keyboard": [[{}]]},
        {"inline_keyboard": 5},
    ]
    texts = [
        "{",
        "[",
        "null",
        "[1,",
        '{"message_id":2}',
        "[[1]]",
        '"x"',
        "<a href=>x</a>",
        "HTML",
        json.dumps(deep),
    ]
    return rng.choice([rng.choice(known), rng.choice(odd), rng.choice(deep), rng.choice(texts)])


@pytest.mark.parametrize("seed", range(40))
def test_no_call_breaks_the_simulator(seed: int) -> None:
    """A hundred calls of random methods with random arguments, on forty stages."""
    scene, rng = Scene(forum=seed % 2 == 1), Random(seed)
    scene.world.start_private(scene.ann, scene.bot)
    scene.world.say(scene.joined(), scene.group, photo=True)
    for _ in range(100):
        method = rng.choice(sorted(METHODS))
        arguments = {name: nasty(scene, rng) for name in rng.sample(NAMES, rng.randint(0, 12))}
        arguments["chat_id"] = rng.choice([scene.group, scene.channel, scene.ann, nasty(scene, rng)])
        try:
            answer = scene.api.call(TOKEN, method, arguments)
        except ApiError as error:
            answer = error.envelope()
        json.dumps(answer)
