"""What a policy says to what is asked; above all, that no rule allows more than its words."""

import shlex
import subprocess  # noqa: TID251  real shells say what a line comes to
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gastown.adapters.agents.told import PermissionAsked
from gastown.adapters.permissions.asked import asked_of
from gastown.adapters.permissions.rules import Asked, judge
from gastown.adapters.permissions.shell_words import Line, understood
from gastown.events.policy import Policy, Rule

GIT = Policy(default="deny", rules=(Rule(decide="allow", command="good *"),))


def said(policy: Policy, command: str) -> str:
    return judge(policy, "polecat", Asked(kind="shell", name="Bash", title=command, line=understood(command)))


@pytest.mark.parametrize(
    ("text", "commands", "writes"),
    [
        ("git status", [("git", "status")], ()),
        ("git commit -m 'a && b'", [("git", "commit", "-m", "a && b")], ()),
        ('a "b c" d\\ e ""', [("a", "b c", "d e", "")], ()),
        ("a && b || c; d | e\nf", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)], ()),
        ("make test 2>&1 | tail -20", [("make", "test"), ("tail", "-20")], ()),
        ("echo x > f && cat f >> g 2>/dev/null", [("echo", "x"), ("cat", "f")], ("f", "g")),
        ("/bin/bash -lc 'git status; sh -c \"rm x\"'", [("git", "status"), ("rm", "x")], ()),
        ("echo 2>x", [("echo",)], ("x",)),
        ("echo a2>x", [("echo", "a2")], ("x",)),
        ("\n\ngit log\n", [("git", "log")], ()),
        ("git show HEAD~1 a#b", [("git", "show", "HEAD~1", "a#b")], ()),
    ],
)
def test_a_line_is_taken_apart_as_a_shell_does_it(text, commands, writes):
    assert understood(text) == Line(tuple(commands), writes)


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "a &&", "&& a", "a ; ; b", "a & b", "a &", "(a)", "{ a; }", "a $(b)", "a `b`", 'a "$b"', "a $b"),
        *("A=1 a", "a > $b", "a < b", "a <<E\nb\nE", "a <(b)", "a >", "a >& b", "a |& b", "a ;; b", "if a; then b; fi"),
        *(
            "a *",
            "a ?",
            "a [b]",
            "~/a",
            "a ~/b",
            "a # b",
            "! a",
            "'a",
            '"a',
            "a \\",
            "a \\\nb",
            "a\0b",
            "a\rb",
            "a {b,c}",
        ),
        *(
            "sh -c '$(a)'",
            "sh -c 'sh -c \"sh -c a\"'",
            "x" * 30_000,
            "a >| b",
            "a 3> b; c >&3",
            "cd /x && a > b",
            "é\x1b a",
        ),
    ],
)
def test_what_a_shell_would_make_something_of_is_not_understood(text):
    assert understood(text) is None


@pytest.mark.parametrize("char", "\"'\\ \t\n;&|<>$`(){}*?[]~#!=")
def test_what_is_quoted_stands_for_itself(char):
    assert understood(f"echo {shlex.quote(f'a{char}b')}") == Line((("echo", f"a{char}b"),))


def test_the_strictest_verdict_of_a_chain_counts():
    policy = Policy(
        rules=(
            Rule(decide="deny", command="rm *"),
            Rule(decide="allow", command="git *"),
            Rule(decide="ask", command="x"),
        )
    )
    assert said(policy, "git add a && git commit -m b") == "allow"
    assert said(policy, "git add a && x") == "ask"
    assert said(policy, "git add a && make; rm -rf /") == "deny"
    assert said(policy, "git log > notes") == "ask"  # nobody has allowed the file
    assert said(policy, "git $(rm x)") == "ask"


def test_the_first_rule_that_matches_decides():
    policy = Policy(rules=(Rule(decide="deny", command="git push *"), Rule(decide="allow", tool="shell")))
    assert said(policy, "git push origin main") == "deny"
    assert said(policy, "git status") == "allow"
    assert said(policy, "git $(echo push)") == "ask"  # not even where every command is allowed


def test_the_title_of_a_line_allows_nothing():
    policy = Policy(rules=(Rule(decide="allow", title="*"),))
    assert said(policy, "rm -rf /") == "ask"
    assert judge(policy, "polecat", Asked(kind="read", title="anything")) == "allow"


