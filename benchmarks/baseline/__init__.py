"""The same job done plainly on python-telegram-bot, for comparison: nothing of GMBot's is used."""
