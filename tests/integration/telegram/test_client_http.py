"""The client against the simulator, and against servers without manners, over HTTP."""

from __future__ import annotations

import asyncio

import pytest
from tests.fixtures.telegram import BOT, HANG, RESET, TOKEN, RawServer, client_of, json_page, page
from tests.integration.telegram.conftest import Box

from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.http import HttpPool
from gmbot.domain.errors import (
    ChatMigrated,
    ChatUnusable,
    ConfigurationError,
    PersonProtected,
    PersonUnknown,
    TooManyRequests,
    Unavailable,
)
from gmbot.domain.ids import GroupId, MessageId, UserId
from gmbot.domain.membership import Source
from gmbot.domain.standing import FREE, MUTED, Restriction, Status
from gmbot.gate.incoming import ChatKind
from gmbot.gate.outgoing import Address, Button, Note
from gmbot.gate.ports import CommandMenu
from gmbot.resilience.clock import SystemClock
from gmbot.simulator import Fault, FaultKind

YES = {"ok": True, "result": True}
ME = {"ok": True, "result": {"id": 42, "first_name": "Gate"}}


async def test_the_bot_knows_itself(box: Box, client: BotClient) -> None:
    """getMe, over one pooled connection."""
    me = await client.me()
    assert (me.bot_id, me.username, me.name) == (box.bot, "gate_bot", "Gate")


async def test_a_refused_token_is_a_setting(box: Box, pool: HttpPool) -> None:
    """The real server's 401."""
    with pytest.raises(ConfigurationError, match="BOT_TOKEN"):
        await box.client(pool, token="42:wrong").me()


async def test_a_token_that_is_no_token_is_a_setting(box: Box, pool: HttpPool) -> None:
    """Slashes and spaces reach no other method."""
    with pytest.raises(ConfigurationError, match="BOT_TOKEN"):
        await box.client(pool, token="42:a/../b c?d#e").me()


async def test_a_person_is_held_and_freed(box: Box, client: BotClient) -> None:
    """What was placed is what is read back, to the second of its end; freedom makes a plain member."""
    box.world.join(box.ann, box.talk)
    group, ann = GroupId(box.talk), UserId(box.ann)
    until = int(client.now()) + 86_400
    await client.restrict(group, ann, Restriction(MUTED, until))
    held = await client.member(group, ann)
    assert (held.status, held.restriction) == (Status.RESTRICTED, Restriction(MUTED, until))
    assert not box.world.can_speak(box.ann, box.talk)
    await client.restrict(group, ann, FREE)
    assert (await client.member(group, ann)).status is Status.MEMBER
    assert box.world.can_speak(box.ann, box.talk)


async def test_what_somebody_had_is_given_back(box: Box, client: BotClient) -> None:
    """Every permission by itself: none implies another."""
    box.world.join(box.ann, box.talk)
    prior = Restriction(frozenset({"can_send_polls", "can_add_web_page_previews", "can_send_messages"}), 0)
    await client.restrict(GroupId(box.talk), UserId(box.ann), prior)
    assert (await client.member(box.talk, UserId(box.ann))).restriction == prior


async def test_an_answer_is_no_newer_than_its_question(box: Box, client: BotClient) -> None:
    """Stamped on Telegram's clock."""
    asked = box.world.clock.now()
    standing = await client.member(box.news, UserId(box.ann))
    assert (standing.status, standing.present, standing.stamp.source) == (Status.LEFT, False, Source.QUESTION)
    assert asked - 2 <= standing.stamp.at <= box.world.clock.now()


async def test_an_admin_cannot_be_held(box: Box, client: BotClient) -> None:
    """Telegram says so, and it is nobody's fault."""
    with pytest.raises(PersonProtected):
        await client.restrict(GroupId(box.talk), UserId(box.olga), Restriction(MUTED))


async def test_a_chat_without_the_bot_is_unusable(box: Box, client: BotClient) -> None:
    """Somebody else's private channel."""
    secret = box.world.create_channel(box.olga, "Secret")
    with pytest.raises(ChatUnusable):
        await client.member(secret, UserId(box.ann))


async def test_a_migrated_group_says_where_it_went(box: Box, client: BotClient) -> None:
    """`migrate_to_chat_id` of the 400."""
    small = box.world.create_group(box.olga, "Small")
    box.world.add_bot_to_chat(small, box.bot, box.olga)
    large = box.world.migrate(small)
    with pytest.raises(ChatMigrated) as caught:
        await client.send(Address(small), Note("hello"))
    assert caught.value.new_chat_id == large


async def test_a_chat_is_found_by_name_and_by_id(box: Box, client: BotClient) -> None:
    """With what it is linked with."""
    box.world.link_discussion(box.news, box.talk)
    info = await client.chat("@news")
    assert (info.chat.chat_id, info.chat.kind, info.linked_chat_id) == (box.news, ChatKind.CHANNEL, box.talk)
    assert (await client.chat(box.talk)).chat.title == "Talk"


async def test_admins_are_the_owner_and_the_bot(box: Box, client: BotClient) -> None:
    """Each with their rights."""
    admins = {admin.user_id: admin for admin in await client.administrators(box.talk)}
    assert admins[UserId(box.olga)].is_owner
    assert "can_restrict_members" in admins[UserId(box.bot)].rights


async def test_a_note_is_sent_edited_and_deleted(box: Box, client: BotClient) -> None:
    """The same edit twice, and deleting twice, are no errors."""
    note = Note("<b>Join</b>", ((Button("Verify", data="verify:1"),),))
    number = await client.send(Address(box.talk, reply_to=MessageId(99_999)), note)
    assert box.world.message(box.talk, number) is not None
    for _ in range(2):
        await client.edit(box.talk, number, Note("<i>Joined</i>"))
    for _ in range(2):
        await client.delete(box.talk, [number])
    await client.delete(box.talk, [number, MessageId(number + 1)])
    await client.edit(box.talk, number, Note("too late"))


