"""How the tables came to be, step by step; run by gmbot.adapters.sql.migrate."""
