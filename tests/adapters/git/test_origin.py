"""What is found out about a place when a person names it as a rig's repository."""

import os

import pytest

from gastown.adapters.git.origin import inspect_origin
from gastown.adapters.git.port import Landed
from gastown.adapters.git.program import GitProgram
from gastown.errors import RefusedError, UnknownThingError


@pytest.fixture
def inspect(world):
    environment = {"HOME": str(world.home), "GIT_CONFIG_SYSTEM": os.devnull}

    async def look(location, branch=""):
        return await inspect_origin(GitProgram(), str(location), branch, environment)

    return look


async def test_a_checkout_stands_for_its_remote(world, inspect):
    facts = await inspect(world.person.folder)
    assert (facts.origin, facts.landing) == (str(world.origin), "main")
    assert len(facts.notes) == 1
    assert str(world.origin) in facts.notes[0]


async def test_a_relative_remote_is_found_from_the_checkout(world, inspect):
    world.person("remote", "set-url", "origin", "../origin.git")
    assert (await inspect(world.person.folder)).origin == str(world.origin)


async def test_unpushed_and_uncommitted_work_is_warned_about(world, inspect):
    world.person.commit("Not pushed", more__txt="x\n")
    world.person.write("code.py", "changed\n")
    notes = "\n".join((await inspect(world.person.folder)).notes)
    assert "warning: main in" in notes
    assert "1 commit that" in notes
    assert "uncommitted changes" in notes


async def test_a_checkout_without_remote_gets_a_branch_of_its_own_and_the_command_to_merge_it(world, inspect):
    world.person("remote", "remove", "origin")
    facts = await inspect(world.person.folder)
    assert (facts.origin, facts.target, facts.landing) == (str(world.person.folder), "main", "gt/main")
    assert f"git -C {world.person.folder} merge gt/main" in facts.notes[0]


async def test_looking_changes_nothing(world, inspect):
    world.person("remote", "remove", "origin")
    world.person.write("code.py", "changed\n")
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in _all_files(world.person.folder)}
    await inspect(world.person.folder)
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in _all_files(world.person.folder)} == before


async def test_what_is_no_repository_is_said_to_be_none(world, inspect):
    plain = world.folder / "plain"
    plain.mkdir()
    with pytest.raises(UnknownThingError, match="is no git repository"):
        await inspect(plain)
    with pytest.raises(UnknownThingError, match="no folder"):
        await inspect(world.folder / "missing")


async def test_a_folder_inside_a_repository_is_not_taken_for_it(world, inspect):
    (world.person.folder / "sub").mkdir()
    for inside in ("sub", ".git"):
        with pytest.raises(UnknownThingError) as failed:
            await inspect(world.person.folder / inside)
        assert failed.value.hint == f"name {world.person.folder}"


async def test_an_empty_repository_is_refused(world, inspect):
    world.at(world.folder)("init", "--quiet", "--bare", "empty.git")
    with pytest.raises(RefusedError, match="is empty"):
        await inspect(world.folder / "empty.git")


async def test_a_shallow_clone_is_refused_with_the_way_out(world, inspect):
    world.person.commit("Second", more__txt="x\n")
    world.person.push()
    world.at(world.folder)("clone", "--quiet", "--depth=1", "--bare", f"file://{world.origin}", "shallow.git")
    with pytest.raises(RefusedError, match="shallow") as failed:
        await inspect(world.folder / "shallow.git")
    assert "--unshallow" in failed.value.hint


async def test_submodules_are_refused_by_name(world, inspect):
    world.person("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(world.origin), "lib/sub")
    world.person.commit("Submodule")
    world.person.push()
    with pytest.raises(RefusedError, match=r"submodules.*lib/sub") as failed:
        await inspect(world.origin)
    assert failed.value.hint


async def test_lfs_is_refused_by_name_and_a_comment_about_it_is_not(world, inspect):
    world.person.write(".gitattributes", "# *.bin filter=lfs\n*.txt text\n")
    world.person.commit("No LFS")
    world.person.push()
    await inspect(world.origin)
    world.person.write("assets/.gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    world.person.commit("LFS")
    world.person.push()
    with pytest.raises(RefusedError, match=r"Git LFS \(assets/\.gitattributes\)"):
        await inspect(world.origin)


async def test_a_branch_gt_in_the_way_of_the_landing_branch_is_found(world, inspect):
    world.person("remote", "remove", "origin")
    world.person("branch", "gt")
    with pytest.raises(RefusedError, match="branch gt"):
        await inspect(world.person.folder)


async def test_how_the_user_reaches_origins_is_taken_over_and_secrets_are_not(world, inspect):
    world.person("config", "--global", "credential.helper", "store")
    world.person("config", "--global", "--add", "credential.helper", "cache --timeout=60")
    world.person("config", "--global", "url.git@forge.example:.insteadOf", "forge:")
    world.person("config", "--global", "http.proxy", "http://proxy.example:8080")
    world.person("config", "--global", "http.https://forge.example.proxy", "http://me:word@proxy.example")
    world.person("config", "--global", "http.https://forge.example/.extraHeader", "Authorization: basic c2VjcmV0")
    world.person("config", "--global", "url.https://me:word@forge.example/.insteadOf", "private:")
    world.person("config", "--global", "core.editor", "vi")
    world.person("config", "core.sshCommand", "ssh -i key")
    world.person("config", "user.name", "Person At Work")
    facts = await inspect(world.person.folder)
    assert facts.transport == (
        ("credential.helper", "store"),
        ("credential.helper", "cache --timeout=60"),
        ("url.git@forge.example:.insteadof", "forge:"),
        ("http.proxy", "http://proxy.example:8080"),
    )
    assert facts.ssh_command == "ssh -i key"
    assert facts.identity == ("Person At Work", "person@example.org")
    left_out = next(note for note in facts.notes if "secret" in note)
    assert "extraheader" in left_out
    assert "word" not in left_out


async def test_without_an_identity_one_is_made_up_and_said(world, inspect):
    (world.home / ".gitconfig").write_text("")
    facts = await inspect(world.origin)
    assert facts.identity == ("Gas Town", "gastown@localhost")
    assert "Gas Town <gastown@localhost>" in facts.notes[0]


async def test_a_password_in_the_url_is_refused_and_not_repeated(world, inspect):
    world.person("remote", "set-url", "origin", "https://me:hunter2@forge.example/app.git")
    with pytest.raises(RefusedError) as failed:
        await inspect(world.person.folder)
    assert "hunter2" not in failed.value.message
    assert "credential helper" in failed.value.hint


async def test_what_was_found_out_makes_a_rig_that_lands(world, inspect, make_rig, submit):
    world.person("remote", "remove", "origin")
    facts = await inspect(world.person.folder)
    rig = make_rig(
        origin=facts.origin,
        target=facts.target,
        landing=facts.landing,
        transport=facts.transport,
        identity=facts.identity,
    )
    assert [step.ok for step in await rig.check_origin()] == [True, True]
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add", ())
    assert isinstance(await rig.land("app.ap-1-1", built.base, built.candidate), Landed)
    world.person("merge", "--quiet", "gt/main")
    assert (world.person.folder / "new.txt").exists()


def _all_files(folder):
    return [file for file in folder.rglob("*") if file.is_file()]
