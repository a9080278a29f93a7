"""A program that knows nothing of its lock holds it as long as it lives."""

import os
import signal
import subprocess  # noqa: TID251  a bystander
import sys

import pytest

from gastown.adapters.processes import child
from gastown.adapters.processes.lifelong_lock import to_hand_on
from gastown.errors import TakenError

SLEEP = (sys.executable, "-I", "-c", "import time; time.sleep(600)")


@pytest.fixture
def lock(tmp_path):
    return tmp_path / "log" / "server.lock"


@pytest.fixture
def start(tmp_path):
    started = []

    def begin(lock):
        with to_hand_on(lock, 5.0) as descriptor:
            command = {"environment": os.environ, "log": tmp_path / "log.log", "cwd": tmp_path}
            started.append(child.start(SLEEP, keep_fds=(descriptor,), **command))
        return started[-1]

    yield begin
    for known in started:
        child.send(known, signal.SIGKILL)
        child.wait(known, 5.0)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a holder cannot be found")
def test_a_second_one_ends_the_first(start, lock):
    first = start(lock)
    second = start(lock)
    assert not child.is_alive(first)
    assert child.is_alive(second)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a holder cannot be found")
def test_a_frozen_one_is_ended_too(start, lock):
    first = start(lock)
    os.kill(first.pid, signal.SIGSTOP)
    start(lock)
    assert not child.is_alive(first)


def test_once_it_is_gone_nobody_is_ended(start, lock):
    first = start(lock)
    child.end(first, 0.0)
    with to_hand_on(lock, 0.0):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a holder cannot be found")
def test_who_only_reads_the_file_is_let_be(start, lock):
    start(lock)
    with lock.open("rb") as content, subprocess.Popen(SLEEP, stdin=content) as reader:
        start(lock)
        alive = reader.poll() is None
        reader.kill()
    assert alive


def test_one_that_does_not_go_is_named_by_its_lock(lock):
    with to_hand_on(lock, 5.0), pytest.raises(TakenError, match=r"server\.lock"), to_hand_on(lock, 0.1):
        pass  # we ourselves are never ended
