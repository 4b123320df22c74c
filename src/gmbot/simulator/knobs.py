"""Behaviours of the official server that are inferred rather than written down, and sizes."""

from __future__ import annotations

import msgspec


class Knobs(msgspec.Struct, frozen=True, kw_only=True):
    """How this world deviates from, or pins down, what Telegram does."""

    history_limit: int = 2_000
    """Messages kept per chat; older ones are as if deleted."""
    service_messages: bool = True
    """Whether joins and leaves leave a service message in groups."""
    callback_answer_window_s: float = 15.0
    """How long a tapped button waits for its answer."""
    callbacks_kept: int = 10_000
    """Taps remembered; older ones cannot be answered or read."""
    join_request_window_s: float = 300.0
    """How long `user_chat_id` of a join request can be written to."""
    delete_window_s: float = 48 * 3600.0
    """How old a message a bot may still delete."""
    join_query_window_s: float = 10.0
    """How long a guard bot has to answer a join request's query."""
    reply_threads_addressable: bool = False
    """Whether `message_thread_id` of a plain reply can be sent to, outside forums and comments."""
    mailbox_limit: int = 100_000
    """Updates a bot's queue holds; further ones are lost."""
    update_lifetime_s: float = 24 * 3600.0
    callback_update_lifetime_s: float = 150.0
