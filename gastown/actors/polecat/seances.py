"""What is noted of a seance: a session's conversation was asked something, whatever has become of the session."""

from gastown.actors.commands.polecat import NoteSeance
from gastown.actors.polecat.state import Polecat
from gastown.events.seance import SeanceHeld


def held(state: Polecat, command: NoteSeance) -> tuple[SeanceHeld]:
    del state
    seance = SeanceHeld(
        question=command.question,
        text=command.text,
        usage=command.usage,
        model=command.model,
        failure=command.failure,
        seconds=command.seconds,
    )
    return (seance,)
