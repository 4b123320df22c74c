"""Reading what an admin names after /protect: `@name`, `-100…`, or a t.me link."""

from __future__ import annotations

import re

import msgspec

USERNAME = re.compile(r"@?([A-Za-z][A-Za-z0-9_]{3,31})")
LINK = re.compile(r"(?:https?://)?(?:www\.)?(?:t|telegram)\.me/(.+)", re.IGNORECASE)
PUBLIC_PATH = re.compile(rf"{USERNAME.pattern}(?:[/?#].*)?")
PRIVATE_PATH = re.compile(r"c/(\d{1,16})(?:/.*)?")
CHANNEL_PREFIX = -1_000_000_000_000
MOST_TARGETS = 10


class Target(msgspec.Struct, frozen=True):
    """One thing that was named. `chat` is an id or `@username`; None when it cannot be looked up.

    `invite_link` says that it is a link of the kind t.me/+…, which bots cannot open.
    """

    text: str
    chat: int | str | None = None
    invite_link: bool = False


def read_targets(text: str) -> tuple[Target, ...]:
    """Return each thing that is named in a command's text, once and in order, at most ten."""
    words = re.split(r"[\s,]+", text.strip())
    return tuple(_read(word) for word in dict.fromkeys(words) if word)[:MOST_TARGETS]


def _read(word: str) -> Target:
    if re.fullmatch(r"-\d{1,19}", word):
        return Target(word, int(word))
    if link := LINK.fullmatch(word):
        return _read_link(word, link.group(1))
    if word.startswith("@") and (name := USERNAME.fullmatch(word)):
        return Target(word, f"@{name.group(1)}")
    return Target(word)


def _read_link(word: str, path: str) -> Target:
    if path.startswith(("+", "joinchat/")):
        return Target(word, invite_link=True)
    if private := PRIVATE_PATH.fullmatch(path):
        return Target(word, CHANNEL_PREFIX - int(private.group(1)))
    name = PUBLIC_PATH.fullmatch(path.removeprefix("s/"))
    return Target(word, f"@{name.group(1)}") if name else Target(word)
