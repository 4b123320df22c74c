"""The generated day, and the Telegram that brings it."""

from __future__ import annotations

from collections import Counter

import msgspec
from benchmarks.lean.answers import BotApi
from benchmarks.lean.mailbox import Mailbox
from benchmarks.lean.members import Members
from benchmarks.lean.updates import BODY_BYTES, message
from benchmarks.traffic import DAY_S, Habits, PublicService, Traffic

TOWN = PublicService(groups=50, channels=10, people=2_000)
AT = 1_795_000_000


def test_a_day_has_as_many_messages_as_is_said() -> None:
    """The curve over the day goes up and down around the mean."""
    rates = [Habits().rate_at(second) for second in range(0, DAY_S, 60)]
    assert round(sum(rates) * 60) == Habits().messages_a_day
    assert max(rates) == Habits().rate_at(20 / 24 * DAY_S)


def test_the_same_seed_makes_the_same_traffic() -> None:
    """Two runs can be compared."""
    one, another = (Traffic(TOWN, Habits()).updates(1, 300, AT) for _ in range(2))
    assert one == another


def test_updates_are_numbered_without_a_gap() -> None:
    """As Telegram numbers them."""
    made = Traffic(TOWN, Habits()).updates(7, 500, AT)
    assert [msgspec.json.decode(update)["update_id"] for update in made] == list(range(7, 507))


def test_the_busiest_group_has_the_share_that_zipf_gives_it() -> None:
    """With fifty groups, the first has 1 of 4.5 messages."""
    made = Traffic(TOWN, Habits()).updates(1, 4_000, AT)
    said = [update["message"] for update in map(msgspec.json.decode, made) if "message" in update]
    (_, most), *_ = Counter(each["chat"]["id"] for each in said).most_common(1)
    assert 0.2 < most / len(said) < 0.25


def test_an_ordinary_message_has_the_size_of_one() -> None:
    """Every one as long as the others, replies too."""
    assert {len(message(number, -1_001_000_000_000, 5_000_000_000, AT)) for number in range(1, 7)} == {
        BODY_BYTES
    }


def test_everybody_in_a_group_lives_there() -> None:
    """A person's number leads to their group."""
    assert {TOWN.home(number) for number in TOWN.members(3)} == {3}


def test_an_offset_confirms_what_is_below_it() -> None:
    """What was fetched comes again until the next offset (getUpdates)."""
    mailbox = Mailbox(first_id=10)
    mailbox.put([b"a", b"b", b"c"])
    assert [mailbox.fetch(0), mailbox.fetch(0), mailbox.fetch(12), mailbox.fetch(13)] == [
        b"a,b,c",
        b"a,b,c",
        b"c",
        None,
    ]


def test_a_mute_comes_back_as_an_update() -> None:
    """Bots hear of their own restrictions (chat_member)."""
    mailbox = Mailbox()
    api = BotApi(Members(lambda person, channel: False), mailbox, echoes=True)
    api.result("restrictChatMember", {"chat_id": -1, "user_id": 7, "permissions": {}, "until_date": 99})
    told = msgspec.json.decode(mailbox.fetch(0) or b"")["chat_member"]
    assert told["new_chat_member"]["status"] == "restricted"
    assert told["new_chat_member"]["until_date"] == 99
