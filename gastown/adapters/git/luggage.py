"""What a rig's log needs of git, taken along as one pack, and a Refinery's repository made of it elsewhere."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from gastown.adapters.git.repositories import Repositories
from gastown.events.ids import Commit

_REFS = ("refs/heads/", "refs/tags/", "refs/remotes/", "refs/gastown/")


class Luggage(msgspec.Struct, frozen=True, kw_only=True):
    """missing: commits that the log names and the repository does not hold any more."""

    object_format: str
    refs: tuple[tuple[str, Commit], ...]
    missing: tuple[Commit, ...] = ()


async def pack(
    repositories: Repositories, named: Mapping[str, Commit], also: Iterable[Commit], place: Path
) -> Luggage | None:
    """Write everything that the refs reach, those `named` (which go before what stands there now) and `also`, to
    `place`. Only reads, so it may be done while the town works. None where there is no repository yet.

    Raises GitFailedError.
    """
    if not repositories.refinery_dir.exists():
        return None
    refinery = repositories.refinery
    listed = await refinery.run("for-each-ref", "--format=%(objectname)%09%(refname)", *_REFS, step="listing refs")
    refs = {ref: commit for commit, _, ref in (line.partition("\t") for line in listed.lines)} | dict(named)
    wanted = dict.fromkeys((*refs.values(), *also))
    asked = "".join(f"{commit}\n" for commit in wanted).encode()
    answered = await refinery.run("cat-file", "--batch-check", step="looking for what the log names", stdin=asked)
    missing = {line.split(" ")[0] for line in answered.lines if line.endswith(" missing")}
    held = "".join(f"{commit}\n" for commit in wanted if commit not in missing).encode()
    words = ("-c", "core.fsync=none", "pack-objects", "--revs", "--quiet", "--delta-base-offset", str(place))
    made = await refinery.run(*words, step="packing what the log names", stdin=held)
    place.with_name(f"{place.name}-{made.text}.pack").rename(place)
    for other in place.parent.glob(f"{place.name}-{made.text}.*"):
        other.unlink()
    form = await refinery.run("rev-parse", "--show-object-format", step="asking for the object format")
    return Luggage(
        object_format=form.text,
        refs=tuple((ref, commit) for ref, commit in sorted(refs.items()) if commit not in missing),
        missing=tuple(commit for commit in wanted if commit in missing),
    )


async def unpack(repositories: Repositories, luggage: Luggage, packed: Path) -> None:
    """Make the Refinery's repository of it, on disk when this returns. Raises GitFailedError."""
    await repositories.program.check_version()
    await repositories.adopt(luggage.object_format, packed, luggage.refs)
