"""A call is repeated under the same id until it is answered, or until the town cannot be reached."""

import json
import socket

import anyio
import pytest

from gastown import config
from gastown.adapters.processes import locks
from gastown_cli.calling import Town
from gastown_cli.trouble import CommandFailedError


class Rival:
    """A listener in the town's place: takes connections, and does with each what the test says."""

    def __init__(self, path, listener):
        self.path = path
        self.listener = listener

    def take(self) -> tuple[socket.socket, dict]:
        caller, _ = self.listener.accept()
        line = b""
        while not line.endswith(b"\n"):
            line += caller.recv(1 << 16)
        return caller, json.loads(line)

    def answer(self, caller: socket.socket, position: int, data: object) -> None:
        caller.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"position": position, "data": data}}).encode())
        caller.sendall(b"\n")
        caller.close()


@pytest.fixture
def rival(tmp_path):
    town = config.install(tmp_path / "town", "springfield", "01JTOWN")
    path = tmp_path / "socket"
    (town.run / "socket").write_text(str(path))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(8)
        listener.settimeout(20)
        yield Rival(town.path, listener)


async def in_thread(act, *args):
    return await anyio.to_thread.run_sync(act, *args)


async def test_a_call_that_was_cut_off_is_repeated_under_the_same_id(rival):
    town, answers = Town(str(rival.path), {}), []

    async def call():
        answers.append(await in_thread(town.call, "bead.create", {"title": "x"}))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        first, asked = await in_thread(rival.take)
        first.close()
        second, asked_again = await in_thread(rival.take)
        second.sendall(b'{"jsonrpc": "2.0", "resu')
        second.close()
        third, asked_at_last = await in_thread(rival.take)
        rival.answer(third, 7, {"id": "ap-1"})
    assert asked == asked_again == asked_at_last
    assert len(asked["params"]["command_id"]) == 26
    assert answers == [(7, {"id": "ap-1"})]


async def test_two_calls_have_two_ids(rival):
    town = Town(str(rival.path), {})
    ids = []
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(in_thread, town.call, "ping", {})
            caller, asked = await in_thread(rival.take)
            ids.append(asked["params"]["command_id"])
            rival.answer(caller, 0, None)
    assert ids[0] != ids[1]


async def test_a_real_town_makes_one_bead_of_a_call_whose_answer_was_lost(open_town, tmp_path):
    """The first answer is thrown away on its way; what the caller gets is that of the repeated call."""
    async with open_town() as town:
        await town.founded()
        between = tmp_path / "between"
        (town.town.run / "socket").write_text(str(between))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(between))
            listener.listen(8)
            answers = []
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_lose_first_answer, listener, str(town.path))
                caller = Town(str(town.town.path), {})
                answers.append(await in_thread(caller.call, "bead.create", {"title": "one", "rig": "app"}))
        assert [bead["id"] for bead in await town.data("bead.list")] == [answers[0][1]["id"]]


async def _lose_first_answer(listener, path):
    for lost in (True, False):
        await in_thread(_pass_on, listener, path, lost)


def _pass_on(listener, path, lost):
    caller, _ = listener.accept()
    with caller, socket.socket(socket.AF_UNIX) as town:
        town.connect(path)
        town.sendall(caller.recv(1 << 16))
        answer = town.recv(1 << 16)
        if not lost:
            caller.sendall(answer)


async def test_a_town_that_does_not_answer_is_unreachable_in_the_end(rival):
    town = Town(str(rival.path), {}, patience=0.3)
    with anyio.fail_after(20), pytest.raises(CommandFailedError) as failed:
        await in_thread(town.call, "ping", {})
    assert (failed.value.code, failed.value.exit) == ("unreachable", 6)


async def test_a_town_that_restarts_is_waited_for(rival):
    """The daemon lives and nobody listens yet: the town is about to."""
    rival.listener.close()
    path = (rival.path / "run/socket").read_text()
    town, answers = Town(str(rival.path), {}), []

    async def call():
        answers.append(await in_thread(town.call, "ping", {}))

    with locks.held(rival.path / "run/daemon.lock", "the daemon"), socket.socket(socket.AF_UNIX) as listener:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            (rival.path / "socket.new").parent.mkdir(exist_ok=True)
            listener.bind(f"{path}.new")
            listener.listen(8)
            (rival.path / "run/socket").write_text(f"{path}.new")
            later = Rival(rival.path, listener)
            caller, _ = await in_thread(later.take)
            later.answer(caller, 3, {})
    assert answers == [(3, {})]


async def test_a_refusal_for_want_of_the_log_is_repeated(rival):
    town, answers = Town(str(rival.path), {}), []
    refusal = {"code": "unreachable", "message": "the log's server does not answer", "hint": "", "exit": 6}
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -32003, "message": "", "data": refusal}}) + "\n"

    async def call():
        answers.append(await in_thread(town.call, "ping", {}))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        caller, asked = await in_thread(rival.take)
        caller.sendall(line.encode())
        caller.close()
        caller, asked_again = await in_thread(rival.take)
        rival.answer(caller, 3, {})
    assert asked == asked_again
    assert answers == [(3, {})]


async def test_a_slow_answer_is_waited_for_as_long_as_the_town_shows_life(rival):
    town, answers = Town(str(rival.path), {}, patience=0.5), []

    async def call():
        answers.append(await in_thread(town.call, "rig.check", {"rig": "app"}))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        caller, _ = await in_thread(rival.take)
        for _ in range(10):
            assert await in_thread(_still_waits, caller, 0.1)
            caller.sendall(b'{"jsonrpc": "2.0", "method": "working", "params": {}}\n')
        rival.answer(caller, 3, {})
    assert answers == [(3, {})]


def _still_waits(caller: socket.socket, seconds: float) -> bool:
    """It says nothing and does not hang up for so long."""
    caller.settimeout(seconds)
    try:
        caller.recv(1)
    except TimeoutError:
        return True
    return False


async def test_followed_events_go_on_after_a_break_without_gap_or_repetition(rival):
    town, seen = Town(str(rival.path), {}), []

    def take(event):
        seen.append(event["position"])
        return {"after": event["position"], "index": event["index"]}

    def event(position):
        item = {"jsonrpc": "2.0", "method": "item", "params": {"position": position, "index": 0}}
        return json.dumps(item).encode() + b"\n"

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(in_thread, town.call, "events", {"follow": True}, take)
        caller, _ = await in_thread(rival.take)
        caller.sendall(event(1) + event(2) + b'{"half')
        caller.close()
        caller, asked = await in_thread(rival.take)
        assert (asked["params"]["after"], asked["params"]["index"]) == (2, 0)
        caller.sendall(event(3))
        rival.answer(caller, 3, {})
    assert seen == [1, 2, 3]


async def test_a_message_that_is_too_long_is_refused_in_words(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        end = await gt_in(town)("bead", "create", "x", "--stdin", "--json", stdin=b"x" * 10_000_000)
        assert (end.code, "8388608" in end.error["message"]) == (2, True)


async def test_the_environment_of_a_session_is_its_identity(rival):
    environment = {"GT_SESSION": "ap-1-1", "GT_TOKEN": "secret", "TRACEPARENT": "00-aa-bb-01"}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(in_thread, Town(str(rival.path), environment).call, "hook", {})
        caller, asked = await in_thread(rival.take)
        rival.answer(caller, 0, None)
    assert {name: asked["params"][name] for name in ("session", "token", "traceparent", "actor")} == {
        "session": "ap-1-1",
        "token": "secret",
        "traceparent": "00-aa-bb-01",
        "actor": "overseer",
    }
