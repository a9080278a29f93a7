"""What readers see: one file a view, each a table, a pure fold and its questions.

Deleted, they come back from the log.
"""
