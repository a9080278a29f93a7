"""What the town says, as this worker is told it, and beyond that: what is left of an earlier attempt. Pure."""

from gastown.adapters.effects.keeping import kept_branch
from gastown.adapters.git.port import Sandbox
from gastown.events.session import Earlier

_AGAIN = "Your context was compacted. What you were told at the beginning, as it stands now:"


def in_parts(instructions: str, task: str, *, apart: bool) -> tuple[str, str]:
    """What is told apart from the prompt, and the prompt. apart: its agent takes instructions so."""
    if apart or not instructions:
        return instructions, task
    return "", f"{instructions}\n\n{task}"


def told_again(text: str, instructions: str, task: str, *, apart: bool) -> str:
    """`text`, and before it what this agent was told at its start, if that was given. See `in_parts`."""
    again = in_parts(instructions, task, apart=apart)[1].rstrip("\n")
    return f"{_AGAIN}\n\n{again}\n\n---\n\n{text}" if again else text


def brief_for(brief: str, sandbox: Sandbox, earlier: Earlier | None) -> str:
    """`brief` unaltered, then what became of the earlier attempt's commits in this sandbox, if there was one."""
    if earlier is None:
        return brief
    lines = ["", "## Commits of the earlier attempt", ""]
    if sandbox.reapplied:
        lines.append(f"On this branch already, on top of the current target: {_commits(sandbox.reapplied)}.")
    if sandbox.left:
        subject = f" ({sandbox.conflict})" if sandbox.conflict else ""
        lines += [
            f"Not applied, because the first of them{subject} conflicts with the current target: "
            f"{_commits(sandbox.left)}. They are kept on the branch {kept_branch(earlier.session)}; to see them:",
            f"    git log -p {earlier.base}..{earlier.commit}",
        ]
    if sandbox.missing:
        lines.append(
            f"Session {earlier.session} of another town made them ({earlier.base[:12]}..{earlier.commit[:12]}).\n"
            "They are neither here nor at the origin: you begin anew."
        )
    elif not sandbox.reapplied and not sandbox.left:
        lines.append("All that they change is on the current target already.")
    return "\n".join((brief.rstrip("\n"), *lines, ""))


def _commits(count: int) -> str:
    return "1 commit" if count == 1 else f"{count} commits"
