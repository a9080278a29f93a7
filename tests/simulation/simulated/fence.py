"""The law of epochs, watched on the wire: what an older town or host says is not obeyed any more."""

import msgspec


class _Errand(msgspec.Struct):
    epoch: int = 0
    host: int = 0


class _Reply(msgspec.Struct):
    ok: bool = False


class Fence:
    """broken: errands that a host took though it had taken one of a later town, or for a later host."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self._taken: dict[int, int] = {}  # the highest epoch of a town, by that of the host which obeyed it

    def heard(self, service: str, payload: bytes, reply: bytes) -> None:
        if service != "host" or not msgspec.json.decode(reply, type=_Reply).ok:
            return
        errand = msgspec.json.decode(payload, type=_Errand)
        if not errand.epoch:  # a question
            return
        highest = self._taken.get(errand.host, 0)
        if errand.epoch < highest:
            self.broken.append(f"an errand of epoch {errand.epoch} was taken after one of {highest}")
        if self._taken and errand.host < max(self._taken):
            self.broken.append(f"an errand for host {errand.host} was taken after one for host {max(self._taken)}")
        self._taken[errand.host] = max(highest, errand.epoch)
