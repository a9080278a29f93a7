"""Whatever comes in: a clear refusal with the next step, the right exit code, and nothing half done in the log."""

import json
import shutil
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

COMMIT = "git add -A; git commit -qm"


@pytest.fixture
def rig(town, tmp_path_factory):
    name = f"rig-{len(town.ask('rig', 'list'))}"
    return town.rig(name, "--no-check")


@pytest.fixture(autouse=True)
def nothing_half_done(town):
    """Every message of the log can be read, and views agree with it."""
    yield
    positions = [event["position"] for event in town.events()]
    assert sorted(set(positions)) == list(range(1, max(positions) + 1))


@pytest.fixture(scope="module", autouse=True)
def stranded(make_town):
    """A town whose server is not there. `gt up` takes half a minute to give up: meanwhile other stories are told."""
    town = make_town().install()
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
    town.ask("config", "set", "nats.url", f"nats://{address}")
    with ThreadPoolExecutor(1) as aside:
        yield aside.submit(town.refused, 6, "up"), address, town


UNKNOWN = (
    "bead show xx-1", "bead close xx-1", "bead update xx-1 --title T", "bead reopen xx-1", "unsling xx-1", "retry xx-1",
    "sling xx-1", "wait xx-1", "log xx-1", "diff xx-1", "peek xx-1", "trace xx-1", "convoy show cv-1", "mq show xx-1",
    "mq approve xx-1", "bead create T --rig nowhere", "bead create T --needs xx-1", "rig show nowhere",
    "rig set nowhere --no-gates", "rig remove nowhere", "rig check nowhere", "rig pause nowhere", "rig resume nowhere",
    "estop --rig nowhere", "thaw --rig nowhere",
    "agent remove nobody", "config get nothing", "convoy add cv-1 xx-1", "convoy create T xx-1",
)  # fmt: skip


def test_what_does_not_exist_is_exit_4_and_changes_nothing(town):
    before = town.events()
    for words in UNKNOWN:
        town.refused(4, *words.split())
    assert town.events() == before


MEANINGLESS = (
    "frobnicate", "bead", "bead create", "bead show", "bead create T -p 9", "bead create T --colour red", "bead frob",
    "config set max_polecats many", "agent add sh --vendor shell", "agent add x --vendor parrot --command true",
    "events --after soon", "wait x --timeout never", "rig add", "rig add x /tmp --gate nonsense", "sling",
)  # fmt: skip


def test_what_makes_no_sense_is_exit_2_and_changes_nothing(town):
    before = town.events()
    for words in MEANINGLESS:
        town.refused(2, *words.split())
    town.refused(2, "bead", "create", "")
    assert town.events() == before


def test_a_rig_needs_a_repository_a_branch_and_a_name_of_its_own(town, rig, tmp_path):
    before = town.events()
    gate = ("--gate", "test=true")
    assert "no git repository" in town.refused(4, "rig", "add", "no", str(tmp_path), *gate)
    town.refused(4, "rig", "add", "no", str(tmp_path / "nothing"), *gate)
    town.refused(4, "rig", "add", "no", f"file://{tmp_path}/nothing.git", *gate)
    assert "no branch" in town.refused(4, "rig", "add", "no", str(rig.origin), "--branch", "nowhere", *gate)
    town.refused(2, "rig", "add", "no", str(rig.origin))
    town.refused(2, "rig", "add", "n o", str(rig.origin), "--no-check", *gate)
    assert rig.name in town.refused(5, "rig", "add", rig.name, str(rig.origin), *gate)
    assert rig.name in town.refused(
        5,
        "rig",
        "add",
        "other",
        str(rig.origin),
        "--prefix",
        town.ask("rig", "show", rig.name)["prefix"],
        "--no-check",
        *gate,
    )
    said = town.refused(3, "rig", "add", "no", str(rig.origin), "--gate", "test=exit 1")
    assert "gate test" in said
    empty = tmp_path / "empty.git"
    rig.git("init", "-q", "--bare", str(empty), cwd=tmp_path)
    town.refused(3, "rig", "add", "no", str(empty), *gate)
    assert town.events() == before


