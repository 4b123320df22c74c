"""Identifiers, as Telegram numbers them."""

from gmbot.domain.ids import bot_of


def test_a_token_tells_whose_it_is() -> None:
    """What stands before the colon is the bot's id; the rest is its secret."""
    assert bot_of("123456:AAE-x_1") == 123456
    assert bot_of("123456:AAE:x_1") == 123456
