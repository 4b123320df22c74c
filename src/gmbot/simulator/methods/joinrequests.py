"""Join requests: letting people in, or not."""

from __future__ import annotations

from gmbot.simulator.access import LINKING, Call, shared_chat, target_person
from gmbot.simulator.chats import Chat
from gmbot.simulator.errors import bad_request


def approve_chat_join_request(call: Call) -> object:
    """Let a person in who asked."""
    chat, person = _request(call)
    call.world.admit_requested(chat, person, call.bot.id)
    return True


def decline_chat_join_request(call: Call) -> object:
    """Turn a person away who asked."""
    chat, person = _request(call)
    del chat.requests[person]
    return True


def answer_chat_join_request_query(call: Call) -> object:
    """A guard bot's word on a request, within seconds: approve, decline or queue."""
    result = call.args.text("result")
    if result not in ("approve", "decline", "queue"):
        raise bad_request("wrong parameter result in request")
    chat, person = _queried(call, call.args.text("chat_join_request_query_id"))
    if result == "approve":
        call.world.admit_requested(chat, person, call.bot.id)
    elif result == "decline":
        del chat.requests[person]
    return True


def _request(call: Call) -> tuple[Chat, int]:
    if call.args.integer("user_id") <= 0:
        raise bad_request("invalid user_id specified")
    chat = shared_chat(call)
    person = target_person(call)
    call.require(chat, "can_invite_users", LINKING)
    if call.standing(chat, person).is_member:
        raise bad_request("USER_ALREADY_PARTICIPANT")
    if person not in chat.requests:
        raise bad_request("HIDE_REQUESTER_MISSING")
    return chat, person


def _queried(call: Call, query: str) -> tuple[Chat, int]:
    oldest = call.now - call.world.knobs.join_query_window_s
    for chat in call.world.chats.values():
        for request in chat.requests.values():
            if request.queries.get(query) == call.bot.id and request.date >= oldest:
                return chat, request.user
    raise bad_request("query is too old and response timeout expired or query ID is invalid")
