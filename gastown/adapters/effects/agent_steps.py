"""What was seen of an agent's program, in words: one step each, and what to do about those that failed. Pure."""

import re

from gastown.actors.errands import CheckStep
from gastown.adapters.agents.catalogue import Vendor
from gastown.adapters.agents.probe import older, too_old
from gastown.adapters.agents.probing import Probed
from gastown.adapters.agents.told import TurnEnded
from gastown.adapters.git.port import Leftovers
from gastown.events.agent import AgentSpec

_PACKAGES = {
    "claude": "@anthropic-ai/claude-code",
    "codex": "@openai/codex",
    "gemini": "@google/gemini-cli",
    "opencode": "opencode-ai",
    "qwen": "@qwen-code/qwen-code",
    "copilot": "@github/copilot",
    "pi": "@mariozechner/pi-coding-agent",
    "claude-acp": "@agentclientprotocol/claude-agent-acp",
    "codex-acp": "@zed-industries/codex-acp",
    "amp": "@ampcode/cli",
    "auggie": "@augmentcode/auggie",
}
"""Where npm has them."""
_WORDS = 300  # characters of what a program said that a step repeats
BLOCKING = ("found", "version", "starts", "git", "ends", "turn")
"""Steps without which no work can be done. That it lacks what such agents are said to be able to is not among them."""


def passed(name: str, detail: str) -> CheckStep:
    return CheckStep(name=name, ok=True, detail=detail)


def failed(name: str, detail: str, mend: str) -> CheckStep:
    return CheckStep(name=name, ok=False, detail=detail, mend=mend)


def not_found(vendor: Vendor, spec: AgentSpec, wanted: str, path: str) -> CheckStep:
    where = "there is no such program" if "/" in wanted else f"it is on no folder of the PATH {path}"
    return failed("found", f"{wanted}: {where}", f"{install(vendor)}, or say where it is: gt agent add --command")


def install(vendor: Vendor) -> str:
    package = _PACKAGES.get(vendor.name)
    if package is None:
        return f"install {vendor.program or vendor.name}"
    return f"npm install -g {package}{f'@{vendor.version}' if vendor.version else ''}"


def version(vendor: Vendor, told: str) -> CheckStep:
    measured = vendor.version
    if not told:
        return passed("version", "it does not say which it is")
    if too_old(told, measured):
        return failed("version", f"{told} is too old: {measured} was measured", install(vendor))
    if not measured:
        return passed("version", f"{told}; none was measured: what is said of it is from {vendor.source}")
    if told == measured:
        return passed("version", f"{told}, the one that was measured")
    older_ = ", older than the one that was measured" if older(told, measured) else "; measured was"
    return passed("version", f"{told}{older_} {measured}")


def starts(vendor: Vendor, probed: Probed, patience: float, told: str) -> CheckStep:
    seen = probed.seen
    if seen is not None and not seen.wants and not seen.refused:
        return passed("starts", f"answered after {probed.seconds:.1f} s, and asked for nothing")
    said = f": {short(probed.said)}" if probed.said else ""
    if seen is not None and seen.wants:
        why = f": {short(seen.refused)}" if seen.refused else ""
        return failed("starts", f"it asks for {seen.wants}{why}", mend_of(vendor, seen.wants))
    if seen is not None:
        return failed("starts", f"it takes no conversation: {short(seen.refused)}", _update(vendor, told))
    if probed.wants:
        return failed("starts", f"it asks for {probed.wants}{said}", mend_of(vendor, probed.wants))
    if probed.seconds >= patience:
        return failed("starts", f"it did not answer within {patience:g} s{said}", _update(vendor, told))
    how = f"exit {probed.exit.code}" if probed.exit.signal is None else f"signal {probed.exit.signal}"
    return failed("starts", f"it ended ({how}) before it had answered{said}", _update(vendor, told))


def mend_of(vendor: Vendor, wants: str) -> str:
    program = vendor.program or vendor.name
    if "login" in wants:
        return f"log in with {program} itself, as the user of the town, or pass its key on: gt agent add --env NAME"
    if "trusted" in wants:
        return f"start {program} once by hand in a worktree of the rig, and trust it"
    if "update" in wants or "terms" in wants:
        return f"start {program} once by hand, and answer it"
    return f"start {program} by hand, and see what it says"


