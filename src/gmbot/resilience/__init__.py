"""Mechanisms against failure that know neither Telegram nor SQL; time and randomness are passed in."""
