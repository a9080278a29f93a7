"""The gate of the simulated rig: it reads the files of a checkout."""

from collections.abc import Mapping

RED, BREAKS, HEAVY = "red", "breaks the gate", "heavy"


def judge(command: str, files: Mapping[str, str]) -> int:
    """An exit code: 0 green, 1 red, 127 where the gate's own tool is missing.

    One heavy file is borne, two are not: what is green by itself may be red together.
    """
    del command  # there is one gate
    said = list(files.values())
    if any(BREAKS in text for text in said):
        return 127
    return 1 if any(RED in text.split() for text in said) or sum(HEAVY in text for text in said) > 1 else 0
