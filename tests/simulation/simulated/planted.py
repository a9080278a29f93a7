"""Small defects, as people make them: each is put into a copy of the town, and the simulation has to notice.

`seed`: a storm (see `plan.draw`) in which it is known to show; `plan`: one in which it does, instead.
"""

import msgspec

from simulated.plan import Plan


class Defect(msgspec.Struct, frozen=True, kw_only=True):
    """In `file` of the package, the one place that reads `old` reads `new` instead."""

    name: str
    file: str
    old: str
    new: str
    seed: int = 0
    plan: Plan | None = None


KERNEL, EFFECTS, ROLES = "actors/kernel", "adapters/effects", "actors"

DEFECTS = (
    Defect(
        name="an order is acknowledged though the log has not answered",
        file=f"{KERNEL}/actor.py",
        old="        positions = await self._ledger.log.append(batch)\n",
        new="        try:\n            positions = await self._ledger.log.append(batch)\n"
        "        except LogUnavailableError:\n            positions = tuple(1 for _ in batch)\n",
        seed=3,
    ),
    Defect(
        name="a repeated order is decided again",
        file=f"{KERNEL}/actor.py",
        old="            if first is not None:\n",
        new="            if first is not None and False:\n",
        seed=1,
    ),
    Defect(
        name="a host that comes back is handed nothing again",
        file=f"{KERNEL}/runtime.py",
        old="                desk.effects.forget(effect.key for effect in due if host_of(effect) == host)\n",
        new="",
        seed=17,
    ),
    Defect(
        name="what was answered is forgotten",
        file=f"{KERNEL}/runtime.py",
        old="        self.answered.note(recorded.envelope.command, recorded.position)\n",
        new="",
        seed=1,
    ),
    Defect(
        name="the effects of a decision are not started",
        file=f"{KERNEL}/runtime.py",
        old="            if desk.effects is not None:\n                desk.effects.match(self._due(desk))\n"
        "        del",
        new="        del",
        seed=1,
    ),
    Defect(
        name="the teller settles before it has told",
        file=f"{KERNEL}/teller.py",
        old="        for index, message in enumerate(effect.messages):\n",
        new="        if effect.then is not None:\n"
        '            then = self._order(f"{effect.key}#then", owner, owner, effect.then, cause, traceparent)\n'
        "            await self._deliver(then, effect)\n"
        "        for index, message in enumerate(effect.messages):\n",
    ),
    Defect(
        name="an owner gives up telling another when the log is away",
        file=f"{KERNEL}/teller.py",
        old='                _log.warning("not answered yet", order=order.id, error=error.message)\n',
        new="                return Rejected(error.message)\n",
        seed=3,
    ),
    Defect(
        name="an errand is handed over once, accepted or not",
        file=f"{KERNEL}/remote_host.py",
        old="        while not await self._accepted(",
        new="        if not await self._accepted(",
        seed=1,
    ),
    Defect(
        name="events do not say what caused them",
        file=f"{KERNEL}/memory.py",
        old="            cause=self.order.cause,\n",
        new='            cause="",\n',
    ),
    Defect(
        name="the reports of a superseded host are heard",
        file=f"{KERNEL}/host_watch.py",
        old="        if (lease.host, lease.epoch) != (host, epoch):\n",
        new="        if False:\n",
        seed=1,
    ),
    Defect(
        name="every host gets the same epoch",
        file=f"{ROLES}/deacon/hosts.py",
        old="epoch=lease.epoch + 1",
        new="epoch=1",
    ),
    Defect(
        name="a polecat's name is given out twice",
        file=f"{ROLES}/witness.py",
        old="        if name not in state.busy and name not in state.parked:\n",
        new="        if name not in state.parked:\n",
        seed=3,
    ),
    Defect(
        name="beads start before what they need",
        file=f"{ROLES}/mayor/work.py",
        old="    return all(is_met(state, need) for need in one.needs)\n",
        new="    return True\n",
        seed=1,
    ),
    Defect(
        name="places are counted anew for each decision",
        file=f"{ROLES}/mayor/places.py",
        old='state.setting("max_polecats") - taken[""]',
        new='state.setting("max_polecats") - 0 * taken[""]',
        seed=1,
    ),
    Defect(
        name="an interrupted session counts against the bead",
        file=f"{ROLES}/mayor/attempts.py",
        old='    "timed_out": "failed_run",\n',
        new='    "timed_out": "failed_run",\n    "interrupted": "failed_run",\n',
        seed=10,
    ),
    Defect(
        name="the Refinery is not told of a submission",
        file=f"{ROLES}/polecat/owed.py",
        old="    if submission and state.opened:\n",
        new="    if submission and state.opened and False:\n",
        seed=1,
    ),
    Defect(
        name="a session's commits are submitted without being pinned",
        file=f"{EFFECTS}/keeping.py",
        old='await git.pin(sandbox.worktree, f"{SUBMITTED}{submission_id(rig, session)}", left.head)\n',
        new="pass\n",
        seed=1,
    ),
    Defect(
        name="what a session left is not pinned",
        file=f"{EFFECTS}/keeping.py",
        old="    await git.pin(sandbox.worktree, kept_ref(session), commit)\n",
        new="",
        seed=2,
    ),
    Defect(
        name="uncommitted changes are overlooked",
        file=f"{EFFECTS}/outcomes.py",
        old="    if left.changed:\n",
        new="    if left.changed and False:\n",
        seed=27,
    ),
    Defect(
        name="a session that had begun is begun again after the host's death",
        file=f"{EFFECTS}/run_session.py",
        old="        if not effect.started and not folder.may_have_run():\n",
        new="        if not effect.started:\n",
        seed=30,
    ),
    Defect(
        name="an errand for another host is obeyed",
        file=f"{EFFECTS}/reception.py",
        old="        self._site.lease.admit(errand.host)\n",
        new="",
        seed=24,
    ),
    Defect(
        name="an errand that is under way is begun a second time",
        file=f"{EFFECTS}/reception.py",
        old="        if key in self._in_flight or self._site.outbox.settles(key):\n",
        new="        if self._site.outbox.settles(key):\n",
        seed=2,
    ),
    Defect(
        name="a report that could not be decided is given up",
        file="adapters/outbox.py",
        old="        return not answer.retry\n",
        new="        return True\n",
        seed=76,
    ),
    Defect(
        name="a gate that cannot run lets through",
        file=f"{EFFECTS}/prove_candidate.py",
        old='        if result.verdict == "broke":\n',
        new="        if False:\n",
        seed=8,
    ),
    Defect(
        name="a red gate lets through",
        file=f"{EFFECTS}/prove_candidate.py",
        old='                    if result.verdict == "red":\n',
        new="                    if False:\n",
        seed=5,
    ),
    Defect(
        name="the submission is proven, not the candidate",
        file=f"{EFFECTS}/prove_candidate.py",
        old="            async with ground.prepared(built.candidate, name) as folder:\n",
        new="            async with ground.prepared(effect.commit, name) as folder:\n",
        seed=142,
    ),
    Defect(
        name="a snapshot stands where the last answer came from, whatever is missing before",
        file=f"{KERNEL}/absorbed.py",
        old='            while (event := self._ahead.pop(self.position + 1, "")) != "":\n'
        "                self.position += 1\n                self.event = event\n",
        new="            self.position, self.event = position, event\n",
        seed=24,
    ),
    Defect(
        name="a snapshot forgets what was answered",
        file=f"{KERNEL}/snapshot.py",
        old='        yield _piece(None, "answered", answers)\n',
        new="        del answers\n",
    ),
    Defect(
        name="a start from a snapshot reads nothing of the log",
        file=f"{KERNEL}/runtime.py",
        old="        async for message in self.log.read(after=self.position):\n",
        new="        async for message in self.log.read(after=2**62 if past else 0):\n",
    ),
    Defect(
        name="a hold for the disk stays when there is room again",
        file=f"{ROLES}/mayor/holds.py",
        old="    if held and command.free >= least + least // 10:\n",
        new="    if False:\n",
        seed=7,
    ),
    Defect(
        name="a restored town begins before it has looked at its target",
        file=f"{ROLES}/mayor/moved.py",
        old='        return (moved, placed(command.rig, "moved", command.reason, command.hint))\n',
        new="        return (moved,)\n",
        seed=5,
    ),
    Defect(
        name="what a restored town finds on its target is not taken as landed",
        file=f"{ROLES}/mayor/moved.py",
        old="    return (*landed.values(), said,",
        new="    return (said,",
        seed=29,
    ),
    Defect(
        name="a forked town keeps the origin of the first",
        file=f"{ROLES}/mayor/moved.py",
        old='replace(known.config, origin="", copy_from="")',
        new='replace(known.config, copy_from="")',
        seed=33,
    ),
)
