"""A worker, or a repository, that wants the town's git to run a program of its own, or to land something else.

Each case lays one trap in what a worker can write, then the town does all it ever does with a session: it looks, saves,
compares, pins, builds, lands, removes, and makes the next sandbox. The canary is a file that the trap would write. That
a trap works at all is seen by running plain git on it, where there is a command of plain git that springs it.
"""

import os
import shutil

import anyio
import pytest

from gastown.adapters.git.port import Built, GitFailedError, Landed

SUBMITTED = "refs/gastown/submitted/app.ap-1-1"


class Scene:
    """A sandbox with a commit, and a program that leaves a trace of having run."""

    def __init__(self, world, rig, sandbox, worker) -> None:
        self.world, self.rig, self.sandbox, self.worker = world, rig, sandbox, worker
        self.work = world.folder / "rigs" / "app" / "work.git"
        self.admin = self.work / "worktrees" / "ap-1-1"
        self.canary = world.folder / "canary"
        self.trap = world.folder / "trap"
        self.trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {self.canary}\nexec cat < /dev/null\n')
        self.trap.chmod(0o755)

    def config(self, *pairs: str) -> None:
        for pair in pairs:
            self.worker("config", *pair.split("=", 1))

    def everywhere(self, text: str) -> None:
        """The attributes of every file, wherever git looks for them."""
        self.worker.write(".gitattributes", text)
        (self.work / "info").mkdir(exist_ok=True)
        (self.work / "info" / "attributes").write_text(text)


def hooks(scene):
    folder = scene.work / "hooks"
    folder.mkdir(exist_ok=True)
    other = scene.world.folder / "hooks"
    other.mkdir()
    for name in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit", "pre-push", "post-merge"):
        shutil.copy(scene.trap, folder / name)
        shutil.copy(scene.trap, other / name)
    scene.config(f"core.hooksPath={other}")


def fsmonitor(scene):
    scene.config(f"core.fsmonitor={scene.trap}", "core.fsmonitorHookVersion=1")


def filters(scene):
    scene.everywhere("* filter=evil ident\n")
    scene.config(f"filter.evil.clean={scene.trap}", f"filter.evil.smudge={scene.trap}", "filter.evil.required=true")


def filter_process(scene):
    scene.everywhere("* filter=evil\n")
    scene.config(f"filter.evil.process={scene.trap}")


def included_filters(scene):
    scene.everywhere("* filter=evil\n")
    hidden = scene.world.folder / "hidden"
    hidden.write_text(f'[filter "evil"]\n\tclean = {scene.trap}\n\tsmudge = {scene.trap}\n')
    scene.config(f"includeIf.gitdir:**.path={hidden}", f"include.path={hidden}")


def filters_of_another_common_folder(scene):
    scene.everywhere("* filter=evil\n")
    elsewhere = scene.world.folder / "elsewhere"
    shutil.copytree(scene.work, elsewhere, ignore=shutil.ignore_patterns("worktrees"))
    with (elsewhere / "config").open("a") as config:
        config.write(f'[filter "evil"]\n\tclean = {scene.trap}\n[core]\n\tfsmonitor = {scene.trap}\n')
    (scene.admin / "commondir").write_text(f"{elsewhere}\n")


def drivers(scene):
    scene.everywhere("* diff=evil merge=evil\n")
    scene.config(
        f"diff.evil.textconv={scene.trap}",
        f"diff.evil.command={scene.trap}",
        f"diff.external={scene.trap}",
        f"merge.evil.driver={scene.trap} %A",
        f"merge.tool={scene.trap}",
    )


def programs(scene):
    scene.config(
        f"gpg.program={scene.trap}",
        "commit.gpgSign=true",
        "tag.gpgSign=true",
        "log.showSignature=true",
        f"credential.helper={scene.trap}",
        f"core.sshCommand={scene.trap}",
        f"core.gitProxy={scene.trap}",
        f"core.askPass={scene.trap}",
        f"core.editor={scene.trap}",
        f"sequence.editor={scene.trap}",
        f"core.pager={scene.trap}",
        f"pager.diff={scene.trap}",
        f"uploadpack.packObjectsHook={scene.trap}",
        f"core.alternateRefsCommand={scene.trap}",
        f"alias.status=!{scene.trap}",
        f"alias.rev-list=!{scene.trap}",
        f"remote.origin.uploadpack={scene.trap}",
        f"remote.origin.receivepack={scene.trap}",
    )


def promised_objects(scene):
    """What is missing is fetched from where the configuration says, in the middle of looking at a sandbox."""
    scene.config(
        "core.repositoryformatversion=1",
        "extensions.partialClone=evil",
        "remote.evil.promisor=true",
        f"remote.evil.url={scene.world.origin}",
        f"remote.evil.uploadpack={scene.trap}",
        "protocol.allow=always",
    )
    scene.worker("update-index", "--add", "--cacheinfo", "100644," + "1" * 40 + ",gone.txt")


