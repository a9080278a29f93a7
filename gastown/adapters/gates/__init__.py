"""Setup commands and gates: run in a candidate, judged by exit code, failing closed."""
