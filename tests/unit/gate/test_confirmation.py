"""Confirmation codes: what was sealed comes back, and nothing else does."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from gmbot.domain.ids import ChannelId, GroupId
from gmbot.gate.confirmation import Request, seal, unseal

KEY = b"a key"
CHAT_IDS = st.integers(-(2**62), 2**62)
REQUESTS = st.builds(Request, CHAT_IDS.map(GroupId), CHAT_IDS.map(ChannelId), st.integers(0, 2**32 - 1))
A_REQUEST = Request(GroupId(-1001), ChannelId(-1002), 1_790_000_000)
ALPHABET = frozenset(string.ascii_letters + string.digits + "-_")


@given(REQUESTS)
def test_what_was_sealed_comes_back(request: Request) -> None:
    """With the same key, in time."""
    assert unseal(seal(request, KEY), KEY, request.valid_until) == request


@given(REQUESTS)
def test_a_code_fits_a_link_and_a_button(request: Request) -> None:
    """Start parameters hold 64 of A–Z a–z 0–9 _ -, callback data 64 bytes (Bot API, deep linking)."""
    code = seal(request, KEY)
    assert set(code) <= ALPHABET
    assert len(f"ok:{code}".encode()) <= 64


@given(REQUESTS, st.binary(max_size=40).filter(lambda key: key != KEY))
def test_another_key_opens_nothing(request: Request, key: bytes) -> None:
    """Each bot's codes are its own."""
    assert unseal(seal(request, KEY), key, 0) is None


@given(REQUESTS, st.data())
def test_a_changed_code_opens_nothing(request: Request, data: st.DataObject) -> None:
    """One other character is enough, unless it says the same."""
    code = seal(request, KEY)
    at = data.draw(st.integers(0, len(code) - 2))
    other = data.draw(st.sampled_from(sorted(ALPHABET - {code[at]})))
    assert unseal(code[:at] + other + code[at + 1 :], KEY, 0) is None


@given(st.text())
def test_any_text_is_refused_without_an_error(text: str) -> None:
    """Whatever follows ?start=."""
    assert unseal(text, KEY, 0) is None


def test_a_code_is_valid_until_its_second() -> None:
    """And not after it."""
    code = seal(A_REQUEST, KEY)
    assert unseal(code, KEY, A_REQUEST.valid_until) == A_REQUEST
    assert unseal(code, KEY, A_REQUEST.valid_until + 0.1) is None


def test_a_code_that_is_cut_short_opens_nothing() -> None:
    """Half a signature is none."""
    code = seal(A_REQUEST, KEY)
    assert all(unseal(code[:length], KEY, 0) is None for length in range(len(code)))
