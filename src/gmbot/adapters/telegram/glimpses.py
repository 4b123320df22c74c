"""Which updates the short path may look at, and what it sees of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gmbot.adapters.telegram import wire
from gmbot.adapters.telegram.translate import incoming_of, is_service, untranslatable
from gmbot.domain.ids import UpdateId
from gmbot.gate.glimpse import Glimpse
from gmbot.gate.incoming import ChatKind, Incoming, Unreadable
from gmbot.gate.judge_message import SERVICE_ACCOUNT

Passes = Callable[[Glimpse], bool]
"""Whether a message is dealt with at once; if not, nothing was done."""

Arrived = wire.Update | Unreadable
"""An update as it came, if it could be read."""


def nothing_passes(_: Glimpse) -> bool:
    """Have every update go the long way."""
    return False


def unless_passed(
    update: Arrived, passes: Passes, is_barred: Callable[[int], bool] = lambda chat_id: False
) -> Incoming | None:
    """Return an update in the gate's words, or None if it passed; nothing passes where a chat `is_barred`.

    Never raises: nobody further out could tell whose fault it was, and all that is behind it would wait.
    """
    if isinstance(update, Unreadable):
        return update
    try:
        return _unless_passed(update, passes, is_barred)
    except Exception as error:  # noqa: BLE001 - a last resort: it is set aside like what we mishandle
        return untranslatable(update, error)


def _unless_passed(update: wire.Update, passes: Passes, is_barred: Callable[[int], bool]) -> Incoming | None:
    glimpse = glimpse_of(update)
    if glimpse is not None and not is_barred(glimpse.chat_id) and passes(glimpse):
        return None
    return incoming_of(update)


def glimpses_of(updates: Iterable[Arrived]) -> list[Glimpse]:
    """Return what the short path sees of many updates. Never raises, as `unless_passed` does not."""
    try:
        seen = (glimpse_of(update) for update in updates if not isinstance(update, Unreadable))
        return [glimpse for glimpse in seen if glimpse is not None]
    except Exception:  # noqa: BLE001 - whoever handles it tells whose fault it is
        return []


def glimpse_of(update: wire.Update) -> Glimpse | None:
    """Return what the short path sees; None for whatever is more than somebody's plain message.

    Commands, forwards of a linked channel, migrations, and what bots, channels, anonymous admins and Telegram
    itself write go the long way.
    """
    message, edited = update.message, False
    if message is None:
        if update.chat_member is not None or update.callback_query is not None:
            return None
        message, edited = update.edited_message, True
    if message is None or not _plain(message):
        return None
    text = message.text if message.text is not None else message.caption
    if text is not None and text.startswith("/"):
        return None
    assert message.from_ is not None  # noqa: S101 (a plain message)
    return Glimpse(
        UpdateId(update.update_id),
        message.edit_date or message.date if edited else message.date,
        message.chat.id,
        message.from_.id,
        edited,
        text is None and is_service(message),
    )


def _plain(message: wire.Message) -> bool:
    sender = message.from_
    return not (
        sender is None
        or sender.is_bot
        or message.sender_chat is not None
        or message.is_automatic_forward
        or message.migrate_to_chat_id
        or message.migrate_from_chat_id
        or sender.id == SERVICE_ACCOUNT
        or message.chat.type is ChatKind.CHANNEL
    )
