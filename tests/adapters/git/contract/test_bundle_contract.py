"""Commits that travel as a bundle: from one rig's repositories to another's, which may know another origin."""

from collections.abc import AsyncIterator

import pytest

from gastown.adapters.git.port import BasisMissingError, GitFailedError
from gastown.errors import UnknownThingError
from gastown.events.session import Earlier

LIMIT = 1 << 20
REF = "refs/gastown/guests/ap-1"


async def whole(rig, commit, *basis) -> bytes:
    return b"".join([chunk async for chunk in rig.bundle(commit, basis)])


async def chunks(content: bytes, size: int = 100) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.fixture
async def elsewhere(make_rig):
    made = make_rig("elsewhere")
    await made.ensure()
    return made


@pytest.fixture
async def foreign(stage, make_rig):
    made = make_rig("foreign", origin=stage.foreign_origin())
    await made.ensure()
    return made


async def test_what_goes_on_from_the_basis_is_there_afterwards(stage, rig, submit, elsewhere):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    await elsewhere.unbundle(chunks(await whole(rig, commit, base)), commit, REF, limit=LIMIT)
    assert stage.pinned(REF, "elsewhere") == commit
    assert await elsewhere.questions.diff(base, commit) == await rig.questions.diff(base, commit) != ""


async def test_without_a_basis_all_of_its_history_travels(stage, rig, submit, foreign):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    await foreign.unbundle(chunks(await whole(rig, commit)), commit, REF, limit=LIMIT)
    assert stage.pinned(REF, "foreign") == commit
    assert "+x" in await foreign.questions.diff(base, commit)


async def test_a_later_attempt_goes_on_from_what_came(stage, rig, submit, elsewhere):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    await elsewhere.unbundle(chunks(await whole(rig, commit, base)), commit, REF, limit=LIMIT)
    earlier = Earlier(session="away.ap-1-1", commit=commit, base=base)
    sandbox = await elsewhere.create_sandbox("ap-2-1", earlier)
    assert (sandbox.reapplied, sandbox.missing) == (1, False)
    assert stage.files(sandbox.worktree)["new.txt"] == "x\n"


async def test_what_the_other_side_is_said_to_have_and_nobody_here_knows_counts_for_nothing(rig, submit, elsewhere):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    bundle = await whole(rig, commit, "0" * 40, base, base)
    assert bundle == await whole(rig, commit, base)
    await elsewhere.unbundle(chunks(bundle), commit, REF, limit=LIMIT)


async def test_what_is_there_already_is_pinned(stage, rig, elsewhere):
    bundle = await whole(rig, stage.first, stage.first)
    for _ in range(2):
        await elsewhere.unbundle(chunks(bundle), stage.first, REF, limit=LIMIT)
    assert stage.pinned(REF, "elsewhere") == stage.first


async def test_a_basis_that_is_not_here_is_named_and_nothing_is_stored(stage, rig, submit, foreign):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    with pytest.raises(BasisMissingError, match=base[:12]):
        await foreign.unbundle(chunks(await whole(rig, commit, base)), commit, REF, limit=LIMIT)
    assert stage.pinned(REF, "foreign") == ""


async def test_a_bundle_that_leads_to_another_commit_is_refused(stage, rig, submit, elsewhere):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    other, _ = await submit(rig, "ap-2-1", other__txt="y\n")
    with pytest.raises(GitFailedError):
        await elsewhere.unbundle(chunks(await whole(rig, commit, base)), other, REF, limit=LIMIT)
    assert stage.pinned(REF, "elsewhere") == ""
    with pytest.raises(UnknownThingError):  # nor is any of it there for the next
        await elsewhere.questions.diff(base, commit)


async def test_what_was_changed_or_cut_off_on_its_way_is_refused(stage, rig, submit, elsewhere):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    bundle = await whole(rig, commit, base)
    begin = bundle.find(b"PACK") if b"PACK" in bundle else 0
    changed = [bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :] for at in range(begin, len(bundle), 7)]
    for wrong in (b"", b"hello\n\nhello", bundle[:-1], bundle[: len(bundle) // 2], *changed):
        with pytest.raises(GitFailedError):
            await elsewhere.unbundle(chunks(wrong), commit, REF, limit=LIMIT)
    assert stage.pinned(REF, "elsewhere") == ""


async def test_what_is_too_large_is_refused_before_all_of_it_is_read(stage, rig, elsewhere):
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 100
            yield b"x" * 100

    with pytest.raises(GitFailedError, match="larger than 1000 bytes"):
        await elsewhere.unbundle(endless(), stage.first, REF, limit=1000)
    assert read == 1100


async def test_nobodys_branch_is_moved(stage, rig, elsewhere):
    bundle = await whole(rig, stage.first)
    for ref in ("refs/heads/main", "refs/remotes/origin/main", "main"):
        with pytest.raises(ValueError, match="not below refs/gastown/"):
            await elsewhere.unbundle(chunks(bundle), stage.first, ref, limit=LIMIT)


@pytest.mark.parametrize("name", ["", "main", "--all", "0" * 40, "0" * 64])
async def test_what_is_no_commit_here_cannot_be_bundled_nor_awaited(stage, rig, elsewhere, name):
    with pytest.raises(GitFailedError):
        await whole(rig, name)
    with pytest.raises(GitFailedError):
        await elsewhere.unbundle(chunks(await whole(rig, stage.first)), name, REF, limit=LIMIT)


async def test_a_bundle_that_breaks_off_leaves_nothing(stage, rig, elsewhere):
    async def broken() -> AsyncIterator[bytes]:
        yield (await whole(rig, stage.first))[:50]
        raise ConnectionError("away")

    with pytest.raises(ConnectionError):
        await elsewhere.unbundle(broken(), stage.first, REF, limit=LIMIT)
    assert stage.pinned(REF, "elsewhere") == ""
