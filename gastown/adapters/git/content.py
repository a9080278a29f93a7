"""What a repository may hold that a rig cannot work with: submodules and Git LFS."""

import re
import tempfile
from dataclasses import replace
from pathlib import Path

from gastown.adapters.git.repository import Repository
from gastown.adapters.git.target import local_folder
from gastown.errors import RefusedError

_LFS = re.compile(r"^[^#\n]*\sfilter=lfs\b", re.MULTILINE)


async def refuse_unsupported(repository: Repository, origin: str, branch: str) -> None:
    """Raises RefusedError, naming what it is, when the branch has submodules or files in Git LFS."""
    if local_folder(origin) is not None:
        await _refuse(repository, f"refs/heads/{branch}", branch)
        return
    with tempfile.TemporaryDirectory(prefix="gastown-origin-") as scratch:
        await _refuse(await _newest(repository, Path(scratch), origin, branch), "FETCH_HEAD", branch)


async def _newest(repository: Repository, folder: Path, origin: str, branch: str) -> Repository:
    """A throwaway repository with the branch's newest commit and as few of its files as the origin lets us have."""
    step = f"looking into {branch} of the origin"
    scratch = replace(repository, git_dir=folder)
    await scratch.run("init", "--quiet", "--bare", "--template=", step=step)
    await scratch.configure({"remote.origin.url": origin})
    fetch = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-auto-maintenance", "--filter=blob:none")
    await scratch.reach(*fetch, "origin", f"refs/heads/{branch}", step=step)
    return scratch


async def _refuse(repository: Repository, commit: str, branch: str) -> None:
    listed = await repository.run("ls-tree", "-r", "-z", "--full-tree", commit, step=f"looking into {branch}")
    entries = [entry.partition("\t") for entry in listed.fields if entry]
    submodules = [path for about, _, path in entries if about.startswith("160000 ")]
    if submodules or any(path == ".gitmodules" for _, _, path in entries):
        named = ", ".join(submodules[:5]) or ".gitmodules"
        hint = "a rig works on one repository: add each submodule as a rig of its own, or vendor it"
        raise RefusedError(f"branch {branch} has submodules, which rigs do not support: {named}", hint=hint)
    for about, _, path in entries:
        if path.rpartition("/")[2] == ".gitattributes":
            text = await repository.reach("cat-file", "blob", about.split(" ")[2], step=f"reading {path}")
            if _LFS.search(text.text):
                hint = "a rig does not fetch LFS objects: move these files out of LFS (git lfs migrate export)"
                raise RefusedError(f"branch {branch} keeps files in Git LFS ({path}), unsupported in rigs", hint=hint)
