"""GMBot: a Telegram group where only a channel's subscribers can speak."""

__version__ = "0.1.0"
