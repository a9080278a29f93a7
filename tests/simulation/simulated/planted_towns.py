"""Small defects of what lies between towns, see `planted.py`. seed: of a storm of several towns."""

from simulated.planted import ROLES, Defect

MAYOR = f"{ROLES}/mayor"

TOWN_DEFECTS = (
    Defect(
        name="a bead is offered before what it needs is done",
        file=f"{MAYOR}/handovers.py",
        old='    return state.holds.depth() != "stop" and all(is_met(state, need) for need in one.needs)\n',
        new='    return state.holds.depth() != "stop"\n',
    ),
    Defect(
        name="a need in another town is met as soon as that has answered",
        file=f"{MAYOR}/abroad.py",
        old='(seen is not None and seen.standing in ("landed", "closed"))',
        new='(seen is not None and seen.standing != "unknown")',
    ),
    Defect(
        name="whoever waits for a bead is not told that it is done",
        file=f"{MAYOR}/watches.py",
        old="        if (one.standing, one.behind) != (now, behind):\n",
        new='        if (one.standing, one.behind) != (now, behind) and now == "open":\n',
    ),
    Defect(
        name="what has been handed over can be recalled",
        file=f"{MAYOR}/handovers.py",
        old="        case Away():\n            return Rejected(describe(key, one), way_back(state, key, one))\n",
        new='        case Away():\n            return (on_bead(key, bead.BeadUnslung(reason="recalled")),)\n',
        seed=11,
    ),
    Defect(
        name="a bead is worked on where it was offered, as soon as it is accepted",
        file=f"{MAYOR}/guests.py",
        old="    return (on_handover(state, command.town, key, answer),)\n",
        new="    told = on_handover(state, command.town, key, answer)\n    if reason:\n        return (told,)\n"
        "    over = BeadHandedOver(bead=key, epoch=epoch, rig=fact.rig, agent=fact.agent, parcel=fact.parcel)\n"
        "    return (told, *hear_transfer(state, command, over))\n",
    ),
    Defect(
        name="a bead that is handed over again is taken for the one that was done",
        file=f"{MAYOR}/guests.py",
        old="    if is_at_home(state, key) or (known and fact.epoch <= known.epoch):\n",
        new="    if known:\n",
        seed=7,
    ),
    Defect(
        name="whoever handed a bead over is not told that it is done",
        file=f"{MAYOR}/guests.py",
        old="        if is_done(one):\n            yield on_handover(",
        new="        if False:\n            yield on_handover(",
    ),
    Defect(
        name="a letter that has arrived waits for ever",
        file=f"{ROLES}/deacon/letters.py",
        old="(Change(Entity(mail.KIND, command.mail), MailPassedOn()),) if is_with(state, command) else ()",
        new="()",
        seed=2,
    ),
    Defect(
        name="who goes on for a lost town has its epoch",
        file=f"{ROLES}/registrar/role.py",
        old="        epoch=member.epoch + 1,\n",
        new="        epoch=member.epoch,\n",
        seed=2,
    ),
    Defect(
        name="a landing says which machine it is of, not which town",
        file="adapters/effects/prove_candidate.py",
        old="        TOWN_TRAILER: job.site.lineage,\n",
        new="        TOWN_TRAILER: job.site.incarnation,\n",
        seed=55,
    ),
)
