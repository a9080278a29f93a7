"""gt doctor on agents: only what is cheap."""

import json
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from gastown.doctor.agents import agents


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Views with these agents; programs are looked for in its folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    views = tmp_path / "views.sqlite"

    def with_agents(*specs: dict, unfit: str = ""):
        with sqlite3.connect(views) as file:
            file.execute("CREATE TABLE agent_facts (position, ordinal, name, spec, is_default)")
            file.execute("CREATE TABLE unfit_agents (agent, reason, since)")
            for number, spec in enumerate(specs):
                text = json.dumps(spec) if "vendor" in spec else None
                file.execute("INSERT INTO agent_facts VALUES (?, 0, ?, ?, 0)", (number, spec["name"], text))
            if unfit:
                file.execute("INSERT INTO unfit_agents VALUES (?, 'starts: it asks for a login', 1)", (unfit,))
        return SimpleNamespace(views=views)

    return with_agents


def program(folder: Path, name: str) -> None:
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


def test_a_town_without_views_has_none(tmp_path):
    assert agents(SimpleNamespace(views=tmp_path / "none.sqlite")) == ()


def test_each_is_found_or_not(town, tmp_path):
    program(tmp_path, "claude")
    of = {"sh": "shell", "cc": "claude", "gone": "codex", "odd": "nobody", "was": "claude"}
    specs = [{"name": name, "vendor": vendor} for name, vendor in of.items()]
    found = agents(town(*specs, {"name": "was"}))

    assert [(one.check, one.ok) for one in found] == [("agent cc", True), ("agent gone", False), ("agent odd", False)]
    assert found[1].detail == "codex is not on the PATH"
    assert found[1].mend == "gt agent check gone"


def test_one_that_is_unfit_is_wrong(town, tmp_path):
    program(tmp_path, "claude")
    (found,) = agents(town({"name": "cc", "vendor": "claude"}, unfit="cc"))
    assert (found.ok, found.mend) == (False, "gt agent check cc")
    assert "it asks for a login" in found.detail
