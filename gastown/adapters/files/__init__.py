"""The host's own small files: a record of each session, reports on their way, the epochs it has seen."""
