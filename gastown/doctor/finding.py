"""What one check found."""

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """detail: what was seen. mend: the command or the deed that mends it, "" when ok. fixed: it was mended just now."""

    check: str
    ok: bool
    detail: str
    mend: str = ""
    fixed: bool = False


FIX = "gt doctor --fix"
"""The mend of what is mended without harm."""


def fixed(finding: Finding, done: str) -> Finding:
    return msgspec.structs.replace(finding, ok=True, fixed=True, mend="", detail=f"{finding.detail}: {done}")
