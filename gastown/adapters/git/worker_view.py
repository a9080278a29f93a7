"""A worker's sandbox as the town's git sees it: the worker's files, index and objects, and not a word of its settings.

A worker can write the repository that it works in, and its siblings can while we look: whatever its configuration
names could be run, and what is checked first may be changed before it is used. So a git folder of our own is made for
each look, with the index copied into it and the objects beside it, and git never opens the worker's.
"""

import os
import re
import shutil
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread

from gastown.adapters.git.port import SandboxGoneError
from gastown.adapters.git.repositories import Repositories, remove_tree
from gastown.adapters.git.repository import Repository
from gastown.adapters.git.sparse import sparse_patterns
from gastown.adapters.git.worktree_files import mend

_HEAD = re.compile(r"ref: refs/heads/[^\s\x00-\x1f\x7f~^:?*\[\\]+|[0-9a-f]{40}|[0-9a-f]{64}")
_NO_REF = re.compile(r"\.\.|//|/\.|@\{|\.lock(/|$)|[./]$")
"""What git does not take for the name of a ref."""
UNBORN = "refs/heads/unborn"
_LONGEST = 1024 * 1024
"""Bytes of a small file of a worker's: its HEAD, its list of ignored names."""


@asynccontextmanager
async def view(repositories: Repositories, worktree: Path, branch: str) -> AsyncGenerator[Repository]:
    """Its git folder is gone afterwards; objects made in it stay. Raises SandboxGoneError.

    branch: what the sandbox was made on.
    """
    admin = repositories.admin(worktree.name)
    if not await anyio.Path(admin).is_dir() or not await anyio.Path(worktree / ".git").exists():
        raise SandboxGoneError(f"there is no sandbox {worktree.name}")
    await anyio.to_thread.run_sync(mend, worktree, admin, branch, repositories.worktree_settings())
    folder = repositories.scratch()
    try:
        await anyio.to_thread.run_sync(_make, repositories, admin, folder)
        yield _repository(repositories, folder, worktree)
    finally:
        await remove_tree(folder)


def _repository(repositories: Repositories, folder: Path, worktree: Path) -> Repository:
    own = {"GIT_OBJECT_DIRECTORY": str(repositories.store(worktree.name) / "objects")}
    repository = repositories.at(folder, worktree)
    return replace(repository, environment={**repository.environment, **own})


def _make(repositories: Repositories, admin: Path, folder: Path) -> None:
    for made in (folder, folder / "objects", folder / "info"):
        made.mkdir()
    (folder / "HEAD").write_text(_head(admin), errors="surrogateescape")
    (folder / "config").write_text(repositories.view_settings())
    store = admin if admin.parent.parent != repositories.work_dir else repositories.work_dir
    (folder / "refs").symlink_to(store / "refs")
    (folder / "packed-refs").symlink_to(store / "packed-refs")
    if repositories.config.sparse:
        (folder / "info" / "sparse-checkout").write_text(sparse_patterns(repositories.config.sparse))
    (folder / "info" / "exclude").write_text(read_small(store / "info" / "exclude"), errors="surrogateescape")
    for index in (admin / "index", *admin.glob("sharedindex.*")):
        if index.is_file():
            # With its time: git tells by it which files may have changed since the index was written.
            shutil.copy2(index, folder / index.name)


def _head(admin: Path) -> str:
    """Its HEAD as git writes one; that of a branch without commits where the worker made something else of it."""
    line = read_small(admin / "HEAD").partition("\n")[0]
    return f"{line}\n" if _HEAD.fullmatch(line) and not _NO_REF.search(line) else f"ref: {UNBORN}\n"


def checked_out(admin: Path) -> str:
    """The ref that a worktree is on, "" when it is on none."""
    return _head(admin).strip().removeprefix("ref: ") if _head(admin).startswith("ref: ") else ""


def read_small(file: Path) -> str:
    """What a worker can write, as far as it is a plain file of no great length; else nothing."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as content:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > _LONGEST:
            return ""
        return content.read().decode(errors="surrogateescape")
