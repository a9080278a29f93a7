"""Every event in plain words, one line each: what `gt log` says of it."""

import re
from typing import Any, cast

from gastown.events import (
    account,
    agent,
    ask,
    bead,
    budget,
    convoy,
    escalation,
    fitness,
    gate,
    hold,
    host,
    mail,
    polecat,
    policy,
    resuming,
    rig,
    session,
    settings,
    submission,
    target,
    town,
    turn,
)
from gastown.events.fact import Fact
from gastown.events.unreadable import Unreadable

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHORT = 12  # digits of a commit that are shown
_LINE = 300  # characters

WORDS: dict[type[Fact], str] = {
    bead.BeadCreated: "created: {title}",
    bead.BeadUpdated: "changed",
    bead.NeedAdded: "now needs {need}",
    bead.NeedRemoved: "no longer needs {need}",
    bead.BeadSlung: "slung to {rig}, in convoy {convoy}",
    bead.BeadUnslung: "taken back: {reason}",
    bead.BeadAssigned: "given a place: session {session}, agent {agent}",
    gate.TurnPermitted: "turn {number} of session {session} may begin",
    gate.TurnPostponed: "turn {number} of session {session} waits for its account",
    gate.TurnRefused: "turn {number} of session {session} may not be, {outcome}: {reason}",
    gate.TurnSettled: "turn {number} of session {session} came to {cost:.4f} USD",
    bead.BeadStarted: "work began: {polecat}, session {session}",
    bead.BeadSubmitted: "handed in: {submission}, commit {commit}",
    bead.BeadReturned: "attempt {session} came back, {outcome}: {reason}",
    bead.BeadBlocked: "only a person can go on: {reason}",
    bead.BeadRetried: "let try again",
    bead.BeadLanded: "landed: merged in {target_commit}",
    bead.BeadClosed: "closed: {reason}",
    bead.BeadReopened: "reopened: {reason}",
    bead.BeadAddressed: "mail for whoever works on it: {mail}",
    bead.BeadMailSettled: "its mail is settled",
    convoy.ConvoyOpened: "convoy opened, {title}: {beads}",
    convoy.ConvoyExtended: "joined by {beads}",
    convoy.ConvoyCompleted: "convoy done",
    convoy.ConvoyReopened: "convoy open again",
    rig.RigAdded: "rig added: {config.origin}, lands on {config.landing}",
    rig.RigChanged: "rig changed",
    rig.RigRemoved: "rig removed",
    rig.RigHeld: "held ({cause}): {reason}",
    rig.RigFreed: "no longer held ({cause})",
    hold.TownHeld: "the town is held ({cause}): {reason}",
    hold.TownFreed: "the town is no longer held ({cause})",
    agent.AgentAdded: "agent defined: {spec.vendor}",
    agent.AgentChanged: "agent changed: {spec.vendor}",
    agent.AgentPreferred: "works where none is named",
    agent.AgentRemoved: "agent removed",
    agent.AgentThrottled: "given no bead for now: {reason}",
    agent.AgentFreed: "given beads again",
    policy.PolicySet: "policy set; where no rule says otherwise: {policy.default}",
    policy.PolicyDropped: "policy dropped",
    budget.BudgetSet: "{amount:.2f} USD may be spent on it",
    budget.BudgetDropped: "no budget any more",
    budget.BudgetReached: "a person is to give more: {reason}",
    budget.BudgetFreed: "nothing waits for it any more",
    budget.DayBegan: "a new day",
    fitness.AgentFoundUnfit: "given no bead until it passes its check: {reason}",
    fitness.AgentFoundFit: "passed its check, version {version}",
    account.AccountAdded: "account of {spec.vendor} added",
    account.AccountChanged: "account changed",
    account.AccountRemoved: "account removed",
    account.AccountThrottled: "its API gives it nothing for {wait} s: {reason}",
    account.AccountRested: "may be tried again, by one turn first",
    account.AccountTried: "session {session} tries it first",
    account.AccountFreed: "its API gives it something again",
    account.AccountShut: "wants a login: {reason}",
    account.AccountOpened: "a person has seen to its login",
    settings.SettingChanged: "{name} set to {value}",
    polecat.PolecatAssigned: "took {bead}, session {session}",
    polecat.PolecatReleased: "free again after {session}: {outcome}",
    session.SessionOpened: "session {number} opened for {bead}: {polecat}, agent {agent.name}",
    session.SessionStarted: "process {pid} runs on {branch}, from {base}",
    session.DoneDeclared: "worker says {status}: {reason}",
    session.StopRequested: "told to stop: {reason}",
    turn.ConversationOpened: "conversation {conversation} with {model}",
    turn.ContextCompacted: "its context was compacted, for the time {number}",
    turn.MessageQueued: "to be told by {sender}: {text}",
    turn.MessagesTaken: "was told {messages}",
    turn.MessageDeferred: "is told {message} after its turn: {reason}",
    turn.TurnRequested: "ready for turn {number}",
    turn.TurnOrdered: "told to go on with turn {number}: {text}",
    turn.TurnEnded: "turn {number} {end}: {text}",
    ask.AskRaised: "asks a person ({ask}): {tool}, {title}",
    ask.AskAnswered: "was answered ({ask}), allowed {allow}: {reason}",
    ask.AskClosed: "waits no more ({ask}): {how}",
    resuming.AgentLost: "its agent is gone (run {run}): {reason}",
    resuming.SessionResumed: "goes on by {how}, process {pid}",
    session.EndOrdered: "to end, {outcome}: {reason}",
    session.SessionEnded: "session ended, {outcome}: {reason}",
    session.SessionSettled: "session settled",
    submission.SubmissionReceived: "queued to land: {commit}",
    submission.CandidateProven: "proven on {base} as {candidate}: {gates}",
    submission.ProofBroke: "proof {number} broke, {what}: {reason}",
    submission.ProofRetried: "queued again",
    submission.LandingApproved: "approved",
    submission.LandingIntended: "landing: {expected} to {candidate}",
    submission.LandingRaced: "someone else moved the target to {found}",
    submission.LandingRefused: "the origin refuses it: {reason}",
    submission.ProposalOpened: "proposed on branch {branch}",
    submission.SubmissionLanded: "on the target: {target_commit}",
    submission.SubmissionConflicted: "conflicts with the target in {files}",
    submission.SubmissionRed: "gate {gate} is red, exit {exit_code}",
    submission.SubmissionWithdrawn: "withdrawn: {reason}",
    submission.SubmissionSettled: "submission settled",
    target.QueuePaused: "queue paused: {reason}",
    target.QueueResumed: "queue resumed",
    target.QueueHeld: "queue held: {depth}",
    target.QueueFreed: "queue free again",
    target.TargetMoved: "the target was moved by someone else to {new}",
    host.HostArrived: "host {host} on {machine} took over, epoch {epoch}",
    host.HostSilent: "nothing heard of host {host} for {seconds} s",
    host.HostReturned: "host {host} is heard again",
    town.TownInstalled: "town {name} installed",
    town.TownWanted: "wanted {state}",
    town.TownRestored: "town {name} restored from a backup made at position {position}",
    town.TownForked: "town {name} forked from {of_name} at position {position}",
    rig.RigMoved: "goes on elsewhere; its sessions are called ...-{mark}",
    rig.LandingsFound: "its target was searched; landed unknown to the log: {beads}",
    escalation.EscalationRaised: "asks for a person ({severity}): {reason}",
    escalation.EscalationAcked: "{by} cares for it",
    escalation.EscalationClosed: "settled: {how}",
    mail.MailSent: "mail from {sender} to {to}: {subject}",
    mail.MailOffered: "to be told in session {session}",
    mail.MailTold: "told in session {session}",
    mail.MailRead: "read by {reader}",
    mail.MailDeadLettered: "reached nobody: {reason}",
    Unreadable: "cannot be read: {why}",
}


def words(fact: Fact) -> str:
    """One line about one event. Raises KeyError for a class that is no event of the log."""
    values = {name: _shown(getattr(fact, name)) for name in fact.__struct_fields__}
    if isinstance(fact, turn.TurnEnded) and fact.denied:
        values["end"] = f"{fact.end}, and was not let use {_shown(fact.denied)}"
    line = " ".join(WORDS[type(fact)].format(**values).split())
    return line.removesuffix(":") if len(line) <= _LINE else f"{line[:_LINE]}…"


def _shown(value: Any) -> Any:
    if isinstance(value, tuple):
        items = cast("tuple[Any, ...]", value)
        return ", ".join(str(getattr(item, "name", item)) for item in items) or "nothing"
    if isinstance(value, str) and _COMMIT.fullmatch(value):
        return value[:_SHORT]
    return value
