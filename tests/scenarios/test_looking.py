"""Looking: now, back in time, from a commit to the request, and proof that all agrees."""

import time

import pytest

COMMIT = "git add -A; git commit -qm"

LOOKS = (("status",), ("bead", "list"), ("convoy", "list"), ("agents",), ("mq", "list", "--all"), ("ready",))


@pytest.fixture(scope="module")
def rig(town):
    return town.rig("look", "--land", "hold")


@pytest.fixture(scope="module")
def landed(town, rig):
    """A bead that was red once, one that needed it, both landed."""
    script = f"case $GT_SESSION in *-1) exit 7 ;; *) echo it > it; {COMMIT} it; gt done ;; esac"
    bead = rig.bead("Add it", script)
    rig.sling(bead)
    town.sticks(bead)
    town.ask("mq", "approve", bead)
    town.lands(bead)
    return bead


def seen(town, *extra):
    """Each look, and the position it is true at."""
    answers = [(words, town.answer(*words, *extra)) for words in LOOKS]
    assert [answer.exit for _, answer in answers] == [0] * len(LOOKS)
    return [(words, answer.position, without_now(answer.data)) for words, answer in answers]


def without_now(data):
    """Processes are of now, and nothing else of it is."""
    return {name: value for name, value in data.items() if name != "processes"} if isinstance(data, dict) else data


def test_what_is_seen_at_a_position_is_what_was_seen_then(town, rig, doors):
    moments = [seen(town)]
    bead = rig.bead("Watch it", f"echo w > w; {COMMIT} w; {doors.make('watched')}")
    convoy = town.ask("convoy", "create", "Watched", bead)["id"]
    moments.append(seen(town))
    rig.sling(bead)
    doors.reached("watched")
    town.until_type("bead.started", bead)
    moments.append(seen(town))
    shown, of_convoy = (town.answer(*words) for words in (("bead", "show", bead), ("convoy", "show", convoy)))
    assert shown.data["state"] == "running"
    doors.open("watched")
    town.sticks(bead)
    moments.append(seen(town))
    town.ask("mq", "approve", bead)
    town.lands(bead)
    moments.append(seen(town))
    for moment in moments:
        for words, position, data in moment:
            then = town.answer(*words, "--at", str(position))
            assert (then.position, without_now(then.data)) == (position, data), words
    for words, answer in ((("bead", "show", bead), shown), (("convoy", "show", convoy), of_convoy)):
        then = town.answer(*words, "--at", str(answer.position))
        assert then.data == answer.data, words
    assert town.refused(2, "status", "--at", "999999").startswith("the log has positions 0 to")
    assert town.refused(2, "status", "--at", "tomorrow").startswith("'tomorrow' is no moment")
    before = town.answer("bead", "show", bead, "--at", shown.data["created_at"])
    assert (before.data["state"], before.data["created_at"]) == ("open", shown.data["created_at"])
    assert town.run("mq", "list", "--all", "--at", "0s").stdout.startswith(
        f"as of position {town.answer('status').position}"
    )


def test_every_view_comes_back_from_the_log(town, landed):
    before = [data for _, _, data in seen(town)]
    rebuilt = town.answer("rebuild")
    assert rebuilt.data["events"] == len(town.events())
    assert [data for _, _, data in seen(town)] == before
    assert town.ask("verify")["ok"]


def test_verify_names_what_was_taken_away_from_git(town, rig, landed):
    ours = town.path / "rigs/look/refinery.git"
    pin = f"refs/gastown/submitted/look.{landed}-2"
    commit = rig.git("rev-parse", pin, cwd=ours)
    rig.git("update-ref", "-d", pin, cwd=ours)
    found = town.answer("verify")
    assert found.exit == 7
    assert not found.data["ok"]
    assert any(pin in complaint for complaint in found.data["complaints"])
    rig.git("update-ref", pin, commit, cwd=ours)
    tip = rig.git("rev-parse", "main")
    target = town.show(landed)["landed_commit"]
    rig.git("update-ref", "refs/heads/main", f"{target}^1")
    found = town.answer("verify")
    assert found.exit == 7
    assert any(target in complaint for complaint in found.data["complaints"])
    rig.git("update-ref", "refs/heads/main", tip)
    assert town.ask("verify")["complaints"] == []


