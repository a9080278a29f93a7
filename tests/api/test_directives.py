"""What a town's owner has all workers keep to: files of the town, read when a session starts."""

import os
from pathlib import Path

from gastown import directives


def write(town: Path, text: str | bytes, *where: str) -> Path:
    path = town.joinpath("directives", *where, "polecat.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_towns_come_first_and_those_of_the_rig_last(tmp_path):
    assert directives.read(tmp_path, "polecat", "app") == ()
    write(tmp_path, "Use tabs.\n", "app")
    write(tmp_path, "Write tests first.\n")
    write(tmp_path, "Never.\n", "other")
    found = directives.read(tmp_path, "polecat", "app")
    assert [(one.rig, one.text) for one in found] == [("", "Write tests first."), ("app", "Use tabs.")]
    assert [one.path for one in directives.listing(tmp_path)] == [
        "directives/polecat.md",
        "directives/app/polecat.md",
        "directives/other/polecat.md",
    ]


def test_what_cannot_be_read_says_why(tmp_path):
    write(tmp_path, b"\xff\xfe is no text")
    os.mkfifo(write(tmp_path, "", "app").with_name("pipe"))
    (tmp_path / "directives/app/polecat.md").unlink()
    (tmp_path / "directives/app/pipe").rename(tmp_path / "directives/app/polecat.md")
    (tmp_path / "directives/lib/polecat.md").mkdir(parents=True)
    troubles = {one.rig: one.trouble for one in directives.listing(tmp_path)}
    assert troubles == {"": "it is not UTF-8", "app": "it is no file", "lib": "Is a directory"}


def test_of_a_long_one_the_beginning_is_read_also_where_that_ends_within_a_character(tmp_path):
    write(tmp_path, "x" + "ä" * directives.MOST)
    (found,) = directives.read(tmp_path, "polecat", "")
    assert found.size == 2 * directives.MOST + 1
    assert len(found.text) == directives.MOST // 2
    assert not found.trouble


async def test_workers_and_people_can_see_them_and_a_worker_is_told(open_town):
    async with open_town() as town:
        await town.founded()
        write(town.town.path, "Write tests first.")
        write(town.town.path, "Use tabs.", "app")
        session = await town.started(await town.bead())
        mine = town.as_session(session)
        assert "Write tests first." in (await town.data("prime", **mine))["text"]
        shown = await town.data("directive.show", role="polecat", rig="app", **mine)
        assert [part["text"] for part in shown["parts"]] == ["Write tests first.", "Use tabs."]
        assert shown["path"] == str(town.town.path / "directives/app/polecat.md")
        listed = await town.data("directive.list")
        assert [(one["role"], one["rig"], one["size"]) for one in listed] == [
            ("polecat", "", 18),
            ("polecat", "app", 9),
        ]
        assert (await town.error("directive.show", role="king"))["code"] == "usage"
        assert (await town.error("directive.show", role="polecat", rig="nope"))["code"] == "unknown"