def asked(tool: str, worktree: Path, title: str = "", **detail: object) -> Asked:
    told = PermissionAsked(id="1", tool=tool, title=title, detail=msgspec.json.encode(detail).decode())
    return asked_of(told, worktree, worktree.parent / "town")


def test_paths_are_those_that_they_lead_to(tmp_path):
    worktree = tmp_path / "w"
    worktree.mkdir()
    (worktree / "out").symlink_to(tmp_path)
    policy = Policy(default="deny", rules=(Rule(decide="allow", tool="edit", path="src/*"),))

    def verdict(path: str) -> str:
        return judge(policy, "polecat", asked("Write", worktree, file_path=path))

    assert verdict("src/a/b.py") == verdict(f"{worktree}/src/c") == "allow"
    for path in (
        "src/../a",
        "/etc/passwd",
        "src/../../x",
        "out/src/x",
        "src/../out/w2",
        "",
        "src/" + "x" * 2000,
        "src/\0",
    ):
        assert verdict(path) == "deny", path
    assert judge(policy, "polecat", asked("Read", worktree, file_path="src/a")) == "deny"
    assert judge(policy, "polecat", asked("bash", worktree, command="cp a b > src/x")) == "deny"
    assert asked("shell", worktree, command="a > src/x", cwd="/etc").paths == ("/etc/src/x",)


def test_the_commands_of_each_vendor_are_found(tmp_path):
    wanted = Line((("git", "status"),))
    claude = asked("Bash", tmp_path, command="git status")
    codex = asked("shell", tmp_path, command="/bin/bash -lc 'git status'")
    codex_acp = asked("execute", tmp_path, "git status", command=["/bin/bash", "-lc", "git status"])
    gemini = asked("execute", tmp_path, "git status")
    renamed = asked("read", tmp_path, command="git status")
    assert [one.line for one in (claude, codex, codex_acp, gemini, renamed)] == [wanted] * 5
    copilot = asked("execute", tmp_path, "look", command="git status", commands=["git status", "rm x"])
    assert judge(GIT, "polecat", copilot) == "deny"
    assert copilot.line == Line((("git", "status"), ("git", "status"), ("rm", "x")))


@pytest.mark.parametrize(
    "detail", [{"command": 7}, {"command": []}, {"command": ["good", 7]}, {"command": "good", "cut": True}]
)
def test_what_may_be_half_a_command_is_no_command(tmp_path, detail):
    assert judge(GIT, "polecat", asked("bash", tmp_path, "good", **detail)) == "deny"


def test_a_rule_of_another_role_is_none():
    policy = Policy(rules=(msgspec.structs.replace(GIT.rules[0], roles=()),))
    assert said(policy, "good") == "allow"


PIECES = st.sampled_from(
    [
        *(
            "good",
            "evil",
            " ",
            "  ",
            "\n",
            "\t",
            ";",
            "&",
            "&&",
            "|",
            "||",
            "'",
            '"',
            "\\",
            "$",
            "(",
            ")",
            "`",
            "{",
            "}",
        ),
        *(
            ">",
            ">>",
            "<",
            "2>&1",
            "#",
            "!",
            "=",
            "*",
            "~",
            "[",
            "]",
            "-x",
            "a",
            "1",
            "&1",
            "/dev/null",
            "sh -c",
            "'evil'",
        ),
        *("<<", "eval", "exec", "$(evil)", "\\\n", "if", "then", "fi", "env", ":", "$'", '$"', "\r", "alias good=evil"),
    ]
)


@pytest.fixture(scope="module")
def shells(tmp_path_factory) -> tuple[Path, Path]:
    """Where nothing but `good` and `evil` is to be had; each notes that it was run."""
    folder = tmp_path_factory.mktemp("shells")
    for name in ("good", "evil"):
        (folder / name).write_text(f"#!/bin/sh\n: > {folder}/ran-{name}\n")
        (folder / name).chmod(0o755)
    (folder / "here").mkdir()
    return folder, folder / "here"


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(PIECES, max_size=9))
def test_no_line_that_is_allowed_runs_anything_else(shells, pieces):
    folder, here = shells
    line = "good" + "".join(pieces)
    if said(GIT, line) != "allow":
        return
    for shell in ("/bin/sh", "/bin/bash"):
        subprocess.run([shell, "-c", line], cwd=here, env={"PATH": str(folder)}, check=False, capture_output=True)
    assert not (folder / "ran-evil").exists(), line
    assert not list(here.iterdir()), line
