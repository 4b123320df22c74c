"""Our structs against aiogram's models of the same Bot API: names, and what is certain to be there."""

from __future__ import annotations

import aiogram.types
import msgspec
import pytest
from aiogram.types import TelegramObject

from gmbot.adapters.telegram import wire
from gmbot.domain.standing import PERMISSIONS
from gmbot.gate.incoming import ChatKind

ENVELOPES = (wire.Wire, wire.ServiceMarks, wire.UpdateHead, wire.ApiResponse)
ALIASES: dict[type[msgspec.Struct], type[TelegramObject]] = {
    wire.MessageOrigin: aiogram.types.MessageOriginChannel,
    wire.ReplyToMessage: aiogram.types.Message,
    wire.SentMessage: aiogram.types.Message,
}

CONTENT = frozenset(
    [
        "direct_messages_topic",
        "sender_boost_count",
        "sender_business_bot",
        "sender_tag",
        "receiver_user",
        "ephemeral_message_id",
        "guest_query_id",
        "business_connection_id",
        "external_reply",
        "quote",
        "reply_to_story",
        "reply_to_checklist_task_id",
        "reply_to_poll_option_id",
        "via_bot",
        "guest_bot_caller_user",
        "guest_bot_caller_chat",
        "has_protected_content",
        "is_from_offline",
        "is_paid_post",
        "author_signature",
        "paid_star_count",
        "link_preview_options",
        "suggested_post_info",
        "effect_id",
        "rich_message",
        "animation",
        "audio",
        "document",
        "live_photo",
        "paid_media",
        "photo",
        "sticker",
        "story",
        "video",
        "video_note",
        "voice",
        "show_caption_above_media",
        "has_media_spoiler",
        "checklist",
        "contact",
        "dice",
        "game",
        "poll",
        "venue",
        "location",
        "invoice",
        "giveaway",
        "giveaway_winners",
        "reply_markup",
    ]
)
"""What a message that somebody wrote may have besides the fields that GMBot reads."""

OBSOLETE = frozenset(
    [
        "forward_from",
        "forward_from_chat",
        "forward_from_message_id",
        "forward_signature",
        "forward_sender_name",
        "forward_date",
        "user_shared",
    ]
)


def structs() -> list[type[msgspec.Struct]]:
    """Every wire type that Telegram's documentation has as well."""
    found = [kind for kind in vars(wire).values() if isinstance(kind, type) and issubclass(kind, wire.Wire)]
    return [kind for kind in found if kind not in ENVELOPES]


def model_of(kind: type[msgspec.Struct]) -> type[TelegramObject]:
    """The same type in aiogram."""
    model = ALIASES.get(kind) or getattr(aiogram.types, kind.__name__)
    assert issubclass(model, TelegramObject)
    return model


def names_of(model: type[TelegramObject]) -> dict[str, bool]:
    """The names that a model has on the wire, and whether each is always there."""
    return {
        field.alias or name: field.is_required() or isinstance(field.default, str)
        for name, field in model.model_fields.items()
    }


@pytest.mark.parametrize("kind", structs(), ids=lambda kind: kind.__name__)
def test_every_field_is_telegrams(kind: type[msgspec.Struct]) -> None:
    """No name is misspelt or invented; a wrong one would be absent for ever, silently."""
    assert set(kind.__struct_encode_fields__) <= set(names_of(model_of(kind)))


@pytest.mark.parametrize("kind", structs(), ids=lambda kind: kind.__name__)
def test_what_must_be_there_always_is(kind: type[msgspec.Struct]) -> None:
    """No field that Telegram may leave out is required, or a valid update would be malformed."""
    needed = {field.encode_name for field in msgspec.structs.fields(kind) if field.required}
    always = {name for name, required in names_of(model_of(kind)).items() if required}
    assert needed <= always


def test_every_field_of_a_message_is_read_a_service_mark_or_content() -> None:
    """A new kind of message in a newer Bot API must be looked at."""
    known = set(wire.Message.__struct_encode_fields__) | CONTENT | OBSOLETE
    assert set(names_of(aiogram.types.Message)) == known


def test_a_restriction_has_telegrams_sixteen_permissions() -> None:
    """The domain's, the wire's and Telegram's are the same."""
    theirs = set(names_of(aiogram.types.ChatPermissions))
    assert set(PERMISSIONS) == theirs
    assert theirs < set(wire.ChatMemberRestricted.__struct_fields__)


def test_an_admin_has_telegrams_rights() -> None:
    """All of them but anonymity, which is no permission to do anything."""
    assert wire.ADMIN_RIGHTS | {"is_anonymous"} == set(names_of(aiogram.types.ChatAdministratorRights))


@pytest.mark.parametrize(
    ("ours", "status"),
    [
        (wire.ChatMemberOwner, "creator"),
        (wire.ChatMemberAdministrator, "administrator"),
        (wire.ChatMemberMember, "member"),
        (wire.ChatMemberRestricted, "restricted"),
        (wire.ChatMemberLeft, "left"),
        (wire.ChatMemberBanned, "kicked"),
    ],
)
def test_a_member_is_told_by_telegrams_status(ours: type[msgspec.Struct], status: str) -> None:
    """The tag that chooses the struct is the one that aiogram's model carries."""
    assert ours.__struct_config__.tag == status
    assert model_of(ours).model_fields["status"].default == status


def test_chats_have_telegrams_four_types() -> None:
    """An unknown one would make an update malformed."""
    theirs = {kind.value for kind in aiogram.enums.ChatType} - {"sender"}
    assert {kind.value for kind in ChatKind} == theirs


def test_what_the_bot_listens_to_exists() -> None:
    """Telegram ignores unknown names silently."""
    assert set(wire.ALLOWED_UPDATES) <= set(names_of(aiogram.types.Update))
    assert set(wire.ALLOWED_UPDATES) <= set(wire.Update.__struct_fields__)
