"""Listens to events and turns them into metrics and log lines; decides nothing."""
