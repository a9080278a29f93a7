"""backup, restore, fork, adopt: done without the town's own help, so that they also work where it is down."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from gastown import clock, config
from gastown.bus.logs import setup_logs
from gastown.moments import moment
from gastown.moving import adoption, archive, backup
from gastown.moving import fork as forking
from gastown.projections.rfc3339 import utc
from gastown_cli.asking import town_of
from gastown_cli.cold import answer, free_name, in_our_words, note_down
from gastown_cli.output import duration, size
from gastown_cli.trouble import CommandFailedError, usage

if TYPE_CHECKING:
    from gastown.moving.parts import Manifest
    from gastown_cli.verbs import Call


def _as_person() -> None:
    """Refuses a worker. What goes on below is told by its outcome alone."""
    if os.environ.get("GT_SESSION"):
        raise CommandFailedError("refused", "a session may not move a town", "gt prime")
    setup_logs("gt", level="error")


@in_our_words
def back_up(call: Call) -> int:
    _as_person()
    town = config.load(Path(town_of(call).path))
    file, begin = Path(call.values["file"]).absolute(), clock.monotonic()
    made = anyio.run(backup.back_up, town, file)
    manifest, seconds = made.manifest, clock.monotonic() - begin
    data = {
        "town": town.name,
        "file": str(file),
        "bytes": made.size,
        "position": manifest.position,
        "events": manifest.events,
        "seconds": seconds,
        "missing": made.missing,
    }
    line = f"{file} holds town {town.name} up to position {manifest.position} ({size(made.size)}, {duration(seconds)})"
    lost = "".join(f"; rig {name}: git does not hold {len(found)} commits" for name, found in made.missing.items())
    answer(call, manifest.position, data, line, f"it is incomplete{lost}: gt verify" if lost else "")
    return 0


def _lacking(manifest: Manifest) -> str:
    """A line for each account whose secrets have stayed behind."""
    given = {name: " ".join(f"--env {one}=..." for one in names) for name, names in manifest.secrets.items()}
    return "".join(
        f"\nit lacks the secrets of account {name}: gt account set {name} {flags}" for name, flags in given.items()
    )


@in_our_words
def restore(call: Call) -> int:
    _as_person()
    file, folder = Path(call.values["file"]).absolute(), Path(call.values["folder"]).absolute()
    manifest = archive.read(file)
    backup.refuse_beside_itself(manifest)
    name = free_name(call, folder, call.values.get("name", "") or manifest.name)
    begin = clock.monotonic()
    town, position = anyio.run(backup.restore, manifest, file, folder, name)
    note_down(call, town)
    data = {
        "town": town.name,
        "path": str(town.path),
        "incarnation": town.incarnation,
        "of": manifest.incarnation,
        "backup": manifest.position,
        "events": manifest.events,
        "position": position,
        "seconds": clock.monotonic() - begin,
        "lacks": manifest.secrets,
    }
    line = f"town {town.name} is at {town.path}, as it was at position {manifest.position}{_lacking(manifest)}"
    hint = (
        f"start it: gt --town {town.name} up; but first see to it that the one it was made of is started nowhere"
        " any more: both would do the same work"
    )
    answer(call, position, data, line, hint)
    return 0


@in_our_words
def fork(call: Call) -> int:
    _as_person()
    town = config.load(Path(town_of(call).path))
    folder = Path(call.values["folder"]).absolute()
    if folder == town.path or town.path in folder.parents:
        raise usage(f"{folder} lies in the town itself", "give a folder elsewhere")
    at = moment(call.values["at"], clock.now()) if "at" in call.values else None
    name = free_name(call, folder, call.values.get("name", ""))
    if name == town.name:
        raise usage(f"{name} is the name of the town itself", "choose another: --name NAME")
    made, manifest, position = anyio.run(forking.fork, town, at, folder, name)
    note_down(call, made)
    data = {
        "town": made.name,
        "path": str(made.path),
        "incarnation": made.incarnation,
        "of": manifest.incarnation,
        "at": manifest.position,
        "position": position,
        "lacks": manifest.secrets,
    }
    line = (
        f"town {made.name} is at {made.path}: {town.name} as of position {manifest.position}, and nothing of it runs"
        f"{_lacking(manifest)}"
    )
    hint = f"start it: gt --town {made.name} up; its rigs get origins by: gt rig set RIG --location URL"
    answer(call, position, data, line, hint)
    return 0


@in_our_words
def adopt(call: Call) -> int:
    _as_person()
    helper, name = config.load(Path(town_of(call).path)), call.values["member"]
    folder = Path(call.values["folder"]).absolute() if "folder" in call.values else helper.path.with_name(name)
    made = anyio.run(partial(adoption.adopt, helper, name, folder, force=bool(call.values.get("force"))))
    note_down(call, made.town)
    manifest, lost = made.manifest, made.lost
    data = {
        "town": name,
        "path": str(folder),
        "incarnation": made.town.incarnation,
        "of": manifest.incarnation,
        "epoch": made.epoch,
        "copy": {
            "position": manifest.position,
            "last_at": utc(lost.last_at or None),
            "seen_at": utc(lost.seen or None),
        },
        "events": manifest.events,
        "position": made.position,
        "lacks": {"texts": made.texts, "secrets": manifest.secrets},
    }
    ago = duration(max(0.0, clock.now() - lost.last_at)) if lost.last_at else "some time"
    line = (
        f"town {name} is at {folder}, as the hub knew it: position {manifest.position}, written {ago} ago; what it did"
        f" after that, and commits that are not at the origins of its rigs, are lost{_lacking(manifest)}"
    )
    if made.texts:
        line += f"\n{made.texts} long texts that its log names had not reached the hub, and are lost"
    answer(call, made.position, data, line, f"start it: gt --town {folder} up")
    return 0