def test_stale_locks_that_a_killed_git_left_are_no_obstacle(town, rig):
    ours = town.path / "rigs" / rig.name
    first = rig.bead("First", f"echo a > a; {COMMIT} a")
    rig.sling(first)
    town.lands(first)
    for repository in (ours / "refinery.git", ours / "work.git"):
        for lock in ("packed-refs.lock", "config.lock"):
            (repository / lock).touch()
    second = rig.bead("Second", f"echo b > b; {COMMIT} b")
    town.ask("down")
    town.up()
    rig.sling(second)
    town.lands(second)


def test_outside_a_town_there_is_nobody_to_ask(town, tmp_path):
    for words in (("status",), ("ready",), ("bead", "create", "T"), ("up",), ("down",), ("verify",)):
        assert "no town" in town.refused(4, *words, GT_TOWN="", cwd=tmp_path)
        town.refused(4, "--town", "nameless", *words, GT_TOWN="")
    done = town.run("status", GT_TOWN="", cwd=town.path / "rigs")
    assert done.returncode == 0
    assert town.run("--town", "town", "status", GT_TOWN="", cwd=tmp_path).returncode == 0


def test_a_town_that_is_down_or_broken_says_so(make_town):
    town = make_town().install()
    assert "not running" in town.refused(6, "status")
    assert "not running" in town.refused(6, "hook", GT_SESSION="a-1", GT_TOKEN="x")
    town.refused(3, "install", str(town.path))
    town.ask("down")
    file = town.path / "town.toml"
    good = file.read_text()
    for bad in ("name = [", "\xff", 'name = "town"\n', "name = 3\nincarnation = 4\n", ""):
        file.write_text(bad, encoding="latin-1")
        for verb in ("status", "up", "down"):
            assert "town.toml" in town.refused(2, verb)
    file.write_text(good)
    town.up()
    file.write_text("name = [")
    town.refused(2, "down")
    file.write_text(good)
    town.end()
    town.refused(2, "install", str(town.folder / "new"), "--name", "no such name")
    town.refused(3, "install", str(town.home.parent))
    town.refused(5, "install", str(town.folder / "new"), "--name", "town")
    assert not (town.folder / "new").exists()


def test_a_port_that_somebody_took_meanwhile_is_not_needed(make_town):
    town = make_town().install().up()
    town.end()
    with socket.create_server(("127.0.0.1", int((town.path / "run/nats.port").read_text()))) as taken:
        town.up()
        assert int((town.path / "run/nats.port").read_text()) != taken.getsockname()[1]
        assert town.ask("status")["state"] == "up"
        town.end()


@pytest.mark.long
def test_a_path_too_long_for_a_socket_and_a_runtime_folder_are_no_matter(make_town, tmp_path):
    runtime = Path(tempfile.mkdtemp())
    deep = "/".join(["a very long name ü" * 3] * 4)
    town = make_town(deep, XDG_RUNTIME_DIR=str(runtime)).install("--name", "deep").up()
    assert len(str(town.path)) > 250
    rig = town.rig("deep")
    bead = rig.bead("Work down there", f"echo a > a; {COMMIT} a; gt done")
    rig.sling(bead)
    town.lands(bead)
    address = Path((town.path / "run/socket").read_text())
    assert address.parent == runtime / "gastown"
    assert address.stat().st_mode & 0o777 == 0o600
    town.end()
    assert not address.exists()
    runtime.joinpath("gastown").chmod(0o755)
    assert "private" in town.refused(3, "up")
    shutil.rmtree(runtime)
    for elsewhere in (tmp_path / ("long" * 20), Path("/nowhere")):
        town.environment["XDG_RUNTIME_DIR"] = str(elsewhere)
        if elsewhere.parent == tmp_path:
            elsewhere.mkdir()
        town.up()
        assert town.ask("up", XDG_RUNTIME_DIR="")["state"] == "up"
        town.end()


