"""The Bot API: wire types, client, polling and webhook. It decides nothing."""
