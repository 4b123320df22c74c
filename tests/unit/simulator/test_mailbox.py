"""A bot's queue of updates, and how it is fetched."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import TOKEN, Scene

from gmbot.simulator import ApiError, Knobs, VirtualClock
from gmbot.simulator.mailbox import DEFAULT_KINDS, Entry, Mailbox, queue_of

HOUR_S = 3_600
MESSAGE: dict[str, object] = {"chat": {"id": -5}, "from": {"id": 7}}


@pytest.fixture
def clock() -> VirtualClock:
    """Noon of no particular day."""
    return VirtualClock(0.0)


@pytest.fixture
def box(clock: VirtualClock) -> Mailbox:
    """An empty mailbox whose first update is number 100."""
    return Mailbox(clock, first_id=100, knobs=Knobs())


def ids(box: Mailbox) -> list[int]:
    """The numbers of what waits."""
    return [entry.update_id for entry in box.pending()]


def filled(box: Mailbox, count: int) -> Mailbox:
    """The mailbox with that many messages."""
    for _ in range(count):
        box.push("message", MESSAGE)
    return box


def test_updates_are_numbered_in_sequence(box: Mailbox) -> None:
    """And wrapped as Update objects."""
    assert ids(filled(box, 3)) == [100, 101, 102]
    assert box.take()[0] == {"update_id": 100, "message": MESSAGE}


def test_an_offset_above_an_id_confirms_it(box: Mailbox) -> None:
    """Reading alone does not."""
    filled(box, 5)
    assert len(box.take(limit=2)) == 2
    assert len(box.take(0)) == 5
    assert [update["update_id"] for update in box.take(103)] == [103, 104]
    assert ids(box) == [103, 104]
    assert box.take(999) == []


def test_a_negative_offset_keeps_the_last_ones(box: Mailbox) -> None:
    """All earlier ones are forgotten."""
    filled(box, 5)
    box.confirm(-2)
    assert ids(box) == [103, 104]
    box.confirm(-9)
    assert ids(box) == [103, 104]


def test_the_limit_is_1_to_100(box: Mailbox) -> None:
    """Clamped, not rejected."""
    filled(box, 150)
    assert len(box.take(limit=500)) == 100
    assert len(box.take(limit=0)) == 1


def test_updates_live_a_day_and_taps_150_seconds(box: Mailbox, clock: VirtualClock) -> None:
    """What is older is gone."""
    box.push("message", MESSAGE)
    box.push("callback_query", {"from": {"id": 7}})
    clock.set(150.0)
    assert ids(box) == [100]
    clock.set(24.0 * HOUR_S)
    assert len(box) == 0


def test_a_full_queue_loses_new_updates(clock: VirtualClock) -> None:
    """100,000 in reality."""
    box = Mailbox(clock, first_id=1, knobs=Knobs(mailbox_limit=2))
    assert ids(filled(box, 3)) == [1, 2]
    assert box.push("message", MESSAGE) is None


def test_the_filter_works_when_an_update_is_created(box: Mailbox) -> None:
    """What was created before stays."""
    filled(box, 1)
    box.allow(["chat_member"])
    filled(box, 1)
    assert ids(box) == [100]


def test_allowed_updates_follow_the_servers_rules(box: Mailbox) -> None:
    """Omitted is unchanged, empty is the default, unknown names are ignored."""
    assert box.allowed == DEFAULT_KINDS
    assert "chat_member" not in DEFAULT_KINDS
    box.allow(["message", "moon_phase"])
    assert box.allowed == {"message"}
    box.allow(None)
    assert box.allowed == {"message"}
    box.allow([])
    assert box.allowed == DEFAULT_KINDS


def test_listeners_hear_each_new_update_until_they_stop(box: Mailbox) -> None:
    """Filtered ones are not heard."""
    heard: list[Entry] = []
    stop = box.listen(heard.append)
    box.push("message", MESSAGE)
    box.push("chat_member", MESSAGE)
    stop()
    box.push("message", MESSAGE)
    assert [entry.update_id for entry in heard] == [100]


def test_a_fault_can_refuse_an_update_before_it_is_numbered(box: Mailbox) -> None:
    """Numbers stay in sequence."""
    box.admit = lambda kind, _: kind != "message"
    box.push("message", MESSAGE)
    box.push("edited_message", MESSAGE)
    assert ids(box) == [100]
    assert box.pending()[0].kind == "edited_message"


def test_a_delivered_update_is_removed_alone(box: Mailbox) -> None:
    """Others keep waiting."""
    filled(box, 2)
    box.remove(100)
    assert not box.holds(100)
    assert box.holds(101)
    box.remove(100)
    box.clear()
    assert ids(box) == []


@pytest.mark.parametrize(
    ("kind", "payload", "queue"),
    [
        ("message", MESSAGE, ("chat", -5)),
        ("channel_post", MESSAGE, ("chat", -5)),
        ("callback_query", MESSAGE, ("callback_query", 7)),
        ("chat_join_request", MESSAGE, ("chat_join_request", 7)),
        ("chat_member", {"chat": {"id": -5}, "new_chat_member": {"user": {"id": 9}}}, ("chat_member", 9)),
        ("poll", {}, ("chat", 0)),
    ],
)
def test_order_is_kept_per_chat_and_for_what_people_do_per_person(
    kind: str, payload: dict[str, object], queue: tuple[str, int]
) -> None:
    """There is no order between a chat's messages and its chat_members."""
    assert queue_of(kind, payload) == queue


