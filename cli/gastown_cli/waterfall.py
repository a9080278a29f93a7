"""A trace on the terminal: the tree of what led to what, and beside it when each thing came."""

from __future__ import annotations

from gastown_cli.output import Cell, cut, duration, width_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page

    Node = dict[str, Any]

_WIDTH = 120  # where nobody says how wide the page is
_TIME = 9  # columns of the duration at the end
_KINDS = {"bead": "cyan", "session": "yellow", "submission": "blue", "escalation": "red"}


class _Scale:
    """From a moment to a column of the bar."""

    def __init__(self, roots: list[Node], columns: int) -> None:
        self.start = min(root["start"] for root in roots)
        self.seconds = max(root["start"] + root["seconds"] for root in roots) - self.start
        self.columns = columns

    def column(self, moment: float) -> int:
        share = (moment - self.start) / self.seconds if self.seconds else 0.0
        return min(self.columns - 1, max(0, int(share * self.columns)))


def show_trace(trace: Node, page: Page) -> None:
    """A line for each event: from the end of its cause to itself stands a bar, with how long that took."""
    roots: list[Node] = trace["roots"]
    if not roots:
        page.line("nothing has happened to it", "dim")
        return
    width = page.width or _WIDTH
    scale = _Scale(roots, max(12, width * 3 // 10))
    page.head(f"{trace['kind']} {trace['id']}", f"{trace['events']} events, {duration(scale.seconds)}")
    for away in (*trace.get("towns", ()), *trace.get("missing", ())):
        page.line(f"  {_part_of(away)}", "dim")
    label = width - scale.columns - _TIME - 3
    for root in roots:
        page.line(page.style(f"{_clock(root)}  {Cell(_heading(root)).text}", "bold"))
        _show_below(root, "", page, scale, label)


def _part_of(away: Node) -> str:
    """What another town adds to it."""
    if "reason" in away:
        return Cell(f"without the part of {away['town']}: {away['reason']}").text
    age = away["age"]
    known = "of unknown age" if age is None else f"as of {duration(age)} ago"
    return Cell(f"with the part of {away['town']}, {known}").text


def _heading(root: Node) -> str:
    """Who began it; or that it goes on where a tree became too deep, or in another trace."""
    if not root["cause"]:
        return root["actor"]
    return f"{root['actor']}, caused by another trace" if root["command"] else "and so on"


def _clock(root: Node) -> str:
    return root["children"][0]["time"][11:23] if root["children"] else ""


def _show_below(root: Node, indent: str, page: Page, scale: _Scale, label: int) -> None:
    """Deep trees are walked with a stack. An only child stands under its parent: chains stay flat."""
    stack: list[tuple[Node, str, str]] = [*_branches(root, indent)]
    while stack:
        node, lead, below = stack.pop()
        page.line(_line(node, lead, page, scale, label))
        stack += _branches(node, below)


def _branches(node: Node, indent: str) -> list[tuple[Node, str, str]]:
    """The children with what stands before them and before what is below them, last first."""
    children: list[Node] = node["children"]
    if len(children) == 1:
        return [(children[0], indent, indent)]
    found = [(child, f"{indent}├ ", f"{indent}│ ") for child in children[:-1]]
    found += [(child, f"{indent}└ ", f"{indent}  ") for child in children[-1:]]
    return found[::-1]


def _line(node: Node, lead: str, page: Page, scale: _Scale, label: int) -> str:
    kind = node["kind"]
    what = Cell(node["what"]).text
    if "/" in (entity := node.get("entity", "")):  # another town's
        what = f"{entity.partition('/')[0]}: {what}"
    text = cut(lead + (what if what.startswith(kind) else f"{kind} {what}"), label)
    space = " " * (label - width_of(text))
    shown = text.removeprefix(lead)
    if shown.startswith(kind):
        shown = page.style(kind, _KINDS.get(kind, "dim")) + shown[len(kind) :]
    since = node["since_cause"]
    first, last = scale.column(node["start"] - since), scale.column(node["start"])
    bar = " " * first + "━" * (last - first) + "●"
    took = f"{duration(since):>{_TIME}}"
    return f"{page.style(lead, 'dim')}{shown}{space} {bar:<{scale.columns}} {page.style(took, 'dim')}".rstrip()
