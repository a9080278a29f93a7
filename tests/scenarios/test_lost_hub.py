"""The hub's machine is lost: with its `secrets` on another, or with nothing of it, the towns go on with each other."""

import shutil
from time import monotonic

import pytest

from gastown.daemon.log_server import free_port

PATIENCE = 60.0

pytestmark = pytest.mark.timeout(300)


class Keeper:
    """Whoever keeps the hub: its folder may be lost, and made anew."""

    def __init__(self, town, folder):
        self._town = town
        self.folder = folder
        self._ports = [word for flag in ("--port", "--join-port") for word in (flag, str(free_port()))]

    def ask(self, *words):
        return self._town.ask("hub", *words, "--hub", str(self.folder))

    def init(self):
        self._town.ask("hub", "init", str(self.folder), *self._ports)
        self.ask("up")

    def lose(self, *, kept=()):
        """The machine, but for a copy of `kept`, which was made while the hub was at work."""
        saved = self.folder.with_name("saved")
        shutil.rmtree(saved, ignore_errors=True)
        saved.mkdir()
        for name in kept:
            source = self.folder / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, saved / name)
        self.ask("down")
        shutil.rmtree(self.folder)
        self.folder = self.folder.with_name(f"{self.folder.name}-again")
        if kept:
            saved.rename(self.folder)


@pytest.fixture
def keeper(make_town, tmp_path):
    made = Keeper(make_town("keeper"), tmp_path / "hub")
    made.init()
    yield made
    made.ask("down")


@pytest.fixture
def member(keeper, make_town):
    made = []

    def join(name):
        town = make_town(name)
        made.append(town.install("--name", name).up())
        town.ask("join", keeper.ask("invite", name)["invitation"])
        return town

    yield join
    for town in made:
        town.ask("down")
        assert town.running() == []


def write(town, to, subject):
    town.ask("mail", "send", f"{to}/overseer", "--subject", subject, "--message", "hello")


def has(town, *subjects):
    """All of these have arrived, each once and in this order."""
    deadline = monotonic() + PATIENCE
    while len(found := [one["subject"] for one in town.ask("mail", "inbox", "overseer", "--all")]) < len(subjects):
        assert monotonic() < deadline, found
    assert sorted(found) == sorted(subjects)
    arrived = [event["data"] for event in town.events() if event["type"] == "mail.sent"]
    assert [one["subject"] for one in arrived if one["subject"] in subjects] == list(subjects)


def level(town, name):
    """Once the hub's copies hold all that both have written."""
    deadline = monotonic() + PATIENCE
    while True:
        found = {one["name"]: one for one in town.ask("towns")["towns"]}
        if name in found and found[name]["connected"] and not any(one["lag"] for one in found.values()):
            return found
        assert monotonic() < deadline, found


@pytest.mark.long
def test_with_its_secrets_on_another_machine_all_goes_on_without_a_word(keeper, member):
    a, b = member("a"), member("b")
    write(a, "b", "one")
    has(b, "one")
    level(a, "b")
    keeper.lose(kept=("hub.toml", "secrets"))
    write(a, "b", "two")
    write(b, "a", "other")
    keeper.ask("up")
    has(b, "one", "two")
    has(a, "other")
    found = level(a, "b")
    assert [one["position"] > 0 for one in found.values()] == [True, True]
    for town in (a, b):
        verified = town.ask("verify", "--all")
        assert verified["ok"], verified


@pytest.mark.long
def test_with_nothing_kept_each_town_joins_the_new_hub_in_one_step(keeper, member):
    a, b = member("c"), member("d")
    write(a, "d", "one")
    has(b, "one")
    assert "is a member of hub already" in a.refused(3, "join", keeper.ask("invite", "c", "--again")["invitation"])
    keeper.lose()
    write(a, "d", "two")
    keeper.init()
    for town, name in ((a, "c"), (b, "d")):
        deadline = monotonic() + PATIENCE
        while town.ask("towns")["up"]:
            assert monotonic() < deadline
        joined = town.ask("join", keeper.ask("invite", name)["invitation"])
        assert (joined["up"], joined["name"]) == (True, name)
    has(b, "one", "two")
    write(b, "c", "other")
    has(a, "other")