def test_a_landed_commit_leads_back_to_the_persons_command(town, rig, landed):
    target = town.show(landed)["landed_commit"]
    for commit in (target, f"{target}^2", target[:10]):
        why = town.ask("why", rig.git("rev-parse", commit) if "^" in commit else commit)
        assert (why["bead"], why["submission"]) == (landed, f"look.{landed}-2")
        chain = why["chain"]
        assert chain[0]["actor"] == "overseer"
        assert chain[-1]["type"] in ("submission.landed", "bead.landed")
        positions = [one["position"] for one in chain]
        assert positions == sorted(positions)
        assert {"bead.slung", "bead.assigned", "session.opened", "session.ended", "submission.received"} <= {
            one["type"] for one in chain
        }
    town.refused(3, "why", rig.git("rev-list", "--max-parents=0", "main"))
    town.refused(4, "why", "0123456789")


def test_every_cause_is_in_the_log_and_one_trace_leads_from_sling_to_landing(town, landed):
    events = town.events()
    known = {event["id"] for event in events}
    assert len(known) == len(events)
    assert {event["cause"] for event in events} - {""} <= known
    shape = "position index id type kind entity time actor command cause correlation trace data"
    assert {" ".join(event) for event in events} == {shape}
    places = [(event["position"], event["index"]) for event in events]
    assert places == sorted(set(places))
    story = [event for event in events if event["entity"] in (landed, f"{landed}-1", f"{landed}-2", f"look.{landed}-2")]
    begun = {event["trace"]: event["type"] for event in reversed(story) if not event["cause"]}
    assert sorted(begun.values()) == ["bead.created", "bead.slung", "session.done_declared", "submission.approved"]
    assert {event["trace"] for event in story} == begun.keys()


def test_a_trace_is_a_tree_of_everything_that_a_bead_went_through(town, landed):
    told = town.ask("trace", landed)
    found = []

    def walk(nodes):
        for node in nodes:
            found.append(node.get("type"))
            walk(node["children"])

    walk(told["roots"])
    assert {
        "bead.created",
        "bead.slung",
        "session.started",
        "bead.returned",
        "submission.landed",
        "bead.landed",
    } <= set(found)
    assert len([tag for tag in found if tag]) == told["events"]
    convoy = town.show(landed)["convoy"]
    assert town.ask("trace", convoy)["kind"] == "convoy"
    assert town.ask("trace", told["traces"][-1])["kind"] == "trace"
    assert landed in town.run("trace", landed).stdout


def test_the_rest_of_looking_agrees(town, rig, landed, doors):
    bead = rig.bead("Watched", f"echo hello from the worker; echo d > d; {COMMIT} d; {doors.make('diff')}")
    rig.sling(bead)
    doors.reached("diff")
    town.until_type("bead.started", bead)
    agent = next(one for one in town.ask("agents") if one["bead"] == bead)
    assert {"address", "role", "state", "bead", "session", "agent", "pid"} <= agent.keys()
    assert (agent["session"], agent["agent"], agent["state"]) == (f"{bead}-1", "script", "working")
    for address in (agent["address"], bead, f"{bead}-1"):
        assert "hello from the worker" in town.ask("peek", address)["text"]
    assert "+d" in town.ask("diff", bead)["patch"]
    status = town.ask("status")
    assert {"town", "state", "position", "processes", "rigs", "polecats", "queue"} <= status.keys()
    assert {one["name"]: one["pid"] for one in status["processes"]} == town.pids()
    doors.open("diff")
    town.sticks(bead)
    assert "+d" in town.ask("diff", bead)["patch"]
    town.ask("mq", "approve", f"look.{bead}-1")
    town.lands(bead)
    report = town.ask("report", "--since", "1h")
    assert {landed, bead} <= {one["bead"] for one in report["landed"]}
    for words in (("status",), ("report",), ("agents",), ("mq", "list", "--all"), ("branches",), ("log", bead)):
        assert town.run(*words).stdout


def test_a_worker_that_does_not_stop_printing_is_kept_short_and_its_newest_output_is_shown(town, doors):
    rig = town.rig("flood")
    town.ask("config", "set", "output.max", "1M")
    assert "1024" in town.refused(2, "config", "set", "output.max", "1K")
    bead = rig.bead("Flood", f"yes flood | head -c 50M; echo d > d; {COMMIT} d; echo the newest; {doors.make('flood')}")
    rig.sling(bead)
    doors.reached("flood")
    output = town.path / "sessions" / f"{bead}-1" / "output.log"
    deadline = time.monotonic() + 20
    while output.stat().st_size > 1024**2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert output.stat().st_size <= 1024**2
    assert output.read_text().startswith("flood\n")
    assert "are left out here" in output.read_text()
    assert town.ask("peek", bead)["text"].endswith("the newest")
    doors.open("flood")
    town.lands(bead)
