"""--town NAME of a town of another machine, and --all."""

import io
import json

import pytest

from gastown_cli.everywhere import show_age
from gastown_cli.families import FAMILIES
from gastown_cli.later import module
from gastown_cli.naming import named
from gastown_cli.output import Page

VERBS = [verb for family in dict.fromkeys(FAMILIES.values()) for verb in module(family).VERBS]


async def test_a_member_of_the_hub_is_read_by_its_name(open_town, hub, gt_in):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        bead = await b.bead("Over there")
        gt = gt_in(a)
        said = await gt("--town", "b", "bead", "list", "--json")
        answer = json.loads(said.out)
        assert [one["id"] for one in said.data] == [bead]
        assert (answer["town"], answer["connected"], answer["age"] < 20) == ("b", True, True)
        assert answer["position"] == (await b.ask("bead.list"))["result"]["position"]
        page = await gt("bead", "show", bead, "--town", "b")
        assert page.out.splitlines()[0].startswith("b: as of ")
        assert "Over there" in page.out
        hub.cut("b")
        page = await gt("ready", "--town", "b")
        assert page.out.splitlines()[0].startswith("b: away for ")
        assert bead in page.out
        events = await gt("events", "--town", "b", "--json", "--kind", "bead")
        assert [json.loads(line)["type"] for line in events.out.splitlines()] == ["bead.created"]


async def test_nothing_is_done_in_a_town_of_another_machine(open_town, hub, gt_in):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        bead = await b.bead()
        gt, size = gt_in(a), hub.logs["b"].size
        for words in (("sling", bead), ("bead", "close", bead), ("peek", bead), ("estop", "--reason", "x")):
            end = await gt("--town", "b", *words, "--json")
            assert (end.code, "gt sling BEAD --to b" in end.error["hint"]) == (3, True), words
        for words in (("up",), ("down",), ("doctor",), ("backup", "/tmp/x.tar"), ("config", "set", "nats.url", "")):
            end = await gt("--town", "b", *words, "--json")
            assert (end.code, "town of another machine" in end.error["message"]) == (3, True), words
        assert hub.logs["b"].size == size


async def test_a_name_that_nobody_knows_is_unknown(open_town, hub, gt_in, gt):
    async with open_town("a", hub) as a:
        for words in (("ready",), ("sling", "x")):
            end = await gt_in(a)("--town", "nowhere", *words, "--json")
            assert (end.code, "nowhere" in end.error["message"]) == (4, True)
    async with open_town() as alone:
        end = await gt_in(alone)("--town", "nowhere", "ready", "--json")
        assert (end.code, end.error["message"]) == (4, "no town called 'nowhere'")
    end = await gt("--town", "nowhere", "ready", "--json")
    assert (end.code, end.error["message"]) == (4, "no town called 'nowhere'")


async def test_all_towns_one_below_the_other(open_town, hub, gt_in):
    async with open_town("a", hub) as a, open_town("b", hub) as b, open_town("c", hub) as c:
        beads = {}
        for name, town in (("a", a), ("b", b), ("c", c)):
            await town.founded()
            beads[name] = await town.bead(f"Of {name}")
        gt = gt_in(a)
        hub.cut("c", ago=7200)
        said = await gt("bead", "list", "--all", "--json")
        assert [(one["town"], one["connected"], [bead["id"] for bead in one["data"]]) for one in said.data] == [
            (name, name != "c", [f"{name}/{bead}"]) for name, bead in beads.items()
        ]
        assert all(one["position"] and one["age"] is not None for one in said.data)
        assert json.loads(said.out)["position"] == said.data[0]["position"]
        page = (await gt("ready", "--all-towns")).out
        heads = [line for line in page.splitlines() if ":" in line]
        assert (heads[0], heads[1][:9], heads[2]) == ("a: here", "b: as of ", "c: away for 2 h 00 m, as of then")
        assert all(f"{name}/{bead}" in page for name, bead in beads.items())
        for words in (
            ("status",),
            ("agents",),
            ("costs",),
            ("convoy", "list"),
            ("report",),
            ("escalations",),
            ("rig", "list"),
        ):
            end = await gt(*words, "--all-towns", "--json")
            assert [one["town"] for one in end.data] == ["a", "b", "c"], words


async def test_of_one_thing_only_the_town_that_has_it_is_shown(open_town, hub, gt_in):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        bead = await b.bead("Over there")
        gt = gt_in(a)
        assert [
            (one["town"], one["data"]["id"]) for one in (await gt("bead", "show", bead, "--all", "--json")).data
        ] == [("b", f"b/{bead}")]
        assert [one["town"] for one in (await gt("trace", bead, "--all", "--json")).data] == ["b"]
        assert (await gt("bead", "show", "nothing", "--all")).code == 4


