"""What befalls what lies between towns: lines are cut, the hub is killed, away, or loses its copies."""

import anyio

from simulated.several.plan import Cut, HubFault
from simulated.several.towns import Towns


class Outages:
    def __init__(self, towns: Towns) -> None:
        self._towns = towns

    def start(self) -> None:
        for cut in self._towns.plan.cuts:
            if cut.town < len(self._towns.plan.towns):
                self._towns.tasks.start_soon(self._cut, cut)
        for fault in self._towns.plan.hub:
            self._towns.tasks.start_soon(self._hub, fault)

    async def _cut(self, cut: Cut) -> None:
        await anyio.sleep(cut.at)
        line = self._towns.now[self._towns.name(cut.town)].line
        ways = {"both": (line.up, line.down), "up": (line.up,), "down": (line.down,)}[cut.way]
        for way in ways:
            way.off()
        await anyio.sleep(cut.seconds)
        for way in ways:
            way.on()

    async def _hub(self, fault: HubFault) -> None:
        await anyio.sleep(fault.at)
        hub = self._towns.hub
        if fault.kind != "killed":
            hub.on.off()
        if hub.process is not None:
            hub.process.kill()
        if fault.kind == "killed":
            return
        if fault.kind == "lost":
            hub.lose()
        await anyio.sleep(fault.seconds)
        hub.on.on()
