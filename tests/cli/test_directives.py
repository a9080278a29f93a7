"""directive list, show, edit: files of the town's folder, written with the person's own editor."""


async def test_a_directive_is_written_with_the_persons_editor_and_then_shown(open_town, gt_in, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nshift\necho "Use tabs." > "$1"\n')
    editor.chmod(0o755)
    async with open_town() as town:
        await town.founded()
        gt = gt_in(town)
        assert "no directives" in (await gt("directive", "list")).out
        edited = await gt("directive", "edit", "polecat", "--rig", "app", "--json", env={"EDITOR": f"{editor} -w"})
        assert (edited.data["role"], edited.data["rig"], edited.data["size"]) == ("polecat", "app", 10)
        assert (town.town.path / "directives/app/polecat.md").read_text() == "Use tabs.\n"
        assert "Use tabs." in (await gt("directive", "show", "polecat", "--rig", "app")).out
        assert "none: gt directive edit" in (await gt("directive", "show", "polecat")).out
        assert "directives/app/polecat.md" in (await gt("directive", "list")).out


async def test_nobody_edits_who_may_not_or_what_is_not_there(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        gt = gt_in(town)
        for words, code, env in (
            (("polecat",), 3, {"GT_SESSION": "ap-1-1"}),
            (("polecat",), 3, {"VISUAL": "false"}),
            (("king",), 2, {}),
            (("polecat", "--rig", "nope"), 4, {}),
        ):
            done = await gt("directive", "edit", *words, "--json", env={"EDITOR": "true", **env})
            assert done.code == code, words
            assert done.error["hint"]