def promised_objects_by_ext(scene):
    promised_objects(scene)
    scene.config(f"remote.evil.url=ext::{scene.trap} %S", "protocol.ext.allow=always")


def submodules(scene):
    scene.worker("init", "--quiet", "inner")
    inner = scene.world.at(scene.sandbox.worktree / "inner")
    inner.commit("Inside", a__txt="a\n")
    for key in ("core.fsmonitor", "core.sshCommand", "filter.evil.clean"):
        inner("config", key, str(scene.trap))
    inner.write(".gitattributes", "* filter=evil\n")
    inner.write("a.txt", "changed\n")
    scene.worker.write(".gitmodules", f'[submodule "inner"]\n\tpath = inner\n\turl = ext::{scene.trap}\n')
    scene.config("protocol.ext.allow=always", "submodule.recurse=true", "fetch.recurseSubmodules=true")
    scene.config(f"submodule.inner.url=ext::{scene.trap}", f"submodule.inner.update=!{scene.trap}")
    scene.worker("-c", "core.hooksPath=/dev/null", "add", "inner", ".gitmodules", check=False)


def a_git_folder_of_its_own(scene):
    (scene.sandbox.worktree / ".git").unlink()
    scene.worker("init", "--quiet")
    scene.config(f"core.fsmonitor={scene.trap}", f"filter.evil.clean={scene.trap}", f"core.sshCommand={scene.trap}")
    scene.worker.write(".gitattributes", "* filter=evil\n")


def a_linked_git_folder(scene):
    elsewhere = scene.world.folder / "elsewhere"
    scene.world.at(scene.world.folder)("init", "--quiet", str(elsewhere))
    (scene.sandbox.worktree / ".git").unlink()
    (scene.sandbox.worktree / ".git").symlink_to(elsewhere / ".git")
    scene.config(f"core.fsmonitor={scene.trap}", f"filter.evil.clean={scene.trap}")
    scene.worker.write(".gitattributes", "* filter=evil\n")


def a_linked_administration(scene):
    """What git keeps of the worktree is moved away, with a configuration beside it."""
    elsewhere = scene.world.folder / "elsewhere"
    shutil.move(scene.admin, elsewhere)
    scene.admin.symlink_to(elsewhere)
    scene.everywhere("* filter=evil\n")
    (elsewhere / "config.worktree").write_text(f'[filter "evil"]\n\tclean = {scene.trap}\n')


def replaced_objects(scene):
    head = scene.worker("rev-parse", "HEAD")
    tree = scene.worker("rev-parse", "HEAD^{tree}")
    fake = scene.worker("commit-tree", tree, "-m", "another story")
    (scene.work / "refs" / "replace").mkdir(parents=True)
    (scene.work / "refs" / "replace" / head).write_text(f"{fake}\n")


def grafted_history(scene):
    head = scene.worker("rev-parse", "HEAD")
    (scene.work / "info").mkdir(exist_ok=True)
    (scene.work / "info" / "grafts").write_text(f"{head}\n")
    (scene.work / "shallow").write_text(f"{head}\n")


def other_alternates(scene):
    elsewhere = scene.world.folder / "elsewhere"
    scene.world.at(scene.world.folder)("init", "--quiet", "--bare", str(elsewhere))
    with (scene.work / "objects" / "info" / "alternates").open("a") as alternates:
        alternates.write(f"{elsewhere / 'objects'}\n/nowhere\n-x\n")


def names_like_options(scene):
    for name in ("--upload-pack=x", "-c core.fsmonitor=x", "--exec-path", "$(touch canary)", "`x`", "a\nb"):
        scene.worker.write(name, "x\n")
    for ref in ("--upload-pack", "-x"):
        (scene.work / "refs" / "heads" / ref).write_text(scene.worker("rev-parse", "HEAD") + "\n")
    (scene.admin / "HEAD").write_text("ref: refs/heads/--upload-pack\n")


def a_head_that_is_two_lines(scene):
    (scene.admin / "HEAD").write_text("ref: refs/heads/gt/ap-1-1\ndelete refs/heads/gt/ap-9-1\n")


def settings_of_the_worktree(scene):
    scene.config("core.worktree=/", "core.bare=true", "core.excludesFile=/etc/passwd", "core.attributesFile=/dev/null")
    (scene.admin / "config.worktree").write_text(f"[core]\n\tworktree = /\n\tfsmonitor = {scene.trap}\n")


def a_head_off_every_branch(scene):
    (scene.admin / "HEAD").write_text(scene.worker("rev-parse", "HEAD") + "\n")  # whatever it is on, its work is kept


def a_pipe_where_ignored_names_stand(scene):
    os.mkfifo(scene.work / "info" / "pipe")
    (scene.work / "info" / "exclude").unlink(missing_ok=True)
    (scene.work / "info" / "exclude").symlink_to("pipe")


