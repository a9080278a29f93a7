"""The vendors that speak ACP, as data. Measured: with the real program against a fake API; else from documentation.

Gotchas that no field can hold:
- gemini hides the user's git configuration from its tools: a worktree without an identity of its own cannot commit, and
  the turn still ends well. It does not find a conversation that it began within the same minute.
  It tries 10 times, for minutes, before it says that its API fails: `general.maxAttempts` among its user's settings
  makes that shorter. Among these, too, where it takes them: the file must be root's, and in no folder that others can
  write to (else it is skipped without a word). It tells what a conversation holds that it goes on with after it has
  said that it does, up to its list of commands.
- codex-acp lives on when its standard input ends, and SIGTERM ends its launcher only: the group is killed. It never
  answers a second prompt within a turn. Its only way to refuse a permission ends the turn as cancelled. What a
  cancelled turn began in a terminal of its "unified exec" runs on, and nothing in ACP ends it: it is to have none.
- opencode ends a turn in which a permission was refused as if it were done, without a word.
- copilot ends a turn in which its API failed as if it were done, with the error as its text. Its title of a command is
  what its model calls that: the command itself is in `rawInput`.
- copilot showed its model no tool of the MCP servers it was given; qwen's has to search for them.
- qwen goes on with any conversation, also with one that there is not: of that it has nothing to tell before. It writes
  late: what was said last, before it was ended, it may not know again.
- claude-acp takes instructions in `_meta.systemPrompt`, opencode in a file that its settings list, qwen by a flag: each
  was seen to reach the model. The others have a file of the project's at most, which is not ours: the prompt holds all.
- gemini, qwen, claude-acp and codex-acp do not ask for what they take for harmless (`git status`); what the settings of
  a project may allow them besides, no policy sees: walls hold who is not to be trusted with that.
- cursor asks for commands only, and only where its own settings say "allowlist".
"""

from gastown.adapters.agents.acp_program import AcpProgram
from gastown.adapters.agents.port import Capability


def _can(*more: Capability) -> frozenset[Capability]:
    """What ACP demands of every agent, and more."""
    return frozenset(("turns", "cancel", *more))


PROGRAMS: tuple[AcpProgram, ...] = (
    AcpProgram(
        vendor="gemini",
        program="gemini",
        arguments=("--acp", "--skip-trust"),
        can=_can("resume", "permissions", "usage", "servers"),
        tool_environment={"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"},
        model_arguments=("--model",),
        settings={
            "general": {"enableAutoUpdate": False, "maxAttempts": 3},
            "privacy": {"usageStatisticsEnabled": False},
        },
        settings_file="GEMINI_CLI_SYSTEM_DEFAULTS_PATH",
        logins=(("GEMINI_API_KEY", "gemini-api-key"),),
        usage="quota",
        replay_ends="available_commands_update",
        complaint=r"\[API Error:",
        homes={"GEMINI_CLI_HOME": ""},
        source="gemini 0.61.0; the variables of its settings: its documentation",
        measured=True,
    ),
    AcpProgram(
        vendor="opencode",
        program="opencode",
        arguments=("acp",),
        # no "usage": it tells the tokens of a turn's last call only; the cost is that of all
        can=_can("steer", "resume", "permissions", "cost", "servers", "instructions"),
        environment={
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        },
        settings={"autoupdate": False, "share": "disabled"},
        asking_settings={"permission": {"*": "ask"}},
        settings_inline="OPENCODE_CONFIG_CONTENT",
        instructing_setting="instructions",
        usage="last_call",
        homes={"XDG_CONFIG_HOME": ".config", "XDG_DATA_HOME": ".local/share", "XDG_STATE_HOME": ".local/state"},
        source="opencode 1.18.33; the variable of its settings: its documentation",
        measured=True,
    ),
    AcpProgram(
        vendor="qwen",
        program="qwen",
        arguments=("--acp",),
        can=_can("resume", "permissions", "usage", "instructions"),
        model_arguments=("--model",),
        instructing="--append-system-prompt",
        settings={"model": {"generationConfig": {"maxRetries": 0}}},
        settings_file="QWEN_CODE_SYSTEM_DEFAULTS_PATH",
        logins=(("OPENAI_API_KEY", "openai"),),
        usage="each_call",
        finds_any=True,
        complaint=r"\[API Error:",
        source="qwen 0.15.10",
        measured=True,
    ),
    AcpProgram(
        vendor="copilot",
        program="copilot",
        arguments=("--acp",),
        can=_can("resume", "permissions", "usage"),
        environment={"COPILOT_AUTO_UPDATE": "false"},
        model_variable="COPILOT_MODEL",
        usage="total",
        complaint=r"(?:Info: .*?Retrying\.\.\.\s*)*Error: (?:\d{3} |Authentication failed|Failed to get response)",
        homes={"COPILOT_HOME": ""},
        source="copilot 1.0.102; the variable of its settings: its documentation",
        measured=True,
    ),
    AcpProgram(
        vendor="claude-acp",
        program="claude-agent-acp",
        can=_can("steer", "resume", "permissions", "usage", "cost", "servers", "instructions", "compactions"),
        environment={
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_CODE_MAX_RETRIES": "4",  # of itself it tries for minutes
        },
        model_variable="ANTHROPIC_MODEL",
        compacted="\n\nCompacting completed.",
        homes={"CLAUDE_CONFIG_DIR": ""},
        source="claude-agent-acp 0.49.0",
        measured=True,
    ),
    AcpProgram(
        vendor="codex-acp",
        program="codex-acp",
        arguments=("-c", 'sandbox_mode="danger-full-access"', "-c", "features.unified_exec=false"),
        asking=("-c", 'approval_policy="untrusted"'),
        can=_can("resume", "permissions", "servers"),
        logins=(("CODEX_API_KEY", "codex-api-key"), ("OPENAI_API_KEY", "openai-api-key")),
        usage="never",
        homes={"CODEX_HOME": ""},
        source="codex-acp 0.16.0",
        measured=True,
    ),
    AcpProgram(
        vendor="goose",
        program="goose",
        arguments=("acp",),
        can=_can("permissions", "servers"),
        environment={"GOOSE_MODE": "auto"},
        asking_environment={"GOOSE_MODE": "approve"},
        model_variable="GOOSE_MODEL",
        source="goose's documentation, 2026-11",
    ),
    AcpProgram(
        vendor="auggie",
        program="auggie",
        arguments=("--acp",),
        can=_can(),
        model_arguments=("--model",),
        source="auggie's documentation, 2026-11; 0.36.0 starts, and asks for a login",
    ),
    AcpProgram(
        vendor="cursor",
        program="cursor-agent",
        arguments=("--trust", "acp"),
        can=_can(),
        model_arguments=("--model",),
        homes={"CURSOR_CONFIG_DIR": ""},
        source="cursor's documentation, 2026-11",
    ),
)

ANY = "acp:"
"""Before the command of an agent of any other make."""


def any_program(vendor: str) -> AcpProgram:
    """Of `acp:CMD`. What it does beyond what ACP demands is used, not relied upon: whether it can resume it says itself
    when it starts, and begins a new conversation where it cannot."""
    return AcpProgram(
        vendor=vendor,
        program=vendor.removeprefix(ANY),
        can=_can("resume", "servers"),
        hoped=frozenset({"resume"}),
        source="the protocol",
    )
