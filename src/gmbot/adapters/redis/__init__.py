"""Redis: what the processes of a bot share and tell each other. May vanish at any time."""
