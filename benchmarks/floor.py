"""The floor: what Python needs at the least for an update, which is to decode it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from benchmarks.lean import updates

if TYPE_CHECKING:
    from benchmarks.town import Town

ROUNDS = 5
MESSAGES = 5_000
NOW = 1_795_000_000


class Person(msgspec.Struct, frozen=True, gc=False):
    """As much of a sender as decides."""

    id: int


class Place(msgspec.Struct, frozen=True, gc=False):
    """As much of a chat as decides."""

    id: int
    type: str


class Said(msgspec.Struct, frozen=True, gc=False):
    """As much of a message as decides."""

    message_id: int
    date: int
    chat: Place
    from_: Person = msgspec.field(name="from")


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """An update; these shapes are the floor's own, so that it stays where it is when GMBot changes."""

    update_id: int
    message: Said


DECODER = msgspec.json.Decoder(Envelope)


def messages(town: Town, first_id: int, count: int, now: int, *, start: int = 0) -> list[bytes]:
    """Return ordinary messages, everybody's in turn from `start` on."""
    return messages_of(((start + n) % town.people for n in range(count)), town, first_id, now)


def messages_of(people: Iterable[int], town: Town, first_id: int, now: int) -> list[bytes]:
    """Return an ordinary message of each of these people, by their numbers."""
    return [
        updates.message(first_id + n, town.group(person), town.person(person), now)
        for n, person in enumerate(people)
    ]


def decode_all(bodies: Sequence[bytes]) -> None:
    """Decode each update."""
    decode = DECODER.decode
    for body in bodies:
        decode(body)


def decoding_us() -> float:
    """Return the CPU microseconds that decoding one ordinary message takes: the best of several rounds."""
    bodies = [
        updates.message(n, -1_001_000_000_000 - n % 100, 5_000_000_000 + n, NOW) for n in range(MESSAGES)
    ]
    return min(_timed(bodies) for _ in range(ROUNDS)) / MESSAGES * 1e6


def _timed(bodies: Sequence[bytes]) -> float:
    began = time.process_time()
    decode_all(bodies)
    return time.process_time() - began
