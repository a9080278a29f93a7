"""Bundles as real git reads and makes them, also those that somebody made to do harm."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gastown.adapters.git.git_rig import GitRig
from gastown.adapters.git.port import GitFailedError

REF = "refs/gastown/guests/ap-1"


async def bundled(rig: GitRig, commit: str, *basis: str) -> bytes:
    return b"".join([chunk async for chunk in rig.bundle(commit, basis)])


async def stream(content: bytes) -> AsyncIterator[bytes]:
    yield content


def inside(world: Any, town: str = "rigs") -> Any:
    return world.at(world.folder / town / "app" / "refinery.git")


def objects(world: Any) -> str:
    return inside(world)("cat-file", "--batch-all-objects", "--batch-check", "--unordered")


async def test_git_itself_reads_what_was_bundled(world: Any, rig: GitRig, submit: Any) -> None:
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    file = world.folder / "one.bundle"
    file.write_bytes(await bundled(rig, commit, base))
    world.person("bundle", "verify", "--quiet", str(file))
    assert world.person("bundle", "unbundle", str(file)).split() == [commit, "refs/gastown/bundled"]
    assert world.person("show", f"{commit}:new.txt") == "x"


async def test_what_git_bundled_is_read_and_its_refs_move_nothing(world: Any, rig: GitRig) -> None:
    commit = world.person.commit("Theirs", new__txt="x\n")
    file = world.folder / "one.bundle"
    world.person("bundle", "create", "--quiet", str(file), "main")
    refs = inside(world)("for-each-ref")
    await rig.unbundle(stream(file.read_bytes()), commit, REF, limit=1 << 20)
    assert inside(world)("for-each-ref") == f"{commit} commit\t{REF}\n{refs}"


def hostile(world: Any, place: Path, commit: str) -> bytes:
    world.at(place)("update-ref", "refs/heads/evil", commit)
    world.at(place)("bundle", "create", "--quiet", "evil.bundle", "evil", f"^{world.first}")
    return (place / "evil.bundle").read_bytes()


def tree_with(world: Any, place: Path, entry: str) -> str:
    """A commit whose tree has one entry of this name, which git itself would not make."""
    git = world.at(place)
    (place / "blob").write_text("x\n")
    blob = git("hash-object", "-w", "blob")
    (place / "tree").write_bytes(f"100644 {entry}\0".encode() + bytes.fromhex(blob))
    tree = git("hash-object", "-w", "-t", "tree", "--literally", "tree")
    return git("commit-tree", "-p", world.first, "-m", "Evil", tree)


@pytest.mark.parametrize("entry", [".git", "..", "a/b", ".GIT", "git~1"])
async def test_a_tree_that_would_write_outside_its_folder_is_refused(world: Any, rig: GitRig, entry: str) -> None:
    place = world.clone("evil").folder
    commit = tree_with(world, place, entry)
    before = objects(world)
    with pytest.raises(GitFailedError):
        await rig.unbundle(stream(hostile(world, place, commit)), commit, REF, limit=1 << 20)
    assert objects(world) == before
    assert inside(world)("rev-parse", "--verify", "--quiet", REF, check=False) == ""


async def test_a_bundle_that_lacks_an_object_is_refused_whatever_it_says_of_its_basis(world: Any, rig: GitRig) -> None:
    """Its header leaves out the commit that it goes on from."""
    other = world.clone("other")
    middle = other.commit("Between", between__txt="b\n")
    tip = other.commit("Tip", tip__txt="t\n")
    other("bundle", "create", "--quiet", "thin.bundle", "main", f"^{middle}")
    content = (other.folder / "thin.bundle").read_bytes()
    header, _, pack = content.partition(b"\n\n")
    claimed = b"\n".join(line for line in header.splitlines() if not line.startswith(b"-"))
    before = objects(world)
    with pytest.raises(GitFailedError):
        await rig.unbundle(stream(claimed + b"\n\n" + pack), tip, REF, limit=1 << 20)
    assert objects(world) == before


async def test_what_is_no_commit_is_not_pinned(world: Any, rig: GitRig) -> None:
    tree = world.person("rev-parse", "HEAD^{tree}")
    content = await bundled(rig, world.first)
    with pytest.raises(GitFailedError, match="it is a tree"):
        await rig.unbundle(stream(content), tree, REF, limit=1 << 20)


async def test_nothing_is_left_beside_the_repositories(world: Any, rig: GitRig, submit: Any) -> None:
    commit, _ = await submit(rig, "ap-1-1", new__txt="x\n")
    bundle = await bundled(rig, commit)
    half = rig.bundle(commit)
    await anext(half)
    await half.aclose()
    await rig.unbundle(stream(bundle), commit, REF, limit=1 << 20)
    with pytest.raises(GitFailedError):
        await rig.unbundle(stream(bundle[:-9]), commit, REF, limit=1 << 20)
    assert not list((world.folder / "rigs" / "app").glob("incoming-*"))


async def test_many_objects_arrive_as_one_pack(world: Any, rig: GitRig, make_rig: Any) -> None:
    for number in range(300):
        world.person.write(f"{number}.txt", f"{number}\n")
    commit = world.person.commit("Many")
    world.person.push()
    await rig.target(fetch=True)
    elsewhere = make_rig("elsewhere", target="old", landing="old")
    world.at(world.origin)("update-ref", "refs/heads/old", world.first)
    await elsewhere.ensure()
    await elsewhere.unbundle(stream(await bundled(rig, commit, world.first)), commit, REF, limit=1 << 20)
    assert inside(world, "elsewhere")("show", f"{REF}:299.txt") == "299"
