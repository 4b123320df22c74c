"""Codes that ask a channel's admin to allow a group to require it: signed, so that nothing need be stored."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct

import msgspec

from gmbot.domain.ids import ChannelId, GroupId

VALID_S = 24 * 3600
_LAYOUT = struct.Struct(">qqI")
_SIGNATURE_BYTES = 16


class Request(msgspec.Struct, frozen=True):
    """A group that wants to require a channel, until a Unix second."""

    group_id: GroupId
    channel_id: ChannelId
    valid_until: int


def seal(request: Request, key: bytes) -> str:
    """Return a request as 48 characters that fit a start parameter and callback data (both 64)."""
    packed = _LAYOUT.pack(request.group_id, request.channel_id, request.valid_until)
    return base64.urlsafe_b64encode(packed + _sign(packed, key)).decode().rstrip("=")


def unseal(code: str, key: bytes, now: float) -> Request | None:
    """Return the request in a code; None if it was not sealed with this key, or is too old."""
    try:
        sealed = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    packed, signature = sealed[: _LAYOUT.size], sealed[_LAYOUT.size :]
    if len(packed) != _LAYOUT.size or not hmac.compare_digest(signature, _sign(packed, key)):
        return None
    group_id, channel_id, valid_until = _LAYOUT.unpack(packed)
    return Request(GroupId(group_id), ChannelId(channel_id), valid_until) if valid_until >= now else None


def _sign(packed: bytes, key: bytes) -> bytes:
    return hmac.digest(key, packed, hashlib.sha256)[:_SIGNATURE_BYTES]
