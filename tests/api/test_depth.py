import msgspec

from gastown.api.depth import DEEPEST, shallow


def chain(length):
    """A root, and so many nodes one below the other, each a second after the one before."""
    tree = []
    for number in reversed(range(length)):
        seconds = float(length - 1 - number)
        tree = [{"id": f"e{number}", "actor": "host", "start": float(number), "seconds": seconds, "children": tree}]
    return [{"command": "c", "actor": "overseer", "cause": "", "start": 0.0, "seconds": length - 1.0, "children": tree}]


def listed(roots):
    found = []
    waiting = [node for root in reversed(roots) for node in root["children"]]
    while waiting:
        node = waiting.pop()
        found.append(node["id"])
        waiting += node["children"]
    return found


def test_a_shallow_tree_stays_as_it_is():
    assert shallow(chain(DEEPEST - 1)) == chain(DEEPEST - 1)


def test_a_deep_tree_goes_on_below_further_roots():
    roots = shallow(chain(10 * DEEPEST))
    assert listed(roots) == [f"e{number}" for number in range(10 * DEEPEST)]
    msgspec.json.encode(roots)
    first, second = roots[:2]
    assert (first["command"], second["command"]) == ("c", "")
    assert second["cause"] == f"e{DEEPEST - 2}"
    assert second["start"] + second["seconds"] == 10 * DEEPEST - 1
