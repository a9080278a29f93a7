"""What ends a command early."""

from __future__ import annotations

from gastown.exit_codes import EXIT_CODES


class CommandFailedError(Exception):
    """The town's refusal, or one of the command's own. code: a key of EXIT_CODES. hint: the next step."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    @property
    def exit(self) -> int:
        return EXIT_CODES.get(self.code, EXIT_CODES["bug"])


def usage(message: str, hint: str = "") -> CommandFailedError:
    """The words of the command make no sense."""
    return CommandFailedError("usage", message, hint)
