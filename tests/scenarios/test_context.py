"""What a worker is told when its context was compacted."""

import sys
from pathlib import Path

COMPACTER = Path(__file__).with_name("compacter.py")
COMMIT = "git add -A; git commit -qm 'Do the work'"


def test_who_has_compacted_its_context_is_told_again_what_matters_within_the_turn(town):
    rig = town.rig("app")
    program = town.folder / "compacter"
    program.write_text(f'#!/bin/sh\necho "$@" > "$STORY/arguments"\nexec {sys.executable} {COMPACTER}\n')
    program.chmod(0o755)
    directives = town.path / "directives"
    directives.mkdir()
    (directives / "polecat.md").write_text("Write tests first.\n")
    command = ("--vendor", "claude", "--command", str(program), "--env", f"STORY={town.story}")
    town.ask("agent", "add", "forgetful", *command)
    bead = rig.bead("Write it", "", "-d", "All of it.")
    (town.story / f"{bead}.1.sh").write_text(f"cat > brief; echo new > new.txt; {COMMIT}")
    town.ask("sling", bead, "--agent", "forgetful")
    town.lands(bead)

    brief, again = rig.content("brief"), (town.story / f"{bead}.told.1").read_text()
    for told in (brief, again):
        assert f"# Bead {bead}: Write it\n\nAll of it." in told
        assert "How to finish" not in told  # it took that, and the directives, as instructions
    assert again.startswith("Your context was compacted.")
    assert again.endswith("Go on where you were.")
    arguments = (town.story / "arguments").read_text()
    assert "How to finish" in arguments
    assert "Write tests first." in arguments
    types = [event["type"] for event in town.events("--entity", f"{bead}-1")]
    assert types[2:6] == [
        "session.conversation_opened",
        "session.context_compacted",
        "session.message_queued",
        "session.messages_taken",
    ]
