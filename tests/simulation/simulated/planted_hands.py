"""More of them: in who works on what under which account, and in what goes from one session to the next; each with the
plan that makes it show.
"""

from simulated.apis import AccountPlan, Limit
from simulated.plan import BeadPlan, Fault, Plan
from simulated.planted import ROLES, Defect
from simulated.turns import Handing, TurnHabit

MAYOR, POLECAT = f"{ROLES}/mayor", f"{ROLES}/polecat"


def bead(number: int, *sessions: tuple[TurnHabit, ...]) -> BeadPlan:
    return BeadPlan(number=number, speech="stream", turns=sessions)


def under(*limits: Limit, locked_at: float = 0.0) -> tuple[AccountPlan, ...]:
    return (AccountPlan(name="work", limits=limits, locked_at=locked_at),)


ONE = (bead(1),)
ALL_WAIT = Plan(seed=1, beads=(bead(1), bead(2), bead(3)), accounts=under(Limit(at=1.0, seconds=90.0)))
NOTHING_FOR_LONG = Plan(seed=2, beads=ONE, accounts=under(Limit(at=1.0, seconds=2000.0)))
LOCKED = Plan(seed=3, beads=ONE, accounts=under(locked_at=1.0))
KILLED = Plan(
    seed=4,
    beads=(bead(1, ("works for long",)),),
    accounts=under(),
    faults=(Fault(kind="kill", target="host", at=30.0),),
)
HANDS_ON = Plan(seed=5, beads=(bead(1, ("hands on",)),))
NOTES_OF_TWO = Plan(seed=6, beads=(bead(1, ("works for long",)),), handings=(Handing(at=40.0, bead=1),))
RED_THEN_ANOTHER = Plan(
    seed=7,
    beads=(bead(1, ("commits what is red",), ("works for long",)),),
    handings=(Handing(at=150.0, bead=1, agent="once"),),
)

HAND_DEFECTS = (
    Defect(
        name="turns that go on in one decision do not see each other",
        file=f"{MAYOR}/waiting_turns.py",
        old="            state = evolve(state, change)\n",
        new="            pass\n",
        plan=ALL_WAIT,
    ),
    Defect(
        name="all go on at once when the time of their account has come",
        file=f"{MAYOR}/waiting_turns.py",
        old='    if known.standing == "rested" and not isinstance(answer, TurnRefused):\n',
        new="    if False:\n",
        plan=ALL_WAIT,
    ),
    Defect(
        name="an account that wants a login is tried all the same",
        file=f"{MAYOR}/throttles.py",
        old='            if standing == "well" or (standing == "rested" and name not in taken):\n',
        new='            if standing in ("well", "shut") or (standing == "rested" and name not in taken):\n',
        plan=LOCKED,
    ),
    Defect(
        name="whoever goes on after a kill is given its agent's own login",
        file=f"{POLECAT}/owed.py",
        old="        account=opened.account,\n",
        new='        account="" if state.run else opened.account,\n',
        plan=KILLED,
    ),
    Defect(
        name="whoever is there takes the work of one that is given nothing",
        file=f"{MAYOR}/agents.py",
        old="    for name in (first.name, *first.fallbacks) if first else ():\n",
        new="    for name in (first.name, *state.agents) if first else ():\n",
        plan=NOTHING_FOR_LONG,
    ),
    Defect(
        name="what was committed before it was handed on is left behind",
        file=f"{MAYOR}/evolve.py",
        old="    if event.commit:\n        earlier = Earlier(",
        new='    if event.commit and event.outcome != "handed_on":\n        earlier = Earlier(',
        plan=HANDS_ON,
    ),
    Defect(
        name="another agent begins with a clean slate",
        file=f"{MAYOR}/evolve.py",
        old="            return replace(one, phase=_handed_to(one.phase, agent), agent=agent)\n",
        new="            return replace(one, phase=_handed_to(one.phase, agent), agent=agent, red_gates=0)\n",
        plan=RED_THEN_ANOTHER,
    ),
    Defect(
        name="a bead is charged for being handed on",
        file=f"{MAYOR}/attempts.py",
        old='    "timed_out": "failed_run",\n',
        new='    "timed_out": "failed_run",\n    "handed_on": "failed_run",\n',
        plan=HANDS_ON,
    ),
    Defect(
        name="the first notes alone are told to whoever goes on",
        file="projections/brief.py",
        old="    shown = [_note(one) for one in reversed(notes)]\n",
        new="    shown = [_note(one) for one in notes[:1]]\n",
        plan=NOTES_OF_TWO,
    ),
)
