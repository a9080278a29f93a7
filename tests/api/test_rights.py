"""Who may call what. A method that is in no row of this table has no right to be there."""

import pytest

from gastown.api.methods import METHODS

OVERSEER = [
    "account.add",
    "account.list",
    "account.ok",
    "account.remove",
    "account.set",
    "agent.add",
    "agent.check",
    "agent.list",
    "agent.remove",
    "agent.set",
    "answer",
    "bead.reopen",
    "budget.drop",
    "budget.set",
    "config.get",
    "config.set",
    "convoy.add",
    "convoy.create",
    "escalation.ack",
    "escalation.close",
    "host.invite",
    "host.list",
    "host.revoke",
    "mq.approve",
    "policy.drop",
    "policy.set",
    "rebuild",
    "recall",
    "retry",
    "rig.add",
    "rig.check",
    "rig.list",
    "rig.pause",
    "estop",
    "join",
    "leave",
    "thaw",
    "rig.remove",
    "rig.resume",
    "rig.set",
    "rig.show",
    "seance",
    "sling",
    "town.down",
    "towns",
    "towns.verify",
    "unsling",
    "verify",
]
"""What hands out work, takes it back, lands, stops, or changes how the town works: a person only."""

ITS_OWN = {
    "bead.create": {"title": "found on the way"},
    "bead.close": {"bead": "OTHER", "reason": "x"},
    "bead.update": {"bead": "OTHER", "notes": "x"},
    "hook": {},
    "prime": {},
    "done": {},
    "escalate": {"text": "x", "about": "nothing"},
    "handoff": {"address": "OTHER"},
    "nudge": {"address": "OTHER", "text": "x"},
    "mail.send": {"address": "nobody", "text": "x"},
    "mail.reply": {"mail": "MAIL", "text": "x"},
    "mail.read": {"mail": "MAIL"},
}
"""What a worker does for itself; the params are of an attempt on somebody else's bead, where the method takes one."""

LOOKING = [
    "agents",
    "asks",
    "bead.list",
    "bead.show",
    "branches",
    "budget.list",
    "convoy.list",
    "convoy.show",
    "costs",
    "diff",
    "directive.list",
    "directive.show",
    "escalations",
    "events",
    "follow",
    "log",
    "mail.check",
    "mail.inbox",
    "mq.list",
    "mq.show",
    "peek",
    "ping",
    "prices",
    "policy.list",
    "policy.show",
    "ready",
    "report",
    "status",
    "towns.capacity",
    "towns.known",
    "trace",
    "wait",
    "why",
]
"""What changes nothing: anybody."""


def test_every_method_says_who_may_call_it():
    assert sorted((*OVERSEER, *ITS_OWN, *LOOKING)) == sorted(METHODS)
    assert {name for name, method in METHODS.items() if not method.workers} == set(OVERSEER)


@pytest.mark.parametrize("method", OVERSEER)
async def test_what_is_the_overseers_is_refused_to_a_worker_whatever_it_says(open_town, method):
    async with open_town() as town:
        before = await town.desk.log.last_position()
        for params in ({}, {"actor": "overseer"}, {"rig": "app", "bead": "ap-1", "name": "x"}):
            refusal = await town.error(method, **params, **town.as_session("ap-1-1"))
            assert (refusal["code"], refusal["exit"]) == ("refused", 3)
            assert "Overseer" in refusal["message"]
            assert refusal["hint"]
        assert await town.desk.log.last_position() == before


@pytest.mark.parametrize("method", METHODS)
async def test_a_token_of_another_session_opens_nothing(open_town, method):
    async with open_town() as town:
        token = town.as_session("ap-2-1")["token"]
        for session, given in (("ap-1-1", token), ("ap-1-1", ""), ("ap-2-1 ", token), ("ap-2-1", token.upper() + "0")):
            refusal = await town.error(method, session=session, token=given)
            assert refusal["code"] == "refused"
            assert "token" in refusal["message"]


async def test_one_session_cannot_act_for_another(open_town):
    async with open_town() as town:
        await town.founded()
        mine, other = await town.bead("mine"), await town.bead("other")
        me, them = await town.started(mine), await town.started(other)
        speaks = town.as_session(me)
        for method in ("bead.close", "bead.update"):
            params = ITS_OWN[method] | {"bead": other}
            assert (await town.error(method, **params, **speaks))["code"] == "refused"
        assert (await town.data("hook", **speaks))["session"] == me
        assert (await town.data("done", **speaks))["session"] == me
        assert (await town.data("hook", **town.as_session(them)))["state"] == "working"
        assert (await town.error("done", **{**speaks, "session": them}))["code"] == "refused"


async def test_whatever_changes_nothing_changes_nothing(open_town):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead())
        before = await town.desk.log.last_position()
        for method in (*LOOKING, "hook", "prime"):
            if method not in ("events", "wait"):
                await town.ask(method, **town.as_session(session))
        assert await town.desk.log.last_position() == before
