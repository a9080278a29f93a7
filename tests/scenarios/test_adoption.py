"""A lost town goes on elsewhere, from the hub's copy of its log; when it comes back after all, it is fenced."""

from time import monotonic

import pytest

COMMIT = "git add -A; git commit -qm"
PATIENCE = 30.0


@pytest.fixture
def member(hub, make_town):
    made = []

    def join(name):
        town = make_town(name)
        made.append(town.install("--name", name).up())
        town.ask("join", hub("invite", name)["invitation"])
        return town

    yield join
    for town in made:
        town.ask("down")
        assert town.running() == []


def until_gone(helper, name):
    """Until the hub has seen that it is."""
    deadline = monotonic() + PATIENCE
    while next(one for one in helper.ask("towns")["towns"] if one["name"] == name)["connected"]:
        assert monotonic() < deadline


def test_a_lost_town_goes_on_from_the_copy_and_is_fenced_when_it_comes_back(member, make_town, tmp_path):
    helper, lost = member("helper"), member("lost")
    rig = lost.rig("app")
    bead = rig.bead("Add it", f"test -e {tmp_path}/go || exec sleep 600; echo it > it; {COMMIT} 'Add it'")
    rig.sling(bead)
    lost.until_type("bead.started", bead)
    assert "is this town itself" in helper.refused(3, "adopt", "helper")
    assert "no town nobody" in helper.refused(4, "adopt", "nobody")
    assert "is alive" in helper.refused(5, "adopt", "lost", "--force")
    lost.ask("down")
    until_gone(helper, "lost")
    assert "is alive" in helper.refused(5, "adopt", "lost")
    again = make_town("again")
    said = helper.ask("adopt", "lost", str(again.path), "--force")
    assert (said["town"], said["epoch"], said["lacks"]["texts"]) == ("lost", 1, 0)
    assert "not empty" in helper.refused(3, "adopt", "lost", str(again.path), "--force")
    (tmp_path / "go").touch()
    again.up()
    again.lands(bead)
    assert rig.landed() == [bead]
    assert again.ask("verify")["complaints"] == []
    again.ask("down")
    lost.up()
    lost.until(lambda event: event["type"] == "membership.fenced")
    assert [hold["cause"] for hold in lost.ask("thaw")["holds"]] == ["fenced"]
    assert rig.landed() == [bead]


def test_a_town_of_no_hub_adopts_nobody(make_town):
    alone = make_town("alone").install().up()
    assert "is a member of no hub" in alone.refused(3, "adopt", "lost")
    alone.ask("down")
