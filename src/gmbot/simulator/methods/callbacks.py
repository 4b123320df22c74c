"""Answers to tapped buttons."""

from __future__ import annotations

from gmbot.simulator.access import Call
from gmbot.simulator.errors import bad_request

ANSWER_LIMIT = 200


def answer_callback_query(call: Call) -> object:
    """Show the tapper a text; once, and only for a short while after the tap."""
    text = call.args.text("text")
    if len(text) > ANSWER_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    query = call.world.callbacks.get(call.args.text("callback_query_id"))
    window_s = call.world.knobs.callback_answer_window_s
    late = query is None or call.now - query.at > window_s
    if query is None or late or query.bot != call.bot.id or query.answered_at is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    query.answered_at = call.now
    query.text = text or None
    query.show_alert = call.args.boolean("show_alert")
    query.url = call.args.text("url") or None
    return True