async def test_a_town_that_cannot_be_read_is_no_trouble_of_the_others(open_town, hub, gt_in):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await a.founded()
        await b.founded()
        await a.desk.abroad.others()
        hub.cut("a")
        said = await gt_in(a)("bead", "list", "--all", "--json")
        assert [(one["town"], "data" in one) for one in said.data] == [("a", True), ("b", False)]
        assert said.data[1]["error"]["code"] == "unreachable"
        assert "b: the hub cannot be reached" in (await gt_in(a)("bead", "list", "--all")).out


async def test_events_of_all_towns(open_town, hub, gt_in):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await a.founded()
        await b.founded()
        lines = (await gt_in(a)("events", "--all", "--json", "--kind", "rig")).out.splitlines()
        assert [(json.loads(line)["town"], json.loads(line)["type"]) for line in lines] == [
            ("a", "rig.added"),
            ("b", "rig.added"),
        ]
        assert (await gt_in(a)("events", "--all", "--follow")).code == 2
        assert (await gt_in(a)("ready", "--all", "--town", "b")).code == 2


async def test_verify_of_all_towns(open_town, hub, gt_in):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await a.founded()
        await b.founded()
        gt = gt_in(a)
        found = (await gt("verify", "--all", "--json")).data
        assert (found["ok"], found["here"]["ok"], [one["town"] for one in found["towns"]]) == (True, True, ["a", "b"])
        page = (await gt("verify", "--all")).out
        assert page.splitlines()[-1] == "ok      every bead has one home, and landed once"
        hub.cut("a")
        end = await gt("verify", "--all")
        assert end.code == 7
        assert "failed  the hub's copy of a is what it must be" in end.out
        assert "the hub cannot be reached just now" in end.out


def test_what_answers_of_any_moment_answers_of_all_towns():
    for verb in VERBS:
        spellings = [spelling for flag in verb.flags for spelling in flag.spellings]
        assert ("--all-towns" in spellings) == ("--at" in spellings), verb.path
        assert len(spellings) == len(set(spellings)), verb.path
    assert sum("--all" in flag.spellings for verb in VERBS for flag in verb.flags if flag.name == "all_towns") > 15


@pytest.mark.parametrize(
    ("age", "connected", "gone", "line"),
    [
        (2.0, True, "", "b: as of 2.0 s ago"),
        (10_800.0, False, "", "b: away for 3 h 00 m, as of then"),
        (10_800.0, False, "revoked", "b: was revoked; away for 3 h 00 m, as of then"),
        (60.0, False, "left", "b: has left the hub; away for 1 m 00 s, as of then"),
        (None, False, "", "b: away, and nobody knows since when"),
        (None, True, "", "b: nobody knows how old this is"),
    ],
)
def test_how_old_it_is(age, connected, gone, line):
    out = io.StringIO()
    show_age({"town": "b", "age": age, "connected": connected, "gone": gone}, Page(out, color=False, width=80))
    assert out.getvalue() == line + "\n"


def test_ids_are_written_as_elsewhere():
    bead = {"id": "ap-1", "issue_type": "task", "convoy": "cv-1", "session": "ap-1-1", "assignee": "me", "rig": "app"}
    assert named("b", [bead]) == [
        {**bead, "id": "b/ap-1", "convoy": "b/cv-1", "session": "b/ap-1-1"},
    ]
    received = {
        "id": "a.ap-1",
        "issue_type": "task",
        "session": "a.ap-1-1",
        "needs": [{"id": "a.ap-2", "landed_commit": None}],
    }
    assert named("b", received) == {
        **received, "id": "a/ap-1", "session": "b/a.ap-1-1", "needs": [{"id": "a/ap-2", "landed_commit": None}],
    }  # fmt: skip
    assert named("", received) == {**received, "id": "a/ap-1", "needs": [{"id": "a/ap-2", "landed_commit": None}]}
    assert named("", bead) == bead
    assert named("", {"id": "a.01J", "subject": "Hi"}) == {"id": "a/01J", "subject": "Hi"}
    escalation = {"id": "ap-1.1", "about": "ap-1", "kind": "bead"}
    assert named("b", escalation) == {"id": "b/ap-1.1", "about": "b/ap-1", "kind": "bead"}
    event = {"id": "01JABCDEFGHJKMNPQRSTVWXYZ0", "session": ""}
    assert named("b", event) == event
