"""directive edit: the person's own editor on a file of the town's folder."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from gastown_cli.asking import town_of
from gastown_cli.cold import answer, in_our_words
from gastown_cli.trouble import CommandFailedError

if TYPE_CHECKING:
    from gastown_cli.verbs import Call


@in_our_words
def edit(call: Call) -> int:
    """The town says which file it is, and that there is such a role and rig."""
    if call.environment.get("GT_SESSION"):
        raise CommandFailedError("refused", "a session may not write directives", "gt directive show polecat")
    position, found = town_of(call).call("directive.show", call.values)
    path = Path(found["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    editor = call.environment.get("VISUAL") or call.environment.get("EDITOR") or "vi"
    _run(editor, path)
    size = path.stat().st_size if path.exists() else 0
    told = f"{path} has {size} bytes" if size else f"{path} is not there, or empty: nothing is told"
    answer(call, position, {**call.values, "path": str(path), "size": size}, told)
    return 0


def _run(editor: str, path: Path) -> None:
    """Waits for it, with this terminal. Raises CommandFailedError."""
    script = f"exec {editor} {shlex.quote(str(path))}"  # an editor's variable may hold arguments
    pid = os.posix_spawn("/bin/sh", ("sh", "-c", script), os.environ)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        hint = f"set EDITOR to another, or write the file yourself: {path}"
        raise CommandFailedError("refused", f"the editor {editor!r} ended with exit {code}", hint)
