"""One repository, and how git is run in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gastown.adapters.git.environment import NEUTRAL
from gastown.adapters.git.program import LOCAL_LIMIT, NETWORK_LIMIT, Call, GitProgram, Output


@dataclass(frozen=True)
class Repository:
    """git_dir: named on every command line, never searched for. environment: for work in it; outward: for what talks
    to the origin. settings: configuration ("key=value") that goes before the repository's own."""

    program: GitProgram
    git_dir: Path
    environment: Mapping[str, str]
    outward: Mapping[str, str]
    work_tree: Path | None = None
    settings: tuple[str, ...] = field(default=())

    async def run(
        self,
        *arguments: str,
        step: str,
        stdin: bytes | Path | None = None,
        ok: tuple[int, ...] = (0,),
        environment: Mapping[str, str] | None = None,
    ) -> Output:
        """Work on this machine. Raises GitFailedError."""
        call = Call(
            arguments=(*self._where(), *arguments),
            environment={**self.environment, **(environment or {})},
            folder=self.work_tree or self.git_dir,
            step=step,
            stdin=stdin,
            ok=ok,
            limit=LOCAL_LIMIT,
        )
        return await self.program.run(call)

    async def reach(
        self,
        *arguments: str,
        step: str,
        ok: tuple[int, ...] | None = (0,),
        environment: Mapping[str, str] | None = None,
    ) -> Output:
        """What talks to the origin. Raises GitFailedError."""
        call = Call(
            arguments=(*self._where(), *arguments),
            environment={**self.outward, **(environment or {})},
            folder=self.git_dir,
            step=step,
            ok=ok,
            limit=NETWORK_LIMIT,
            slow=True,
            exact=True,
        )
        return await self.program.run(call)

    def _where(self) -> tuple[str, ...]:
        settings = tuple(word for setting in (*NEUTRAL, *self.settings) for word in ("-c", setting))
        tree = () if self.work_tree is None else (f"--work-tree={self.work_tree}",)
        return (*settings, f"--git-dir={self.git_dir}", *tree)

    async def configure(self, wanted: Mapping[str, str]) -> None:
        """Give these keys these values in its configuration file. Keys as git prints them: lower case around a name."""
        file = f"--file={self.git_dir / 'config'}"
        listed = await self.run("config", file, "--list", "-z", step="reading a repository's configuration")
        present = dict(entry.split("\n", 1) for entry in listed.fields if "\n" in entry)
        for key, value in wanted.items():
            if present.get(key) != value:
                await self.run("config", file, "--replace-all", key, value, step=f"setting {key}")
