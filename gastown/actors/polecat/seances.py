"""What is noted of a seance: a session's conversation was asked something, whatever has become of the session."""

from gastown.actors.commands.polecat import NoteSeance
from gastown.events.seance import SeanceHeld


def held(command: NoteSeance) -> SeanceHeld:
    return SeanceHeld(
        question=command.question,
        text=command.text,
        usage=command.usage,
        model=command.model,
        failure=command.failure,
        seconds=command.seconds,
    )
