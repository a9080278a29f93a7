"""Work that goes from one town to another, over a hub: real servers, real keys, one origin that both towns reach."""

from time import monotonic

import pytest

COMMIT = "git add -A; git commit -qm"
PATIENCE = 30.0


@pytest.fixture(scope="module")
def towns(hub, make_town):
    """a and b, members of the hub, and a's rig, which is b's too."""
    a, b = make_town("a"), make_town("b")
    for town in (a, b):
        town.install("--name", town.path.name).up()
        town.ask("join", hub("invite", town.path.name)["invitation"])
    rig = a.rig("app")
    b.ask("rig", "add", "app", str(rig.origin), "--gate", "test=true")
    yield a, b, rig
    for town in (a, b):
        town.end()


def sent(a, b, rig, title, script):
    bead = rig.bead(title, "exit 1")
    (b.story / f"a.{bead}.sh").write_text(script)
    (slung,) = a.ask("sling", bead, "--to", "b")
    return bead, slung["convoy"]


def test_a_bead_of_one_town_is_worked_on_in_another_and_lands_once(towns):
    a, b, rig = towns
    bead, convoy = sent(a, b, rig, "Add it", f"echo it > it; {COMMIT} 'Add it'")
    a.lands(bead)
    assert rig.landed() == [f"a.{bead}"]
    assert a.sessions(bead) == []
    assert a.show(bead)["attempts"] == 0
    assert a.ask("convoy", "show", convoy)["state"] == "done"
    assert b.show(f"a/{bead}")["state"] == "landed"
    (received,) = b.events("--entity", f"a.{bead}", "--kind", "bead")[:1]
    assert received["trace"] in {event["trace"] for event in a.events("--entity", bead)}
    for town in (a, b):
        assert town.ask("verify")["complaints"] == []


def test_a_need_in_another_town_is_waited_for(towns):
    a, b, rig = towns
    first = b.bead("First", f"echo first > first; {COMMIT} 'Add first'", "--rig", "app")
    then = rig.bead("Then", f"test -e first; echo then > then; {COMMIT} 'Add then'", "--needs", f"b/{first}")
    rig.sling(then)
    b.ask("sling", first)
    a.lands(then)
    assert rig.landed()[-2:] == [first, then]


def test_long_texts_go_along_and_are_read_from_elsewhere(towns):
    a, b, _ = towns
    long = "All about it. " * 50_000
    bead = a.ask("bead", "create", "Long", "--rig", "app", "--stdin", stdin=long)["id"]
    (b.story / f"a.{bead}.sh").write_text(f"echo long > long; {COMMIT} 'Add long'")
    a.ask("sling", bead, "--to", "b")
    a.lands(bead)
    assert b.ask("bead", "show", f"a/{bead}")["description"] == long
    deadline = monotonic() + PATIENCE
    while a.ask("bead", "show", f"a.{bead}", "--town", "b")["description"] != long:
        assert monotonic() < deadline  # the hub copies b's texts once b has told it that there are any
    assert long in (b.story / f"a.{bead}-1.brief").read_text()


def test_what_is_refused_there_stays_here(towns):
    a, b, rig = towns
    b.ask("config", "set", "towns.accept", "none")
    bead, _ = sent(a, b, rig, "Unwanted", "true")
    assert a.sticks(bead)[bead]["reason"] == "no town took it: b: it takes no beads from a"
    b.ask("config", "set", "towns.accept", "all")
    assert a.refused(4, "sling", bead, "--to", "nowhere")
    a.ask("sling", bead, "--to", "b")
    b.until_type("bead.received", f"a.{bead}")


def test_what_an_attempt_left_goes_along_where_the_towns_share_no_origin(towns):
    a, b, _ = towns
    right = "grep -q right answer"
    rig, theirs = a.rig("alone", gate=right, files={"answer": "right\n"}), b.folder / "alone.git"
    rig.git("clone", "-q", "--bare", str(rig.origin), str(theirs))
    b.ask("rig", "add", "alone", str(theirs), "--gate", f"test={right}")
    a.ask("config", "set", "limit.red_gates", "1")
    bead = rig.bead("Answer", f"echo more > more; {COMMIT} 'Say more'; echo wrong > answer; {COMMIT} 'Wrong'; gt done")
    rig.sling(bead)
    a.sticks(bead)
    (b.story / f"a.{bead}.sh").write_text(f"test -e more; echo right again > answer; {COMMIT} 'Answer'")
    a.ask("unsling", bead)
    a.ask("sling", bead, "--to", "b")
    a.lands(bead)
    assert rig.git("log", "--format=%s", "--no-merges", "main", cwd=theirs).splitlines() == [
        "Answer",
        "Wrong",
        "Say more",
        "begin",
    ]
    assert rig.subjects() == ["begin"]
