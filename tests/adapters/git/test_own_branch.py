"""A person's checkout without a remote as origin is not touched by what lands there."""

import hashlib

import pytest

from gastown.adapters.git.port import Landed


@pytest.fixture
def checkout(world):
    """The person's repository, without a remote, with work in progress."""
    world.person("remote", "remove", "origin")
    world.person.write("code.py", "in the middle of something\n")
    world.person.write("idea.txt", "untracked\n")
    world.person.write("staged.txt", "staged\n")
    world.person("add", "staged.txt")
    return world.person


@pytest.fixture
async def own(make_rig, checkout):
    rig = make_rig(origin=str(checkout.folder), landing="gt/main")
    await rig.ensure()
    return rig


def photograph(checkout) -> dict[str, str]:
    """All the person sees: the files, the index, HEAD and their branch."""
    files = [file for file in checkout.folder.rglob("*") if file.is_file() and ".git" not in file.parts]
    files += [checkout.folder / ".git" / name for name in ("index", "HEAD", "config", "refs/heads/main")]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


async def landed(rig, submit, session, **files):
    commit, base = await submit(rig, session, **files)
    built = await rig.build(f"app.{session}", commit, base, "Add", ())
    return built, await rig.land(f"app.{session}", built.base, built.candidate)


async def test_all_that_the_person_sees_is_as_it_was(own, submit, checkout):
    before = photograph(checkout)
    for session in ("ap-1-1", "ap-2-1"):
        built, landing = await landed(own, submit, session, **{session: "x\n"})
        assert landing == Landed(target_commit=built.candidate)
        assert checkout("rev-parse", "gt/main") == built.candidate
    assert photograph(checkout) == before
