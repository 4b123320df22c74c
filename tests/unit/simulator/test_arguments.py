"""Reading arguments: leniently, from forms and JSON alike."""

from __future__ import annotations

import pytest

from gmbot.simulator.arguments import INT64, Arguments
from gmbot.simulator.errors import ApiError


@pytest.mark.parametrize("value", [True, "true", "True", "yes", "YES", "1", 1, 1.0])
def test_what_means_yes_is_true(value: object) -> None:
    """Booleans are true, yes or 1, whatever their type."""
    assert Arguments({"a": value}).boolean("a")


@pytest.mark.parametrize("value", [False, "false", "no", "0", 0, "", None, "on"])
def test_everything_else_is_false(value: object) -> None:
    """There is no invalid boolean."""
    assert not Arguments({"a": value}).boolean("a")


@pytest.mark.parametrize(
    ("value", "number"), [("5", 5), (5, 5), (5.0, 5), ("-7", -7), ("12abc", 12), ("abc", 0), (None, 0)]
)
def test_integers_are_read_from_anything(value: object, number: int) -> None:
    """Digits in front count; what is no number is the default."""
    assert Arguments({"a": value}).integer("a") == number


def test_integers_are_clamped_rather_than_rejected() -> None:
    """Too large is the largest."""
    assert Arguments({"a": "99999999999999999999999"}).integer("a") == INT64
    assert Arguments({"a": 900}).integer("a", low=1, high=100) == 100
    assert Arguments({"a": 0}).integer("a", low=1, high=100) == 1


def test_objects_come_as_json_text_or_as_objects() -> None:
    """A form can only carry text."""
    assert Arguments({"a": '{"b": 1}'}).mapping("a") == {"b": 1}
    assert Arguments({"a": {"b": 1}}).mapping("a") == {"b": 1}
    assert Arguments({"a": "[1]"}).listing("a") == [1]
    assert Arguments({"a": ""}).mapping("a") is None
    assert Arguments({"a": ""}).listing("a") is None
    assert Arguments({}).raw("a") is None


@pytest.mark.parametrize("value", ["{", "[1]", "5"])
def test_what_is_no_object_is_refused(value: str) -> None:
    """With a 400 that names the argument."""
    with pytest.raises(ApiError, match="can't parse permissions JSON object"):
        Arguments({"permissions": value}).mapping("permissions")


def test_what_is_no_list_is_refused() -> None:
    """With a 400 that names the argument."""
    with pytest.raises(ApiError, match="can't parse commands JSON array"):
        Arguments({"commands": "{}"}).listing("commands")
