"""More of them: in what agents that take turns are told, and in what is made of what they say. See `planted.py`."""

from simulated.planted import EFFECTS, ROLES, Defect

TURNS, MESSAGES = f"{ROLES}/polecat/turns.py", f"{ROLES}/polecat/messages.py"

TURN_DEFECTS = (
    Defect(
        name="a turn that has begun is begun again",
        file=f"{EFFECTS}/conversation.py",
        old="        if effect.number <= self.turn:\n",
        new="        if effect.number < self.turn:\n",
        seed=9,
    ),
    Defect(
        name="a message that was refused within a turn is forgotten",
        file=MESSAGES,
        old="            changed = tuple(_replace(one, urgent=False) if one.message == key else one for",
        new="            changed = tuple(one for one in state.waiting if one.message != key for",
        seed=2,
    ),
    Defect(
        name="a message that was refused counts as told",
        file=MESSAGES,
        old="    if command.refused:\n",
        new="    if False:\n",
        seed=2,
    ),
    Defect(
        name="what was told within a turn is told again after it",
        file=MESSAGES,
        old="            waiting, under_way = _without(state.waiting, taken), _without(state.under_way, taken)\n",
        new="            waiting, under_way = state.waiting, _without(state.under_way, taken)\n",
        seed=1,
    ),
    Defect(
        name="of several messages the first alone is told",
        file=MESSAGES,
        old='    return "\\n\\n".join(said(one) for one in now),',
        new='    return "\\n\\n".join(said(one) for one in now[:1]),',
        seed=20,
    ),
    Defect(
        name="an agent that does nothing is reminded without end",
        file=TURNS,
        old="    if state.reminders < REMINDERS:\n",
        new="    if state.reminders < 100 * REMINDERS:\n",
        seed=25,
    ),
    Defect(
        name="the time that an API names is not heard",
        file=TURNS,
        old="    pause = failure.retry_after or _PAUSES.get(failure.kind)\n",
        new="    pause = _PAUSES.get(failure.kind)\n",
        seed=11,
    ),
    Defect(
        name="a bead is charged for its agent's API",
        file=f"{ROLES}/mayor/attempts.py",
        old='    "timed_out": "failed_run",\n',
        new='    "timed_out": "failed_run",\n    "throttled": "failed_run",\n',
        seed=3,
    ),
    Defect(
        name="an account that is throttled is given turns",
        file=f"{ROLES}/mayor/throttles.py",
        old='            if standing == "well" or (standing == "rested" and name not in taken):\n',
        new="            if True:\n",
        seed=3,
    ),
    Defect(
        name="a turn begins before it may",
        file=TURNS,
        old="        return TurnRequested(number=state.turn + 1, reminder=_reminder(state, command))\n",
        new="        return TurnOrdered(number=state.turn + 1, text=_reminder(state, command), reminder=True)\n",
        seed=3,
    ),
    Defect(
        name="budgets do not see what is reserved",
        file=f"{ROLES}/mayor/purse.py",
        old="amount - spent(self._state, scope) - reserved(self._state, scope)\n",
        new="amount - spent(self._state, scope)\n",
        seed=3,
    ),
    Defect(
        name="a turn's cost is counted with the next wish alone",
        file=f"{ROLES}/mayor/attempts.py",
        old="    changes = gate.settle_at_end(state, command)\n",
        new="    changes: list[Change] = []\n",
        seed=1,
    ),
    Defect(
        name="a nudge that was not told is lost with its session",
        file=f"{ROLES}/polecat/owed.py",
        old="    if state.untold:\n",
        new="    if False:\n",
        seed=9,
    ),
    Defect(
        name="mail to a bead that is done waits for ever",
        file=f"{ROLES}/mayor/mail.py",
        old="        case Landed() | Closed():\n            how",
        new="        case Closed():\n            how",
        seed=1,
    ),
    Defect(
        name="mail that reached nobody is dropped without a word",
        file=f"{ROLES}/deacon/mail.py",
        old="    if not one.sent.reply:\n",
        new="    if True:\n",
        seed=1,
    ),
    Defect(
        name="an errand fails after it was done, which is only logged",
        file=f"{EFFECTS}/reception.py",
        old="                await self._sessions.tell_now(job, effect)\n",
        new="                await self._sessions.tell_now(job, effect)\n                raise KeyError(effect.key)\n",
        seed=2,
    ),
    Defect(
        name="what nobody has answered is allowed",
        file=f"{EFFECTS}/permits.py",
        old='        if verdict == "ask":\n            self._ask(event, turn)\n            return\n',
        new='        if verdict == "ask":\n            verdict = "allow"\n',
        seed=4,
    ),
)
