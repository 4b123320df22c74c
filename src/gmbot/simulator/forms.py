"""Reading the arguments of a call out of its query string and its body."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

import orjson

from gmbot.simulator.errors import ApiError

_NAME = re.compile(rb'\bname="([^"]*)"|\bname=([^";\s]+)')
_FILENAME = re.compile(rb'\bfilename="([^"]*)"')
_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)


def parse_arguments(query: str, content_type: str, body: bytes) -> dict[str, object]:
    """Return the arguments of a call, from the query string and then the body.

    Bodies are urlencoded, multipart or JSON; another kind is ignored, as Telegram does. An uploaded file
    is represented by its file name. Raises ApiError 400 for a body that cannot be read.
    """
    arguments: dict[str, object] = {}
    if query:
        arguments.update(_pairs(query))
    if body:
        arguments.update(_body(content_type, body))
    return arguments


def _body(content_type: str, body: bytes) -> dict[str, object]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _json(body)
    try:
        if kind == "application/x-www-form-urlencoded":
            return dict(_pairs(body.decode()))
        if kind == "multipart/form-data":
            return dict(_parts(content_type, body))
    except UnicodeDecodeError:
        raise ApiError(400, "Bad Request: strings must be encoded in UTF-8") from None
    return {}


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise ApiError(400, "Bad Request: strings must be encoded in UTF-8") from None


def _json(body: bytes) -> dict[str, object]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ApiError(400, "Bad Request: can't parse JSON object") from None
    if not isinstance(value, dict):
        raise ApiError(400, "Bad Request: JSON object expected")
    return {name: given for name, given in value.items() if given is not None}


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, str]]:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise ApiError(400, "Bad Request: boundary not found")
    for part in body.split(b"--" + found[1].encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is None:
            continue
        filename = _FILENAME.search(head)
        value = content.removesuffix(b"\r\n") if filename is None else filename[1]
        yield (name[1] or name[2]).decode(), value.decode()
