"""ProveCandidate on real git and real processes."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from gastown.actors.commands.refinery import ReportBroke, ReportConflicted, ReportProven, ReportRed
from gastown.adapters.processes.family import marked
from gastown.clock import now
from gastown.events.rig import Gate

Stage = Any  # tests/adapters/effects/conftest.py

PASSES = Gate(name="test", command="grep -q work work.txt")


async def test_what_passes_every_gate_is_proven(stage: Stage) -> None:
    gates = (PASSES, Gate(name="tree", command="git diff --quiet HEAD && test -e readme"))
    async with stage.host() as host:
        end = await host.submitted("echo work > work.txt")
        await host.give(stage.prove(end), gates=gates, land="hold")
        proven = await host.town.report(ReportProven)
        order = host.town.orders[-1]

    assert (proven.base, proven.land, proven.number) == (stage.first, "hold", 1)
    assert [(run.name, run.exit_code) for run in proven.gates] == [("test", 0), ("tree", 0)]
    assert str(order.to) == "refinery/app"
    assert order.id == "prove:app.ap-1-1:1:refinery.report_proven:01CAUSE"
    parents = stage.git("rev-parse", f"{proven.candidate}^1", f"{proven.candidate}^2", at=stage.refinery)
    assert parents.split() == [stage.first, end.commit]


async def test_the_candidate_says_where_it_comes_from(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")))
        proven = await host.town.report(ReportProven)

    message = stage.git("log", "-1", "--format=%B", proven.candidate, at=stage.refinery)
    assert message == (
        "Merge ap-1: Do the work\n\n"
        "Gastown-Bead: ap-1\n"
        "Gastown-Submission: app.ap-1-1\n"
        "Gastown-Town: 01TEST\n"
        "Gastown-Trace: 0af7651916cd43dd8448eb211c80319c"
    )


async def test_a_failing_gate_is_red_and_the_next_ones_do_not_run(stage: Stage) -> None:
    gates = (Gate(name="test", command="echo testing; exit 3"), Gate(name="next", command="touch ../ran"))
    async with stage.host() as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")), gates=gates)
        red = await host.town.report(ReportRed)

    assert (red.gate, red.exit_code, red.tail, red.base_red) == ("test", 3, "testing\n", True)
    assert not (_candidates(stage) / "ran").exists()


async def test_a_gate_that_passes_without_the_submission_is_its_fault(stage: Stage) -> None:
    async with stage.host() as host:
        gate = Gate(name="test", command="test ! -e bad.txt")
        await host.give(stage.prove(await host.submitted("echo bad > bad.txt")), gates=(gate,))
        red = await host.town.report(ReportRed)

    assert not red.base_red
    assert red.base == stage.first


async def test_the_base_is_judged_once_for_each_gate(stage: Stage, tmp_path: Path) -> None:
    gate = Gate(name="test", command=f"echo ran >> {tmp_path}/runs; test ! -e bad.txt")
    async with stage.host() as host:
        end = await host.submitted("echo bad > bad.txt")
        for number in (1, 2):
            await host.give(stage.prove(end, number=number), gates=(gate,))
            await host.town.report(ReportRed, number)

    assert (tmp_path / "runs").read_text() == "ran\n" * 3


@pytest.mark.parametrize(
    ("config", "what", "reason"),
    [
        ({"gates": (Gate(name="test", command="no-such-tool"),)}, "gate test", "exit 127: a command was not found"),
        ({"gates": (Gate(name="test", command="kill -KILL $$"),)}, "gate test", "ended by SIGKILL"),
        (
            {"gates": (Gate(name="test", command="sleep 60; true", timeout=0.2),)},
            "gate test",
            "did not end within 0.2 s",
        ),
        ({"setup": "echo no network; exit 7"}, "setup", "setup: exit 7"),
    ],
)
async def test_what_cannot_be_judged_broke(stage: Stage, config: dict[str, Any], what: str, reason: str) -> None:
    async with stage.host() as host:
        end = await host.submitted("echo work > work.txt")
        before = now()
        await host.give(stage.prove(end), **config)
        broke = await host.town.report(ReportBroke)

        assert (broke.what, broke.reason) == (what, reason)
        assert before <= broke.at <= now()
        assert marked(host.site.mark("app.ap-1-1-1")).alive() == []


async def test_a_gate_that_breaks_on_the_base_blames_nobody(stage: Stage) -> None:
    gate = Gate(name="test", command="test -e work.txt && exit 1; no-such-tool")
    async with stage.host() as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")), gates=(gate,))
        broke = await host.town.report(ReportBroke)

    assert broke.what == "gate test"


async def test_an_origin_that_is_gone_broke_the_proof(stage: Stage) -> None:
    async with stage.host() as host:
        end = await host.submitted("echo work > work.txt")
        stage.origin.rename(stage.origin.with_name("elsewhere.git"))
        await host.give(stage.prove(end))
        broke = await host.town.report(ReportBroke)

    assert broke.what == "git"


async def test_gates_see_neither_tokens_nor_the_agents_variables(stage: Stage, tmp_path: Path) -> None:
    gate = Gate(name="test", command=f"env > {tmp_path}/seen")
    async with stage.host(SECRET="kept back", https_proxy="http://proxy:1") as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")), gates=(gate,))
        await host.town.report(ReportProven)

    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines())
    assert not {"GT_TOKEN", "GT_SESSION", "GT_TOWN", "SECRET"} & seen.keys()
    assert (seen["GT_RIG"], seen["HOME"], seen["https_proxy"]) == ("app", str(stage.home), "http://proxy:1")


async def test_afterwards_the_checkout_is_gone_and_the_output_is_kept(stage: Stage) -> None:
    gate = Gate(name="test", command="echo fine; mkdir sealed; touch sealed/x; chmod 500 sealed")
    async with stage.host() as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")), gates=(gate,), setup="echo set up")
        await host.town.report(ReportProven)

    assert list(_candidates(stage).iterdir()) == []
    logs = stage.town / "rigs" / "app" / "logs" / "app.ap-1-1-1"
    assert {file.name: file.read_text() for file in logs.iterdir()} == {"setup.log": "set up\n", "test.log": "fine\n"}


async def test_a_checkout_that_a_killed_host_left_is_in_nobodys_way(stage: Stage) -> None:
    left = _candidates(stage) / "app.ap-1-1-1"
    left.mkdir(parents=True)
    (left / "rubbish").touch()
    async with stage.host() as host:
        end = await host.submitted("echo work > work.txt")
        await host.give(stage.prove(end), gates=(Gate(name="test", command="test ! -e rubbish"),))

        await host.town.report(ReportProven)


async def test_what_does_not_merge_is_conflicted(stage: Stage) -> None:
    async with stage.host() as host:
        end = await host.submitted("echo mine > readme")
        stage.commit("Theirs", readme="theirs\n")
        await host.give(stage.prove(end))
        conflicted = await host.town.report(ReportConflicted)

    assert conflicted.files == ("readme",)
    assert conflicted.base == stage.git("rev-parse", "main", at=stage.origin)


async def test_one_proof_at_a_time_runs_in_a_rig(stage: Stage, tmp_path: Path) -> None:
    gate = Gate(name="test", command=f"mkdir {tmp_path}/place || exit 1; sleep 0.2; rmdir {tmp_path}/place")
    async with stage.host() as host:
        ends = [await host.submitted(f"echo {n} > {n}", session=f"ap-{n}-1") for n in range(3)]
        for end in ends:
            await host.give(stage.prove(end), gates=(gate,))
        await host.town.report(ReportProven, 3)


async def test_a_proof_given_up_leaves_no_process_and_reports_nothing(
    stage: Stage, tmp_path: Path, eventually: Any
) -> None:
    gate = Gate(name="test", command=f"touch {tmp_path}/running; sleep 60; true")
    async with stage.host() as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")), gates=(gate,))
        await eventually((tmp_path / "running").exists)
        with anyio.fail_after(5):
            await host.reception.close("going down")
            await anyio.wait_all_tasks_blocked()
        reports = len(host.town.orders)

    assert reports == 2
    assert marked(host.site.mark("app.ap-1-1-1")).alive() == []


def _candidates(stage: Stage) -> Path:
    return stage.town / "rigs" / "app" / "candidates"