async def test_a_tap_is_answered_once_in_time(box: Box, client: BotClient) -> None:
    """And a tap that nobody knows any more is no error."""
    number = await client.send(Address(box.talk), Note("?", ((Button("Verify", data="verify:1"),),)))
    box.world.join(box.ann, box.talk)
    tap = box.world.tap(box.ann, box.talk, number, "verify:1")
    await client.answer(tap, "Welcome", alert=True)
    await client.answer("0", "Who?")


async def test_a_private_channel_gets_a_link_and_a_scope_its_menu(box: Box, client: BotClient) -> None:
    """createChatInviteLink and setMyCommands."""
    assert (await client.invite_link(box.news, "GMBot")).startswith("https://t.me/+")
    await client.set_commands([CommandMenu("all_private_chats", (("start", "begin"),))])


async def test_an_invisible_participant_is_asked_for_again(box: Box, client: BotClient) -> None:
    """The identical call tells."""
    box.strike(Fault(kind=FaultKind.PARTICIPANT_ID_INVALID, times=1))
    assert (await client.member(box.news, UserId(box.ann))).status is Status.LEFT
    box.strike(Fault(kind=FaultKind.PARTICIPANT_ID_INVALID, times=2))
    with pytest.raises(PersonUnknown):
        await client.member(box.news, UserId(box.ann))


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.RESET, times=1),
        Fault(kind=FaultKind.SERVER_ERROR, times=1),
        Fault(kind=FaultKind.SERVER_ERROR, times=1, code=502, html=True),
    ],
)
async def test_a_question_survives_a_passing_failure(box: Box, client: BotClient, fault: Fault) -> None:
    """It is asked once more; an effect is not."""
    box.strike(fault)
    assert (await client.member(box.news, UserId(box.ann))).status is Status.LEFT
    box.strike(fault)
    with pytest.raises(Unavailable):
        await client.ban_sender_chat(GroupId(box.talk), box.news)


async def test_an_answer_that_never_comes_costs_the_deadline(box: Box, pool: HttpPool) -> None:
    """And no more."""
    box.strike(Fault(kind=FaultKind.HANG, times=1))
    with pytest.raises(Unavailable):
        await box.client(pool, deadline_s=0.1).me()


async def test_telegrams_429_is_obeyed(box: Box, client: BotClient) -> None:
    """With its `retry_after`."""
    box.strike(Fault(kind=FaultKind.TOO_MANY_REQUESTS, method="sendMessage", retry_after_s=33, times=1))
    for _ in range(2):
        with pytest.raises(TooManyRequests) as caught:
            await client.send(Address(box.talk), Note("hello"))
        assert caught.value.retry_after_s == pytest.approx(33, abs=2)
    assert len(box.simulator.calls.of("sendMessage")) == 1


ODD_PAGES: list[bytes | object] = [
    page(502, b"<html>nginx</html>", "Content-Type: text/html"),
    page(200, b"<html>log in</html>", "Content-Type: text/html"),
    page(200, b'{"ok":true,"result":{"id":42,"first'),
    page(200, b""),
    page(302, b"", "Location: http://127.0.0.1:1/elsewhere"),
    page(200, b"\xff\xfe\x00", "Content-Encoding: gzip"),
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"SSH-2.0-OpenSSH_9.9\r\n",
    b"",
    RESET,
    HANG,
]


@pytest.mark.parametrize("odd", ODD_PAGES)
async def test_a_server_without_manners_is_unavailable(odd: bytes | object) -> None:
    """Whatever it sends, nothing was learnt about anybody."""
    async with RawServer([odd]) as server:
        pool = HttpPool(server.url)
        client = BotClient(
            pool.bot(TOKEN), bot_id=BOT, clock=SystemClock(), emit=lambda _: None, deadline_s=0.2
        )
        with pytest.raises(Unavailable):
            await client.restrict(GroupId(-1), UserId(1), FREE)
        await pool.close()


async def test_a_date_that_is_none_is_no_reason_to_fail() -> None:
    """Our own clock serves."""
    async with RawServer([json_page(200, ME, "Date: yesterday")]) as server:
        pool = HttpPool(server.url)
        client = client_of(pool.bot(TOKEN), [])
        assert (await client.me()).bot_id == 42
        await pool.close()


async def test_nobody_listening_is_unavailable(box: Box, pool: HttpPool) -> None:
    """Refused at once."""
    await box.simulator.stop()
    with pytest.raises(Unavailable):
        await box.client(pool).me()


async def test_all_bots_share_one_pool() -> None:
    """A hundred calls at once are fine, each answered to whom it concerns."""
    async with RawServer([json_page(200, ME)]) as server:
        pool = HttpPool(server.url + "/", connections=8)
        clients = [client_of(pool.bot(f"{number}:x"), []) for number in range(100)]
        answers = await asyncio.gather(*(client.me() for client in clients))
        assert len(answers) == 100
        assert {request.split(b" ")[1] for request in server.requests} == {
            b"/bot%d:x/getMe" % number for number in range(100)
        }
        await pool.close()


async def test_a_pool_may_be_closed_unused_and_opened_again() -> None:
    """Stopping twice, or before anything was said, is fine."""
    async with RawServer([json_page(200, ME)]) as server:
        pool = HttpPool(server.url)
        await pool.close()
        assert (await client_of(pool.bot(TOKEN), []).me()).bot_id == 42
        await pool.close()
        await pool.close()
