"""A person's checkout without a remote as origin: what is proven lands on gt/main, and the checkout is not touched."""

import hashlib

import pytest

from gastown.adapters.git.port import Landed, Refused


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


async def test_the_first_landing_makes_the_branch_and_the_next_goes_on_from_it(world, own, submit, checkout):
    before = photograph(checkout)
    first, landing = await landed(own, submit, "ap-1-1", new__txt="x\n")
    assert landing == Landed(target_commit=first.candidate)
    assert first.base == world.first
    assert checkout("rev-parse", "gt/main") == first.candidate
    assert await own.target(fetch=True) == first.candidate
    second, landing = await landed(own, submit, "ap-2-1", more__txt="y\n")
    assert landing == Landed(target_commit=second.candidate)
    assert second.base == first.candidate
    assert photograph(checkout) == before


async def test_it_is_known_after_a_restart(own, submit, make_rig, checkout):
    first, _ = await landed(own, submit, "ap-1-1", new__txt="x\n")
    restarted = make_rig(origin=str(checkout.folder), landing="gt/main")
    await restarted.ensure()
    assert await restarted.target(fetch=False) == first.candidate
    again = await restarted.land("app.ap-1-1", first.base, first.candidate)
    assert again == Landed(target_commit=first.candidate)


async def test_once_the_person_has_merged_work_goes_on_from_their_branch(world, own, submit, checkout):
    first, _ = await landed(own, submit, "ap-1-1", new__txt="x\n")
    checkout("stash", "--quiet")
    checkout("merge", "--quiet", "--no-ff", "--no-edit", "gt/main")
    merged = checkout("rev-parse", "main")
    assert await own.target(fetch=True) == merged
    second, landing = await landed(own, submit, "ap-2-1", more__txt="y\n")
    assert second.base == merged
    assert landing == Landed(target_commit=second.candidate)
    assert checkout("rev-parse", "gt/main") == second.candidate
    assert await own.questions.proof([first.candidate, second.candidate], []) == []


async def test_a_branch_deleted_after_its_merge_is_made_again(world, own, submit, checkout):
    await landed(own, submit, "ap-1-1", new__txt="x\n")
    checkout("stash", "--quiet")
    checkout("merge", "--quiet", "gt/main")
    checkout("branch", "--quiet", "-d", "gt/main")
    second, landing = await landed(own, submit, "ap-2-1", more__txt="y\n")
    assert landing == Landed(target_commit=second.candidate)
    assert checkout("rev-parse", "gt/main") == second.candidate


async def test_a_landing_branch_that_is_checked_out_is_refused_with_the_reason(world, own, submit, checkout):
    first, _ = await landed(own, submit, "ap-1-1", new__txt="x\n")
    checkout("stash", "--quiet", "--include-untracked")
    checkout("switch", "--quiet", "gt/main")
    _, landing = await landed(own, submit, "ap-2-1", more__txt="y\n")
    assert isinstance(landing, Refused)
    assert "gt/main is checked out" in landing.reason
    assert checkout("rev-parse", "gt/main") == first.candidate
    assert checkout("status", "--porcelain") == ""
