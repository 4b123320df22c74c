"""A Telegram that costs next to nothing, so that what is measured is never this side."""
