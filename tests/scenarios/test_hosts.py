"""A town with a second host. Both are on this machine: what its machine is like is tried in tests/towns."""

COMMIT = "git add -A; git commit -qm"


def joined(town, name, *, slots=2):
    """A host of this town, up."""
    invited = town.ask("host", "invite", name, "--slots", str(slots))
    path = town.folder / name
    town.ask("host", "join", invited["invitation"], str(path))
    town.ask("host", "up", str(path))
    town.until_type("place.changed", name)
    return path


def test_a_host_that_is_taken_down_says_so_and_its_work_goes_on_elsewhere(town, doors):
    box = joined(town, "box")
    town.ask("config", "set", "max_polecats", "0")
    rig = town.rig("app")
    script = f"""
    case $GT_SESSION in
    *-1) echo first > first; {COMMIT} First; {doors.make("first")} ;;
    *) test -e first; echo second > second; {COMMIT} Second ;;
    esac
    """
    bead = rig.bead("Wait", script)
    rig.sling(bead)
    doors.reached("first")
    assert {one["check"] for one in town.ask("doctor")["findings"]} >= {"gate", "hosts"}
    assert town.answer("doctor", GT_TOWN=str(box)).exit == 0
    town.ask("host", "down", str(box))
    (listed,) = town.ask("host", "list")
    assert (listed["state"], listed["sessions"]) == ("down", 0)
    assert town.ask("escalations") == []
    assert [one["reason"] for one in town.ask("why", bead)["waits"]] == ["max_polecats is 0", "it is down"]
    assert town.sessions(bead) == [("interrupted", "none", "its host was taken down")]
    town.ask("config", "set", "max_polecats", "1")
    town.lands(bead)
    assert rig.subjects()[1:] == ["Second", "First", "begin"]
