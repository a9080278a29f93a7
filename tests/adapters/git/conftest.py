"""An origin, a person's checkouts of it and a worker, all with plain git, and a rig of the town's on top."""

import base64
import functools
import os
import subprocess  # noqa: TID251  what people and workers do with git is done here by git itself
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gastown.adapters.git.git_rig import GitRig
from gastown.events.rig import RigConfig

IDENTITY = ("Ada Overseer", "ada@example.org")


class Place:
    """A repository as a person or a worker uses it: `place("commit", "-m", "x")` runs git there, returns its words."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.home = home

    def __call__(self, *arguments: str, check: bool = True) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        ran = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert not check or ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def commit(self, message: str, **files: str) -> str:
        """Write the files (`name__py` stands for name.py), commit everything, return the commit."""
        for name, text in files.items():
            self.write(name.replace("__", "."), text)
        self("add", "--all")
        self("commit", "--quiet", "-m", message)
        return self("rev-parse", "HEAD")

    def push(self, branch: str = "main") -> str:
        self("push", "--quiet", "origin", f"HEAD:{branch}")
        return self("rev-parse", "HEAD")


class World:
    """A home with an identity, a bare origin with one commit on main, and a person's clone of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / ".gitconfig").write_text("[user]\n\tname = Person\n\temail = person@example.org\n")
        self.origin = folder / "origin.git"
        Place(folder, self.home)("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        self.person = self.clone("person")
        self.person("switch", "--quiet", "--create", "main", check=False)
        self.first = self.person.commit("First", readme__md="hello\n", code__py="one\ntwo\nthree\n")
        self.person.push()

    def at(self, folder: Path) -> Place:
        return Place(folder, self.home)

    def clone(self, name: str) -> Place:
        Place(self.folder, self.home)("clone", "--quiet", str(self.origin), name)
        return self.at(self.folder / name)

    def origin_tip(self, branch: str = "main") -> str:
        return self.at(self.origin)("rev-parse", f"refs/heads/{branch}")

    def pull(self) -> str:
        """Bring the person's checkout up to date."""
        self.person("pull", "--quiet", "--ff-only", "origin", "main")
        return self.person("rev-parse", "HEAD")

    def hook(self, name: str, script: str) -> None:
        file = self.origin / "hooks" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


RigFactory = Callable[..., GitRig]


@pytest.fixture
def make_rig(world: World) -> RigFactory:
    """A rig of `world.origin` in a town's folder; keyword arguments change its configuration."""

    def make(town: str = "rigs", **changes: Any) -> GitRig:
        settings: dict[str, Any] = {
            "origin": str(world.origin),
            "target": "main",
            "landing": "main",
            "prefix": "ap",
            "identity": IDENTITY,
        }
        return GitRig(world.folder / town / "app", "app", RigConfig(**{**settings, **changes}))

    return make


async def _submit(world: World, rig: GitRig, session: str, **files: str) -> tuple[str, str]:
    """A worker's whole way: a sandbox, one commit, pinned. Returns the commit and its base."""
    sandbox = await rig.create_sandbox(session, None)
    commit = world.at(sandbox.worktree).commit(f"Work of {session}", **files)
    await rig.pin(sandbox.worktree, f"refs/gastown/submitted/app.{session}", commit)
    return commit, sandbox.base


@pytest.fixture
def submit(world: World) -> Callable[..., Awaitable[tuple[str, str]]]:
    return functools.partial(_submit, world)


@pytest.fixture
async def rig(make_rig: RigFactory) -> AsyncIterator[GitRig]:
    made = make_rig()
    await made.ensure()
    yield made


@pytest.fixture
def http_origin(world: World) -> Iterator["HttpOrigin"]:
    """`world.origin` at `<url>/origin.git`: anyone may read, only `ada` with the right password may push."""
    with HttpOrigin(world.folder) as serving:
        yield serving


GOOD = base64.b64encode(b"ada:secret").decode()


class HttpOrigin:
    """Serves the repositories in `folder` while open. users: what the Authorization headers said, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authorizations: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "HttpOrigin":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(origin: HttpOrigin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _serve(self, body: bytes) -> None:
            who = self.headers.get("Authorization", "").removeprefix("Basic ")
            if who:
                origin.authorizations.append(base64.b64decode(who).decode())
            if "receive-pack" in self.path and who != GOOD:
                self.send_response(403 if who else 401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.end_headers()
                return
            self._backend(body)

        def _backend(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            environment = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(origin.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "REMOTE_USER": "ada",
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            }
            ran = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True, check=True)
            head, _, content = ran.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    return Handler
