"""What the doctor says on the machine of an outer host."""

import msgspec
import pytest

from gastown import certified, clock, config
from gastown.config import Home
from gastown.doctor import outer
from gastown.doctor.examine import examine
from gastown.gate.approach import ca_file, key_file


@pytest.fixture
def found(gate, host):
    async def look(**home):
        async with gate.as_town():  # once it is there
            pass
        told = msgspec.structs.replace(host.home, **home)
        return await outer.way_home(msgspec.structs.replace(host, home=told), told)

    return look


async def test_who_is_let_in_is_told_so(gate, host, found):
    key_file(host).write_text(gate.keys["x"].seed)
    one = await found(urls=(gate.url,))
    assert (one.ok, one.detail) == (True, "gt is there, and lets x in")


async def test_a_gate_that_does_not_answer_is_said(gate, host, found):
    key_file(host).write_text(gate.keys["x"].seed)
    one = await found(urls=("tls://127.0.0.1:9",))
    assert (one.ok, "tls://127.0.0.1:9 does not answer" in one.detail, "in the town gt" in one.mend) == (
        False,
        True,
        True,
    )


async def test_a_gate_of_another_authority_is_not_trusted(gate, host, found, tmp_path):
    key_file(host).write_text(gate.keys["x"].seed)
    certified.make(tmp_path / "other", "gate", (), clock.now())
    ca_file(host).write_text((tmp_path / "other" / "authority.pem").read_text())
    one = await found(urls=(gate.url,))
    assert (one.ok, "is not valid" in one.detail) == (False, True)


async def test_who_is_no_host_any_more_is_to_come_anew(gate, host, found):
    key_file(host).write_text(gate.keys["y"].seed)
    await gate.let_in("x")
    one = await found(urls=(gate.url,))
    assert (one.ok, "has left, or was revoked" in one.detail, "gt host invite x" in one.mend) == (False, True, True)


@pytest.mark.parametrize("lost", [key_file, ca_file])
async def test_what_it_needs_of_its_own_and_has_not_is_said(gate, host, found, lost):
    key_file(host).write_text(gate.keys["x"].seed)
    lost(host).unlink()
    one = await found()
    assert (one.ok, "gt host invite x" in one.mend, key_file(host).exists()) == (False, True, lost is ca_file)


async def test_its_folder_is_looked_at_as_a_hosts(tmp_path):
    config.make_folders(tmp_path)
    home = Home(host="x", urls=("tls://127.0.0.1:9",))
    looked = await examine(config.TownConfig(path=tmp_path, name="gt", incarnation="01J", home=home), fix=False)
    checks = [one.check for one in looked.findings]
    assert not {"nats-server", "views", "hub", "prices"} & set(checks)
    assert {"git", "gate", "agents", "clock", "disk"} < set(checks)
    (first, *_) = looked.findings
    assert (first.ok, first.detail) == (True, "the host is down, as wanted")
