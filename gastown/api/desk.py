"""What the methods of the API work with: one running town."""

from dataclasses import dataclass
from typing import Any, Protocol

from gastown.actors.commands.command import Order, Owner
from gastown.actors.errands import Ask
from gastown.actors.kernel.answer import Answer
from gastown.api.abroad import Abroad
from gastown.api.gate_side import GateSide
from gastown.api.hub_side import HubSide
from gastown.bus.event_log import LogReader
from gastown.bus.texts import Texts
from gastown.config import TownConfig
from gastown.projections.kernel.runner import Runner
from gastown.projections.kernel.store import Store


class Runtime(Protocol):
    async def send(self, order: Order) -> Answer:
        """Have the order decided by its owner. Raises UnreachableError, LogFullError."""
        ...

    def state_of(self, owner: Owner) -> Any:
        """What the owner's role knows now."""
        ...


@dataclass(frozen=True, kw_only=True)
class Desk:
    """ask: has a host answer a question. abroad: other towns; None where there can be none."""

    town: TownConfig
    log: LogReader
    texts: Texts
    runtime: Runtime
    runner: Runner
    store: Store
    ask: Ask
    hub: HubSide
    gate: GateSide
    abroad: Abroad | None = None