def test_get_updates_conflicts_with_a_webhook(scene: Scene) -> None:
    """409 with the server's words."""
    scene.call("setWebhook", url="https://example.org/hook")
    with pytest.raises(ApiError) as caught:
        scene.api.call(TOKEN, "getUpdates", {})
    assert caught.value.code == 409
    assert caught.value.description.startswith(
        "Conflict: can't use getUpdates method while webhook is active"
    )
    scene.call("deleteWebhook")
    assert scene.call("getUpdates", allowed_updates='["message"]') == []
    assert scene.world.bots[scene.bot].mailbox.allowed == {"message"}


def test_the_webhooks_settings_show_in_its_info(scene: Scene) -> None:
    """Clamped where the server clamps."""
    scene.world.subscribe(scene.ann, scene.channel)
    scene.call(
        "setWebhook",
        url="https://example.org/hook",
        secret_token="s3cret_-",
        max_connections=900,
        ip_address="10.0.0.1",
        allowed_updates=["message", "chat_member"],
    )
    scene.world.bots[scene.bot].mailbox.last_error = (5, "Connection refused")
    assert scene.call("getWebhookInfo") == {
        "url": "https://example.org/hook",
        "has_custom_certificate": False,
        "pending_update_count": 1,
        "ip_address": "10.0.0.1",
        "max_connections": 100,
        "allowed_updates": ["chat_member", "message"],
        "last_error_date": 5,
        "last_error_message": "Connection refused",
    }


def test_a_webhook_is_taken_away_with_or_without_what_waits(scene: Scene) -> None:
    """An empty URL does it too."""
    scene.world.subscribe(scene.ann, scene.channel)
    scene.call("setWebhook", url="")
    assert scene.wire("getWebhookInfo")["pending_update_count"] == 1
    scene.call("setWebhook", url="https://example.org", drop_pending_updates=True)
    assert scene.wire("getWebhookInfo")["pending_update_count"] == 0
    scene.world.unsubscribe(scene.ann, scene.channel)
    scene.call("deleteWebhook", drop_pending_updates=True)
    assert scene.wire("getWebhookInfo")["pending_update_count"] == 0


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"url": "https://example.org", "secret_token": "no spaces"}, "unallowed characters"),
        ({"url": "https://example.org", "secret_token": "x" * 257}, "unallowed characters"),
        ({"url": "ftp://example.org"}, "HTTPS URL must be provided"),
    ],
)
def test_bad_webhooks_are_refused(scene: Scene, arguments: dict[str, object], part: str) -> None:
    """The secret is 1-256 of A-Z a-z 0-9 _ -."""
    assert part in scene.refusal("setWebhook", **arguments)
