"""What an agent is told that goes on in the sandbox of one that is gone: in one message, its first. Pure."""


def to_go_on(text: str, brief: str) -> str:
    """To one that has the conversation of before. text: what has happened. brief: what holds now."""
    return f"{text}\n\n# What holds (`gt prime` prints it again)\n\n{brief}"


def to_begin_anew(text: str, brief: str, handoff: str) -> str:
    """To one that knows nothing of it. handoff: what was said in it."""
    about = (
        "You take over from an agent whose conversation is lost. All that follows was said to it, or by it; the\n"
        "worktree is the one it worked in, as it left that."
    )
    return "\n\n".join(part for part in (about, brief.rstrip("\n"), "# Where it was", handoff, text) if part) + "\n"