def a_configuration_that_is_none(scene):
    (scene.work / "config").write_text("[[[\0 nonsense")


SPRINGS = {
    hooks: ("update-ref", "refs/heads/x", "HEAD"),
    fsmonitor: ("status",),
    filters: ("add", "code.py"),  # status looks into a file only where its size tells nothing
    included_filters: ("add", "code.py"),
    filters_of_another_common_folder: ("add", "code.py"),
    drivers: ("diff",),
    programs: ("commit", "--allow-empty", "-m", "x"),
    promised_objects: ("cat-file", "-p", "1" * 40),
    promised_objects_by_ext: ("cat-file", "-p", "1" * 40),
    a_git_folder_of_its_own: ("status",),
    a_linked_git_folder: ("status",),
}
"""What springs the trap, where plain git has a command that does."""

HARMLESS = (
    filter_process,
    submodules,
    a_linked_administration,
    settings_of_the_worktree,
    replaced_objects,
    grafted_history,
    other_alternates,
    names_like_options,
    a_head_that_is_two_lines,
    a_head_off_every_branch,
    a_pipe_where_ignored_names_stand,
    a_configuration_that_is_none,
)


@pytest.mark.parametrize("lay", [*SPRINGS, *HARMLESS], ids=lambda lay: lay.__name__)
async def test_nothing_is_run_and_what_was_submitted_lands_as_it_was(world, rig, lay):
    other = await rig.create_sandbox("ap-9-1", None)
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = world.at(sandbox.worktree)
    commit = worker.commit("Mine", new__txt="x\n")
    tree = worker("rev-parse", "HEAD^{tree}")
    worker.write("code.py", "changed\n")
    worker.write("untracked.txt", "kept\n")
    scene = Scene(world, rig, sandbox, worker)
    lay(scene)
    scene.canary.unlink(missing_ok=True)

    with anyio.fail_after(60):
        left = await rig.inspect(sandbox.worktree, sandbox.base)
        kept = await rig.save_work(sandbox.worktree, "Kept")
        await rig.questions.diff_sandbox("ap-1-1")
        await rig.pin(sandbox.worktree, "refs/gastown/kept/ap-1-1", kept)
        await rig.pin(sandbox.worktree, SUBMITTED, commit)
        await rig.create_sandbox("ap-2-1", None)
        built = await rig.build("app.ap-1-1", commit, sandbox.base, "Merge", ())
        assert isinstance(built, Built)
        await rig.checkout(built.candidate, world.folder / "candidate")
        assert await rig.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
        await rig.ensure()
        for session in ("ap-1-1", "ap-2-1"):
            await rig.remove_sandbox(session)
    assert not scene.canary.exists(), scene.canary.read_text()

    refinery = world.at(world.folder / "rigs" / "app" / "refinery.git")
    assert {"code.py", "untracked.txt"} <= {*left.changed, *left.untracked}
    assert refinery("show", f"{kept}:code.py") == "changed"
    assert refinery("show", f"{kept}:untracked.txt") == "kept"
    assert refinery("rev-parse", SUBMITTED) == commit == refinery("rev-parse", f"{built.candidate}^2")
    assert refinery("rev-parse", f"{commit}^{{tree}}") == tree
    assert refinery("rev-parse", f"{commit}^") == sandbox.base == world.first
    assert world.origin_tip() == built.candidate
    assert (other.worktree / "code.py").read_text() == "one\ntwo\nthree\n"
    assert world.at(other.worktree)("rev-parse", "--verify", "--quiet", "gt/ap-9-1", check=False) in ("", world.first)


@pytest.mark.parametrize("lay", SPRINGS, ids=lambda lay: lay.__name__)
async def test_each_trap_is_one(world, rig, lay):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = world.at(sandbox.worktree)
    worker.commit("Mine", new__txt="x\n")
    worker.write("code.py", "changed\n")
    scene = Scene(world, rig, sandbox, worker)
    lay(scene)
    scene.canary.unlink(missing_ok=True)
    worker(*SPRINGS[lay], check=False)
    assert scene.canary.exists()


@pytest.mark.parametrize(
    "modules", ["\tpath = x\n\turl = y\n\tupdate = !touch canary\n", "\tpath = -x\n\turl = --upload-pack=x\n"]
)
async def test_what_would_harm_those_who_clone_it_is_not_pinned(world, rig, modules):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = world.at(sandbox.worktree)
    worker.write(".gitmodules", f'[submodule "x"]\n{modules}')
    commit = worker.commit("Mine", new__txt="x\n")
    with pytest.raises(GitFailedError, match="fsck error"):
        await rig.pin(sandbox.worktree, SUBMITTED, commit)
    assert "x" in await rig.questions.diff_sandbox("ap-1-1")
