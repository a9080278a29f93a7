"""Trees no deeper than those who read JSON can take: a thousand levels are too many for most."""

from gastown.projections.kernel.store import Record

DEEPEST = 120
"""Nodes from a root downwards. Each is two levels of JSON."""


def shallow(roots: list[Record]) -> list[Record]:
    """The same nodes; what hangs deeper than DEEPEST goes on below a root of its own, at the end.

    Such a root has no command, and as its cause the event that it hangs on.
    """
    found = list(roots)
    for root in found:  # grows while it is walked
        level = [root]
        for _ in range(DEEPEST - 1):
            level = [child for node in level for child in node["children"]]
        for node in level:
            found += [_going_on(node, child) for child in node.get("children", ())]
            node["children"] = []
    return found


def _going_on(node: Record, child: Record) -> Record:
    seconds = child["start"] + child["seconds"] - node["start"]
    told = {"actor": node["actor"], "start": node["start"], "seconds": seconds}
    return {"command": "", **told, "cause": node["id"], "children": [child]}
