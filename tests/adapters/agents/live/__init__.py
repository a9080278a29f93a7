"""The real programs of the vendors, driven against the model API of the tests.

clis.toml: which versions; install: how they come here; pointing.py: how each is told to ask our API, and nothing else;
alone.py: a network without anything else. Run by `uv run pytest tests/adapters --live claude,codex`.
"""