class Wire:
    """The town's socket."""

    def __init__(self, town):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect((town.path / "run/socket").read_text())
        self.lines = self.socket.makefile("rb")

    def send(self, line):
        try:
            self.socket.sendall(line)
        except (BrokenPipeError, ConnectionResetError):
            return

    def ask(self, method, **params):
        self.send(json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).encode() + b"\n")
        return self.answer()

    def answer(self):
        try:
            line = self.lines.readline()
        except ConnectionResetError:
            return None
        return json.loads(line) if line else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()


def test_a_command_sent_twice_gets_its_first_answer(town):
    with Wire(town) as wire, Wire(town) as other:
        first = wire.ask("bead.create", command_id="01HZZZZZZZZZZZZZZZZZZZZZZZ", title="Once")
        again = other.ask("bead.create", command_id="01HZZZZZZZZZZZZZZZZZZZZZZZ", title="Once")
    assert first["result"] == again["result"]
    assert [one["title"] for one in town.ask("bead", "list")].count("Once") == 1


NO_UTF8 = b'{"jsonrpc": "2.0", "id": 1, "method": "\xff"}\n'
"""Broken inside a string, where Python's own error is raised."""


def test_garbage_on_the_socket_leaves_the_town_well(town):
    before = len(town.events())
    with Wire(town) as patient:
        for line in (
            b"\0\xff\xfe\n",
            b"[]\n",
            b"{}\n",
            b"null\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"[" * 100_000 + b"\n",
            NO_UTF8,
        ):
            with Wire(town) as wire:
                wire.send(line)
                refusal = wire.answer()
                assert refusal["error"]["data"]["exit"] == 2, line[:20]
        for params in ({"title": 3}, {"tilte": "x"}, {}, {"title": "x", "priority": "high"}, {"title": "x", "at": -1}):
            with Wire(town) as wire:
                assert wire.ask("bead.create", **params)["error"]["data"]["exit"] == 2, params
        with Wire(town) as wire:
            assert wire.ask("no.such")["error"]["code"] == -32601
        with Wire(town) as wire:
            wire.send(b'{"jsonrpc": "2.0", "id": 1, "method": "bead.create", "params": {"title": "half')
        with Wire(town) as wire:
            wire.send(b"x" * 10_000_000)
            assert wire.answer()["error"]["data"]["exit"] == 2
        assert patient.ask("ping")["result"]["data"]["town"] == "town"
    assert len(town.events()) == before


def test_ten_megabytes_in_a_line_are_refused_and_what_is_just_allowed_is_kept(town):
    before = len(town.events())
    with Wire(town) as wire:
        refusal = wire.ask("bead.create", title="Big", description="x" * 10_000_000)
    assert refusal["error"]["data"]["exit"] == 2
    assert len(town.events()) == before
    said = town.answer("bead", "create", "Too big", "--stdin", stdin="x" * 5_000_000)
    assert (said.exit, bool(said.error["hint"])) == (3, True)
    said = town.answer("bead", "create", "Far too big", "--stdin", stdin="x" * 10_000_000)
    assert (said.exit, bool(said.error["hint"])) == (2, True)
    assert len(town.events()) == before
    text = "«" + "ü" * 1_000_000 + "»\n"
    bead = town.ask("bead", "create", "Big", "--stdin", stdin=text)["id"]
    assert town.show(bead)["description"] == text
    town.refused(2, "bead", "create", "T" * 501)
    odd = 'A "title"; $(rm -rf /) `x` \\ ü \U0001f600'
    assert town.show(town.ask("bead", "create", odd)["id"])["title"] == odd


def test_a_server_that_is_not_there_is_named(stranded):
    refused, address, town = stranded
    assert f"no NATS server answers at {address}" in refused.result()
    town.end()
