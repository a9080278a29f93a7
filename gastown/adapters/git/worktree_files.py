"""The small files that make a folder a worktree of a repository (gitrepository-layout), written by hand: `git worktree
add` takes 10 ms for it and, twenty at once, more.

They are not flushed. What a power cut left empty of them is written again when somebody looks into the worktree.
"""

from pathlib import Path

from gastown.adapters.git.repositories import make_folders


def connect(worktree: Path, admin: Path, branch: str, settings: str) -> None:
    """admin: where git keeps what belongs to this worktree alone. settings: its own configuration.

    Raises FileExistsError, and changes nothing, where the worktree is: whoever was frozen on the way here, and followed
    by another, is not to get into its way.
    """
    worktree.mkdir()
    make_folders(admin)
    for file, content in _files(worktree, admin, branch, settings).items():
        file.write_text(content)


def connect_alone(worktree: Path, own: Path, branch: str, settings: str, tip: str, borrows: Path) -> None:
    """Make the worktree one of a repository of its own at `own`, with the branch at `tip`.

    settings: of that repository. borrows: a folder of objects that it only reads. Raises FileExistsError, as `connect`.
    """
    worktree.mkdir()
    ref = own / "refs" / "heads" / branch
    make_folders(ref.parent, own / "objects" / "info", own / "objects" / "pack", own / "info", own / "hooks")
    files = {
        own / "HEAD": f"ref: refs/heads/{branch}\n",
        own / "config": settings,
        own / "objects" / "info" / "alternates": f"{borrows}\n",
        ref: f"{tip}\n",
        worktree / ".git": f"gitdir: {own}\n",
    }
    for file, content in files.items():
        file.write_text(content)


def mend(worktree: Path, admin: Path, branch: str, settings: str) -> None:
    """Write the empty ones again. An empty index is none: git then goes by the last commit."""
    if not (admin / "commondir").exists():  # a repository of its own: what is empty there stays so
        return
    for file, content in _files(worktree, admin, branch, settings).items():
        if _is_empty(file):
            file.write_text(content)
    if _is_empty(admin / "index"):
        (admin / "index").unlink()


def _files(worktree: Path, admin: Path, branch: str, settings: str) -> dict[Path, str]:
    return {
        admin / "HEAD": f"ref: refs/heads/{branch}\n",
        admin / "commondir": "../..\n",
        admin / "gitdir": f"{worktree / '.git'}\n",
        admin / "config.worktree": settings,
        worktree / ".git": f"gitdir: {admin}\n",
    }


def _is_empty(file: Path) -> bool:
    return file.is_file() and file.stat().st_size == 0
