"""The law of epochs, watched on the wire: what an older town or host says is not obeyed any more."""

import msgspec


class _Errand(msgspec.Struct):
    epoch: int = 0
    host: int = 0


class _Said(msgspec.Struct):
    """By a host to the town."""

    type: str = ""
    epoch: int = 0


class _Reply(msgspec.Struct):
    """epoch: granted by the town to a host."""

    ok: bool = False
    epoch: int = 0


class Fence:
    """broken: errands that a host took though it had taken one of a later town, or for a later host; reports that the
    town took though it had granted a later lease. granted: the highest epoch of a host so far."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self.granted = 0
        self._taken: dict[int, int] = {}  # the highest epoch of a town, by that of the host which obeyed it

    def heard(self, service: str, payload: bytes, reply: bytes, granted: int) -> None:
        """granted: as it was when the request arrived."""
        answer = msgspec.json.decode(reply, type=_Reply)
        if not answer.ok:
            return
        if service == "host":
            self._errand(msgspec.json.decode(payload, type=_Errand))
        else:
            said = msgspec.json.decode(payload, type=_Said)
            self.granted = max(self.granted, answer.epoch)
            if said.type == "report" and said.epoch < granted:
                self.broken.append(f"a report of host {said.epoch} was taken after a lease for {granted}")

    def _errand(self, errand: _Errand) -> None:
        if not errand.epoch:  # a question
            return
        highest = self._taken.get(errand.host, 0)
        if errand.epoch < highest:
            self.broken.append(f"an errand of epoch {errand.epoch} was taken after one of {highest}")
        if self._taken and errand.host < max(self._taken):
            self.broken.append(f"an errand for host {errand.host} was taken after one for host {max(self._taken)}")
        self._taken[errand.host] = max(highest, errand.epoch)
