"""Convoys: sets of beads followed until all are done. Owner: the Mayor."""

from typing import TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import BeadId

KIND = "convoy"


class ConvoyOpened(Fact, tag="convoy.opened", frozen=True, kw_only=True):
    title: str
    beads: tuple[BeadId, ...]


class ConvoyExtended(Fact, tag="convoy.extended", frozen=True, kw_only=True):
    beads: tuple[BeadId, ...]


class ConvoyCompleted(Fact, tag="convoy.completed", frozen=True, kw_only=True):
    """Every bead in it is landed, or closed without code."""


class ConvoyReopened(Fact, tag="convoy.reopened", frozen=True, kw_only=True):
    """One of its beads was reopened, or a bead that is not done was added."""


ConvoyEvent: TypeAlias = ConvoyOpened | ConvoyExtended | ConvoyCompleted | ConvoyReopened
