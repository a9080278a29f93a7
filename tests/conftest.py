"""What all tests share: a real NATS server, as a town runs it, and waiting for the world outside this process."""

import os
import signal
import subprocess  # noqa: TID251  tests start the real server
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import anyio
import pytest
from loopback_ports import unused_port

from gastown.bus.server import render_config, server_command

Eventually: TypeAlias = Callable[[Callable[[], object]], Awaitable[None]]


class NatsServer:
    """On a free loopback port, its store in a temporary folder. `connect` waits until it answers."""

    user = "town"
    password = 'a "difficult" pa$$word \\'

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = unused_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._config = folder / "nats.conf"
        self._config.write_text(
            render_config(
                port=self.port,
                store_dir=folder / "log",
                user=self.user,
                password=self.password,
                server_name="test",
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "nats.log").open("ab") as log:
            self._process = subprocess.Popen(server_command(self._config), stderr=log)

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Returns when the process is gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(how)
            self._process.wait(timeout=10)
            self._process = None

    def freeze(self) -> None:
        """Returns when it has stopped, which is some time after the signal."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def restart(self, how: signal.Signals = signal.SIGKILL) -> None:
        self.end(how)
        self.start()


def pytest_configure(config: pytest.Config) -> None:
    """What a shell starts in its background ignores SIGINT, and so would every program that a test interrupts."""
    config.addinivalue_line("markers", "long: takes half a minute and more, and runs under --long alone")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long variants too: minutes to an hour each")
    parser.addoption("--live", default="", help="drive the real programs of these vendors: claude,codex,...")
    parser.addoption("--quick", action="store_true", help="with --live: the most telling cases alone")
    parser.addoption("--seeds", type=int, help="how many seeds the simulations run, 24 of one town and 6 of several")
    parser.addoption("--days", type=int, default=1, help="how many long days it runs, with --long")
    parser.addoption("--first-seed", type=int, default=0, help="the first of them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="half a minute and more: --long"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite by three processes, which wait for different towns; what was named by this one, at once."""
    return 3 if config.args == config.getini("testpaths") else 0


@pytest.fixture
def free_port() -> Callable[[], int]:
    """On loopback."""
    return unused_port


@pytest.fixture
def make_nats_server() -> Iterator[Callable[[Path], NatsServer]]:
    """Starts a server with its files in the folder given."""
    servers: list[NatsServer] = []

    def make(folder: Path) -> NatsServer:
        servers.append(NatsServer(folder))
        servers[-1].start()
        return servers[-1]

    yield make
    for server in servers:
        server.end()


@pytest.fixture
def nats_server(make_nats_server: Callable[[Path], NatsServer], tmp_path: Path) -> NatsServer:
    return make_nats_server(tmp_path)


@pytest.fixture
def eventually() -> Eventually:
    """`await eventually(lambda: ...)` returns when the condition holds, and fails after 20 s."""

    async def wait(holds: Callable[[], object]) -> None:
        with anyio.fail_after(20):
            while not holds():  # noqa: ASYNC110  the world outside this process tells no event
                await anyio.sleep(0.005)

    return wait
