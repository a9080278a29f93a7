"""Calls of agents on other machines: what a host may bring, and what it gets."""

from contextlib import asynccontextmanager

import msgspec
import pytest

from gastown.api import door
from gastown.api.door import Door
from gastown.bus.gate_protocol import DoorAnswer

SESSION = "ap-1-1"


@pytest.fixture
def at_the_door(open_town):
    """A town, and what the line of a call gets that is brought by host box, which has one session."""

    @asynccontextmanager
    async def opened():
        async with open_town() as town:
            here = Door(town.desk, lambda session: "box" if session == SESSION else "")

            async def call(method="status", *, host="box", raw=None, **params):
                line = raw or msgspec.json.encode({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
                return msgspec.msgpack.decode(await here.answer(host, line), type=DoorAnswer)

            yield town, call

    return opened


def answer(given):
    return [msgspec.json.decode(line) for line in given.lines.splitlines()]


async def test_a_worker_of_the_host_is_answered_as_at_home(at_the_door):
    async with at_the_door() as (town, call):
        given = await call(**town.as_session(SESSION))
    (said,) = answer(given)
    assert given.over
    assert said["id"] == 7
    assert "position" in said["result"]


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "on the machine of host box only its agents call"),
        ({"session": ""}, "only its agents call"),
        ({"session": SESSION, "token": "0" * 32}, "the token is not that of session"),
        ({"session": SESSION}, "the token is not that of session"),
        ({"session": ["ap-1-1"]}, "does not run on host box"),
    ],
)
async def test_nobody_else_is_not_the_overseer_either(at_the_door, params, reason):
    async with at_the_door() as (_, call):
        (said,) = answer(await call(**params))
    assert said["error"]["data"]["code"] == "refused"
    assert reason in said["error"]["message"]


@pytest.mark.parametrize(("host", "session"), [("other", SESSION), ("box", "ap-2-1"), ("", SESSION)])
async def test_a_host_speaks_for_its_own_sessions_alone(at_the_door, host, session):
    """Even with a token that is good."""
    async with at_the_door() as (town, call):
        (said,) = answer(await call(host=host, **town.as_session(session)))
    assert "does not run on host" in said["error"]["message"]


async def test_a_worker_may_no_more_than_at_home(at_the_door):
    async with at_the_door() as (town, call):
        (said,) = answer(await call("host.invite", name="mine", **town.as_session(SESSION)))
    assert "that is the Overseer's to decide" in said["error"]["message"]


async def test_what_is_no_call_gets_an_error(at_the_door):
    async with at_the_door() as (_, call):
        (said,) = answer(await call(raw=b"{nonsense"))
    assert said["error"]["code"] == -32700


async def test_a_call_that_lasts_is_to_be_made_again(at_the_door, monkeypatch):
    monkeypatch.setattr(door, "TURN", 0.05)
    async with at_the_door() as (town, call):
        await town.founded()
        bead = await town.bead()
        await town.data("sling", words=[bead])
        given = await call("wait", ids=[bead], **town.as_session(SESSION))
    assert not given.over


async def test_an_answer_that_is_too_long_is_refused_and_not_lost(at_the_door, monkeypatch):
    monkeypatch.setattr(door, "_ROOM", 10)
    async with at_the_door() as (town, call):
        (said,) = answer(await call(**town.as_session(SESSION)))
    assert "too long for another machine" in said["error"]["message"]
