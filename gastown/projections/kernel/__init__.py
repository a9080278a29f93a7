"""Keeps the views up to the log: the store and the runner."""
