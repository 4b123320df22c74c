"""Strategies for values in the Bot API's shapes, derived from our own wire types."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

Json = Any
Values = st.SearchStrategy[Json]

DEEPEST = 3
"""Below this, only what a type requires: messages hold messages."""

NUMBERS = st.integers() | st.sampled_from((-1001, 0, 7, 2**31, 2**53, 2**63, -(2**63) - 1, 2**64, 10**40))
TEXTS = st.text(max_size=40) | st.sampled_from(("/protect @news", "verify", "\0", "\ud800", "-1001"))
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)

_SCALARS: dict[type[inspect.Type], Values] = {
    inspect.IntType: NUMBERS,
    inspect.FloatType: st.floats(allow_nan=False, allow_infinity=False),
    inspect.BoolType: st.booleans(),
    inspect.NoneType: st.none(),
    inspect.StrType: TEXTS,
}


def shaped(kind: inspect.Type, depth: int = 0) -> Values:
    """Return JSON values of a type; one field in ten or so holds anything at all."""
    match kind:
        case inspect.UnionType(types=types):
            return st.one_of(*(shaped(one, depth) for one in types))
        case inspect.StructType():
            return st.deferred(lambda: _struct(kind, depth + 1))
        case inspect.EnumType(cls=choices):
            return st.sampled_from([str(one.value) for one in choices])
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return st.lists(shaped(item, depth), max_size=3)
        case _:
            return _SCALARS.get(type(kind), ANYTHING)


def _struct(kind: inspect.StructType, depth: int) -> Values:
    tag: dict[str, Values] = {kind.tag_field: st.just(kind.tag)} if kind.tag_field else {}
    required = {one.encode_name: _field(one, depth) for one in kind.fields if one.required}
    optional = {one.encode_name: _field(one, depth) for one in kind.fields if not one.required}
    return st.fixed_dictionaries(tag | required, optional=optional if depth < DEEPEST else {})


def _field(field: inspect.Field, depth: int) -> Values:
    right = shaped(field.type, depth)
    return st.integers(0, 9).flatmap(lambda roll: ANYTHING if roll == 9 else right)


@st.composite
def bodies(draw: st.DrawFn, values: Values) -> bytes:
    """Values as JSON, of which every other one has bytes replaced, cut out or put in."""
    body = bytearray(json.dumps(draw(values)).encode())
    if draw(st.booleans()):
        for _ in range(draw(st.integers(1, 4))):
            start = draw(st.integers(0, len(body)))
            body[start : start + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(body)
