"""Which module holds the verbs that begin with a word: only that one is imported."""

FAMILIES: dict[str, str] = {
    **dict.fromkeys(("bead", "ready"), "beads"),
    **dict.fromkeys(("sling", "unsling", "retry", "wait"), "work"),
    "convoy": "convoys",
    **dict.fromkeys(("hook", "prime", "done"), "sessions"),
    **dict.fromkeys(("status", "agents", "peek", "diff", "branches", "escalations"), "looking"),
    "nudge": "nudging",
    "mail": "mailing",
    **dict.fromkeys(("escalate", "escalation"), "escalating"),
    "costs": "costs",
    "policy": "policies",
    **dict.fromkeys(("asks", "answer"), "asks"),
    "budget": "budgets",
    "mq": "queue",
    "report": "report",
    **dict.fromkeys(("events", "replay", "log", "trace", "why"), "history"),
    "rig": "rigs",
    **dict.fromkeys(("estop", "thaw"), "holds"),
    **dict.fromkeys(("agent", "config"), "settings"),
    **dict.fromkeys(("install", "up", "down", "demo", "bench", "verify", "rebuild", "doctor"), "town"),
    **dict.fromkeys(("backup", "restore", "fork"), "moving"),
}
