"""What reading JSON raises for what is none, or is not what was expected. msgspec's own errors are not all of it."""

import msgspec

NOT_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Bytes that are no UTF-8 inside a string raise Python's own error, and so does what is nested too deeply."""