def _update(vendor: Vendor, told: str) -> str:
    if older(told, vendor.version):
        return f"{told} is older than {vendor.version}: {install(vendor)}"
    return f"start {vendor.program or vendor.name} by hand, and see what it says"


def git(tool: str | None, ours: str, left: Leftovers) -> CheckStep:
    """tool: what came of a commit by the program's own means, None without; ours: by the worker's shell."""
    for said, who in ((tool or "", "its own tool"), (ours, "a worker's shell")):
        if said:
            return failed("git", f"{who} cannot commit in a worktree: {short(said)}", _mend_git(said))
    made = left.ahead if not left.changed else 0
    if made == 0:
        return failed("git", "a commit was said to be made, and is not there", "see that nothing rewrites commits here")
    by = "its own tool and a worker's shell" if tool is not None else "a worker's shell"
    return passed("git", f"{by} committed in a worktree")


def _mend_git(said: str) -> str:
    if re.search(r"identity|user\.email|user\.name", said):
        return "git config --global user.name NAME; git config --global user.email EMAIL"
    if re.search(r"gpg|sign", said):
        return (
            "nobody is there to unlock the key that commits are signed with: git config --global commit.gpgsign false"
        )
    if re.search(r"[Rr]ead-only|[Pp]ermission denied", said):
        return "let it write the git directory of the town's rigs: its own sandbox keeps it from that"
    if re.search(r"hook", said):
        return "git config --global --unset core.hooksPath"
    return "try it by hand: git commit in a worktree"


def ends(probed: Probed, files: tuple[str, ...]) -> CheckStep:
    words = "it ended when its input did" if probed.by_itself else "it did not end when its input did, and was ended"
    left = f"; {probed.left} processes of it ran on, and were ended" if probed.left and probed.by_itself else ""
    there = f"; it left {', '.join(files[:5])} in its worktree" if files else ""
    return passed("ends", f"{words}{left}; none of it runs{there}")


def still_runs(pids: list[int], vendor: Vendor) -> CheckStep:
    said = ", ".join(map(str, pids[:5]))
    return failed("ends", f"processes of it cannot be ended: {said}", f"see what {vendor.name} leaves running")


def capabilities(declared: frozenset[str], seen: frozenset[str], missing: frozenset[str], told: str) -> CheckStep:
    shown = f"seen: {_listed(seen & declared)}"
    unseen = declared - seen - missing
    detail = f"{shown}; not seen: {_listed(unseen)}" if unseen else shown
    if missing:
        return failed("capabilities", f"it cannot: {_listed(missing)}; {detail}", _old_one(told))
    return passed("capabilities", detail)


def _old_one(told: str) -> str:
    return f"another version than {told} may: update it" if told else "another version may: update it"


def turn(vendor: Vendor, ended: TurnEnded | None, left: Leftovers, seconds: float) -> CheckStep:
    if ended is None:
        return failed(
            "turn", f"its turn did not end within {seconds:.0f} s", f"start {vendor.name} by hand, and ask it"
        )
    if ended.failure is not None:
        mend = mend_of(vendor, "a login") if ended.failure.kind == "auth" else "see what it says, and try again"
        return failed("turn", f"{ended.failure.kind}: {short(ended.failure.message)}", mend)
    if not left.ahead:
        denied = f" (it was not let use {', '.join(ended.denied)})" if ended.denied else ""
        said = f"it ended its turn without a commit{denied}: {short(ended.text)}"
        return failed("turn", said, "let it use a shell, or give it a model that can")
    used = "" if ended.usage is None else f", {ended.usage.fresh + ended.usage.cache_read} tokens in"
    return passed("turn", f"committed what it was asked for, in {seconds:.1f} s{used}")


def short(words: str) -> str:
    """The end of it, on one line."""
    line = " ".join(words.split())
    return line if len(line) <= _WORDS else f"...{line[-_WORDS:]}"


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
