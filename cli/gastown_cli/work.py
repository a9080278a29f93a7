"""sling, unsling, recall, retry, wait."""

from __future__ import annotations

import sys
import time

from gastown_cli.asking import Ask, print_json, town_of
from gastown_cli.beads import said
from gastown_cli.holds import show_holds
from gastown_cli.output import STATES, Cell, Page, duration
from gastown_cli.verbs import BEAD, REASON, Flag, Verb, Word, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.verbs import Call

_NOT_ALL_DONE = 7


def _show_slung(slung: list[dict[str, Any]], page: Page) -> None:
    for one in slung:
        if one["handed_on"] is not None:
            page.line(_other_agent(one, page))
            continue
        waits = f" to {', '.join(one['to'])}" if one["to"] else ", waits" if one["holds"] else ""
        page.line(f"{page.style(one['bead'], 'bold')} slung, convoy {one['convoy']}{waits}")
    holds = {(hold["rig"], hold["cause"]): hold for one in slung for hold in one["holds"]}
    show_holds(list(holds.values()), page)


def _other_agent(one: dict[str, Any], page: Page) -> str:
    bead, agent = page.style(one["bead"], "bold"), one["agent"]
    if one["handed_on"]:
        return f"{bead} goes to {agent}, as soon as session {one['handed_on']} has handed it on"
    return f"{bead} goes to {agent} next"


def wait(call: Call) -> int:
    """Says how each bead moves, then how it ended."""
    page = Page.on(sys.stdout)
    timeout = call.values.get("timeout")
    begun = time.monotonic()

    def show(item: dict[str, Any]) -> dict[str, Any] | None:
        if not call.as_json:
            text = page.style(f"{item['state']:<10}", STATES.get(item["state"], "") or "bold")
            title = page.fit(Cell(item["title"]).text, len(item["bead"]) + 14)
            page.line(f"{page.style(item['bead'], 'bold')}  {text}  {title}")
            sys.stdout.flush()
        return None if timeout is None else {"timeout": max(0.0, timeout - (time.monotonic() - begun))}

    position, answer = town_of(call).call("wait", call.values, show)
    if call.as_json:
        print_json(position, answer)
    else:
        _show_end(answer, page)
    return 0 if answer["done"] else _NOT_ALL_DONE


def _show_end(answer: dict[str, Any], page: Page) -> None:
    took = duration(answer["seconds"])
    landed = sum(bead["state"] == "landed" for bead in answer["beads"])
    if answer["done"]:
        page.line(
            f"all done after {took}: {landed} landed, {len(answer['beads']) - landed} closed without code", "green"
        )
        return
    for one in answer["needs_you"]:
        on = "" if one["on"] == one["bead"] else f" (waits for {one['on']})"
        page.line(f"{page.style(one['bead'], 'bold')} needs you{on}: {Cell(one['reason']).text}", "")
        page.line(f"    {Cell(one['hint']).text}", "dim")
    done = sum(bead["state"] in ("landed", "closed") for bead in answer["beads"])
    why = "the time is up" if answer["timed_out"] else "only a person can make progress"
    page.line(f"{done} of {len(answer['beads'])} done after {took}: {why}", "yellow")


VERBS = (
    Verb(
        "sling",
        "Hand beads to a rig's workers",
        Ask("sling", _show_slung),
        Word("words", "beads, and the rig if it is not theirs", many=True, names="bead", meta="BEAD"),
        Flag("--agent", "whose program works on them", meta="AGENT", names="agent"),
        Flag("--to", "another town that is to work on them, or any; may be repeated", many=True, meta="TOWN[/RIG]"),
    ),
    Verb("unsling", "Take a bead back from its worker", Ask("unsling", said("taken back")), BEAD, REASON),
    Verb("recall", "Take a bead back that was offered to another town", Ask("recall", said("stays")), BEAD, REASON),
    Verb("retry", "Let a blocked bead try again", Ask("retry", said("tries again")), BEAD),
    Verb(
        "wait",
        "Wait until all is done (0), or only a person can make progress (7)",
        wait,
        Word("ids", "beads and convoys", many=True, names="bead", meta="ID"),
        Flag("--timeout", "at most so long; then 7", kind=seconds, meta="TIME"),
    ),
)
