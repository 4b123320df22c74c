"""Every error, grouped by what the caller should do about it."""

import pytest

from gmbot.domain import errors


@pytest.mark.parametrize("error", [errors.TransientError, errors.TooManyRequests, errors.Unavailable])
def test_a_transient_error_may_say_when_to_return(error: type[errors.TransientError]) -> None:
    """With `retry_after_s`, or without."""
    assert error("slow down", retry_after_s=3).retry_after_s == 3
    assert error("gone").retry_after_s is None


def test_a_migration_names_the_new_chat() -> None:
    """So that the caller can go on there."""
    moved = errors.ChatMigrated("moved", new_chat_id=-1009)
    assert (str(moved), moved.new_chat_id) == ("moved", -1009)


@pytest.mark.parametrize(
    "error",
    [
        errors.ChatUnusable,
        errors.RightsMissing,
        errors.PersonProtected,
        errors.PersonUnknown,
        errors.PersonUnreachable,
        errors.ChatMigrated,
    ],
)
def test_a_refusal_is_never_taken_for_something_to_repeat(error: type[errors.GMBotError]) -> None:
    """The two branches of the tree are apart."""
    assert issubclass(error, errors.RefusedError)
    assert not issubclass(error, errors.TransientError)


def test_everything_is_in_one_tree() -> None:
    """The boundary of the process needs one `except`."""
    kinds = [errors.ConfigurationError, errors.TransientError, errors.RefusedError]
    assert all(issubclass(kind, errors.GMBotError) for kind in kinds)
