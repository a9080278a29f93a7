"""AskRigCheck: would work on this rig land? Asked of the origin, and of setup and gates on the target as it is."""

from gastown.actors.errands import AskRigCheck, CheckStep
from gastown.adapters.effects.prove_candidate import BrokeError, Ground
from gastown.adapters.effects.site import Site
from gastown.adapters.git.port import GitFailedError
from gastown.clock import new_id
from gastown.events.rig import Gate


async def check_rig(site: Site, question: AskRigCheck, traceparent: str) -> list[CheckStep]:
    """One step after the other, up to the first whose failure makes the next ones pointless."""
    config = question.config
    try:
        git = await site.rigs.ready(question.rig, config)
    except GitFailedError as error:
        return [CheckStep(name="fetch", ok=False, detail=error.message, mend=error.hint)]
    steps = await git.check_origin()
    if not all(step.ok for step in steps if step.name == "fetch") or not (config.setup or config.gates):
        return steps
    ground = Ground(site=site, rig=question.rig, config=config, git=git, traceparent=traceparent)
    try:
        return steps + await _on_the_base(ground, await git.target(fetch=False))
    except (GitFailedError, OSError) as error:
        return [*steps, CheckStep(name="checkout", ok=False, detail=str(error), mend="look at the message above")]


async def _on_the_base(ground: Ground, base: str) -> list[CheckStep]:
    name = f"check-{new_id()}"
    try:
        async with ground.prepared(base, name) as folder:
            steps = [CheckStep(name="setup", ok=True)] if ground.config.setup else []
            for gate in ground.config.gates:
                try:
                    result = await ground.judge(gate, folder, name)
                except BrokeError as error:
                    steps.append(_failed(gate, f"broke: {error.reason}", error.tail, "make its command run here"))
                    continue
                mend = "mend the target, or change the gate: gt rig set"
                passed = CheckStep(name=f"gate {gate.name}", ok=True, detail=f"{result.seconds:.1f} s")
                steps.append(passed if result.verdict == "passed" else _failed(gate, result.reason, result.tail, mend))
            return steps
    except BrokeError as error:
        detail = f"{error.reason}\n{error.tail}".rstrip()
        return [CheckStep(name="setup", ok=False, detail=detail, mend="change it: gt rig set --setup CMD")]


def _failed(gate: Gate, reason: str, tail: str, mend: str) -> CheckStep:
    return CheckStep(name=f"gate {gate.name}", ok=False, detail=f"{reason}\n{tail}".rstrip(), mend=mend)
