"""Rules about commits that come along with a bead from another town.

- Nobody begins with the bead, nor is it offered on, before they are here, or are known not to be had: then it is begun
  without them, and that is said.
- Where the town is adopted they are fetched again: what had been brought stayed on the machine that was lost.
- While they are fetched everything else goes on, also what that town says next.
"""

from collections.abc import Iterator

from gastown.actors.commands.abroad import ReportCommits
from gastown.actors.effects import Effect, FetchCommits
from gastown.actors.kernel.role import Decision
from gastown.actors.mayor.beads import on_bead
from gastown.actors.mayor.state import Mayor
from gastown.events import bead
from gastown.events.ids import Entity


def report_commits(state: Mayor, command: ReportCommits) -> Decision:
    key, epoch = command.bead, command.epoch
    coming = state.coming.get(key)
    if coming is None or coming.epoch != epoch:
        return ()
    if command.missed:
        return (on_bead(key, bead.CommitsMissed(epoch=epoch, commit=coming.commit, reason=command.missed)),)
    return (on_bead(key, bead.CommitsBrought(epoch=epoch, commit=coming.commit)),)


def due(state: Mayor) -> Iterator[Effect]:
    """Of a bead whose rig was removed meanwhile nothing is, until that is there again."""
    for key, coming in state.coming.items():
        rig = state.beads[key].rig
        if rig in state.rigs and not state.rigs[rig].removed:
            yield FetchCommits(
                key=f"fetch:{key}.{coming.epoch}",
                about=Entity(bead.KIND, key),
                bead=key,
                epoch=coming.epoch,
                rig=rig,
                town=coming.town,
                incarnation=coming.incarnation,
                name=coming.name,
                commit=coming.commit,
            )
