"""Requests and answers look as they do on Telegram's server."""

import asyncio
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import aiohttp
import pytest
from tests.integration.simulator.callers import Caller
from tests.integration.simulator.stage import TOKEN, Stage

from gmbot.simulator import Fault, FaultKind, Network, Simulator, VirtualClock, World

FORM = "application/x-www-form-urlencoded"


async def test_success_is_ok_and_result(caller: Caller, stage: Stage) -> None:
    """A good call answers 200 with `ok` and `result`."""
    answer = await caller.call("getMe")
    assert (answer.status, answer.json["ok"], answer.result["id"]) == (200, True, stage.bot)


async def test_an_error_is_its_code_twice_and_a_description(caller: Caller) -> None:
    """The HTTP status equals `error_code`."""
    answer = await caller.call("getChat", chat_id=-1)
    assert answer.status == 400
    assert answer.json == {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}


async def test_an_unknown_method_is_not_found(caller: Caller) -> None:
    """404 stays 404 for a method that does not exist."""
    answer = await caller.call("getMilk")
    assert (answer.status, answer.description) == (404, "Not Found: method not found")


async def test_a_bad_token_is_unauthorized(caller: Caller) -> None:
    """401, whatever the method."""
    for method in ("getMe", "getUpdates", "setWebhook"):
        answer = await caller.send(f"/bot1:wrong/{method}")
        assert (answer.status, answer.description) == (401, "Unauthorized")


@pytest.mark.parametrize("path", ["/", "/bot", f"/bot{TOKEN}", f"/file/bot{TOKEN}/x", "/health"])
async def test_other_paths_are_not_found(caller: Caller, path: str) -> None:
    """Only /bot<token>/<method> is served."""
    answer = await caller.send(path)
    assert (answer.status, answer.description) == (404, "Not Found")


async def test_method_names_ignore_case(caller: Caller, stage: Stage) -> None:
    """GETME is getMe."""
    assert (await caller.call("GETME")).result["id"] == stage.bot


async def test_a_colon_in_the_token_may_be_escaped(caller: Caller) -> None:
    """Some HTTP clients percent-encode the path."""
    answer = await caller.send(f"/bot{TOKEN.replace(':', '%3A')}/getMe")
    assert answer.status == 200


async def test_arguments_come_in_a_form(caller: Caller, stage: Stage) -> None:
    """An urlencoded body works."""
    body = urlencode({"chat_id": stage.group, "text": "a & b"}).encode()
    assert (await caller.send(f"/bot{TOKEN}/sendMessage", body, FORM)).result["text"] == "a & b"


async def test_arguments_come_in_the_query_string(caller: Caller, stage: Stage) -> None:
    """No body is needed."""
    query = urlencode({"chat_id": stage.group, "text": "häh?"})
    assert (await caller.send(f"/bot{TOKEN}/sendMessage?{query}")).result["text"] == "häh?"


async def test_arguments_come_in_multipart(caller: Caller, stage: Stage) -> None:
    """A multipart body works, quoted and unquoted names, line breaks kept."""
    body = (
        f'--b\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n{stage.group}\r\n'
        "--b\r\nContent-Disposition: form-data; name=text\r\n\r\none\r\ntwo\r\n--b--\r\n"
    ).encode()
    answer = await caller.send(f"/bot{TOKEN}/sendMessage", body, "multipart/form-data; boundary=b")
    assert answer.result["text"].split() == ["one", "two"]


async def test_an_uploaded_file_is_its_name(caller: Caller, stage: Stage) -> None:
    """A photo may be sent as bytes."""
    body = (
        f'--b\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n{stage.group}\r\n'
        '--b\r\nContent-Disposition: form-data; name="photo"; filename="x.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode() + b"\xff\xd8\r\n--b\r\nContent-Disposition: attachment\r\n\r\nignored\r\n--b--\r\n"
    answer = await caller.send(f"/bot{TOKEN}/sendPhoto", body, 'multipart/form-data; boundary="b"')
    assert answer.result["photo"]


async def test_multipart_without_a_boundary_is_refused(caller: Caller) -> None:
    """It cannot be read."""
    assert (await caller.send(f"/bot{TOKEN}/getMe", b"--b--", "multipart/form-data")).status == 400


async def test_a_slow_network_delays_every_call() -> None:
    """By real time, whatever the world's clock does."""
    world = World(VirtualClock())
    simulator = Simulator(world, network=Network(latency_s=0.03))
    started = asyncio.get_running_loop().time()
    await simulator.in_process.handle("/bot1:x/getMe")
    assert asyncio.get_running_loop().time() - started >= 0.03


async def test_a_body_that_is_no_json_is_refused(caller: Caller) -> None:
    """400, not 500."""
    assert (await caller.send(f"/bot{TOKEN}/getMe", b"{")).status == 400
    assert (await caller.send(f"/bot{TOKEN}/getMe", b"[]")).status == 400


async def test_bytes_that_are_no_text_are_refused(caller: Caller) -> None:
    """Strings must be UTF-8, escaped or not."""
    for body in (b"text=%ff", b"text=\xff"):
        answer = await caller.send(f"/bot{TOKEN}/sendMessage", body, FORM)
        assert answer.description == "Bad Request: strings must be encoded in UTF-8"


async def test_get_works_as_post_does(stage: Stage) -> None:
    """A browser's GET calls a method."""
    await stage.simulator.start()
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{stage.simulator.url}/bot{TOKEN}/getMe") as answer,
    ):
        assert answer.status == 200
    await stage.simulator.stop()


async def test_every_answer_is_dated_by_the_worlds_clock(caller: Caller, stage: Stage) -> None:
    """The Date header follows virtual time, errors included."""
    for method in ("getMe", "getMilk"):
        date = (await caller.call(method)).headers["Date"]
        assert parsedate_to_datetime(date).timestamp() == int(stage.world.now())


async def test_too_many_requests_says_when_to_return_twice(caller: Caller, stage: Stage) -> None:
    """429 carries `parameters.retry_after` and a Retry-After header."""
    stage.simulator.faults.add(Fault(kind=FaultKind.TOO_MANY_REQUESTS, retry_after_s=7))
    answer = await caller.call("getMe")
    assert (answer.status, answer.description) == (429, "Too Many Requests: retry after 7")
    assert answer.json["parameters"] == {"retry_after": 7}
    assert answer.headers["Retry-After"] == "7"


async def test_a_migrated_group_names_its_successor(caller: Caller, stage: Stage) -> None:
    """Error parameters reach the envelope."""
    group = stage.world.create_group(stage.owner, "Old")
    stage.world.add_bot_to_chat(group, stage.bot, stage.owner, rights=None)
    supergroup = stage.world.migrate(group)
    answer = await caller.call("sendMessage", chat_id=group, text="hi")
    assert answer.status == 400
    assert answer.json["parameters"] == {"migrate_to_chat_id": supergroup}
