"""Every method, called with what nobody would say: an answer or a refusal, never a bug, never silence."""

import json
import random  # noqa: TID251  a fixed seed: the same calls every time
import typing
from typing import Any

import anyio
import msgspec
import pytest

from gastown.api.methods import METHODS
from gastown.errors import RefusedError

TEXTS = [
    *(
        "",
        " ",
        "\0",
        "x" * 5_000,
        "\u202e\u2066",
        "../../etc",
        "-x",
        "--",
        "a b",
        "*",
        ">",
        "ev.x.y",
        "💥",
        "' OR 1=1 --",
    ),
    *(
        "%s{x}",
        "\x1b]0;x\x07",
        "a\nb",
        "app",
        "sh",
        "max_polecats",
        "0",
        "1e9",
        "9" * 400,
        "app/polecats/toast",
        "HEAD",
    ),
]
NUMBERS = [0, 1, -1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30, 0.5, -0.5, 1e300, -1e300]
ODD: list[Any] = [None, True, [], {}, [[]], {"a": {"b": []}}, [None], [[["x"]]], {"": 0}]
CALLS = 30  # of each method


class Grumpy(dict[str, Any]):
    """A host that refuses what it was not told how to answer."""

    def __missing__(self, question: str) -> Exception:
        return RefusedError(f"not {question}", "another day")


def a_value(chance: random.Random, hint: Any, beads: list[str]) -> Any:
    kinds = typing.get_args(hint) or (hint,)
    if chance.random() < 0.15:
        return chance.choice([*TEXTS, *NUMBERS, *ODD])
    kind = chance.choice(kinds)
    if kind is str or typing.get_origin(kind) is typing.Literal:
        return chance.choice([*TEXTS, *beads, *map(str, typing.get_args(kind))])
    if kind in (int, float):
        return chance.choice(NUMBERS)
    if kind is bool:
        return chance.choice([True, False])
    if kind is type(None):
        return None
    return [a_value(chance, chance.choice([str, tuple[str, str]]), beads) for _ in range(chance.randrange(4))]


def some_params(chance: random.Random, method: str, beads: list[str]) -> dict[str, Any]:
    hints = typing.get_type_hints(METHODS[method].params)
    params = {name: a_value(chance, hint, beads) for name, hint in hints.items() if chance.random() < 0.8}
    if chance.random() < 0.2:
        params["at"] = chance.choice([*NUMBERS, *TEXTS])
    if chance.random() < 0.1:
        params[chance.choice(["command_id", "traceparent", "actor", "session", "token", "extra"])] = chance.choice(
            TEXTS
        )
    return params


@pytest.mark.parametrize("method", METHODS)
async def test_whatever_a_method_is_told_it_answers_or_refuses_and_the_others_are_served(open_town, method):
    chance = random.Random(f"calls of {method}")
    async with open_town() as town:
        await town.founded()
        town.host.answers = Grumpy(town.host.answers)
        beads = [await town.bead(f"one {number}") for number in range(3)]
        session = await town.started(beads[0])
        speaks = town.as_session(session) if METHODS[method].workers else {}
        for _ in range(CALLS):
            params = {**(speaks if chance.random() < 0.5 else {}), **some_params(chance, method, [*beads, session])}
            await _one_call(town, method, params)
        assert (await town.data("ping"))["town"] == "springfield"
        assert len(await town.data("bead.list")) >= len(beads)


async def _one_call(town: Any, method: str, params: dict[str, Any]) -> None:
    said = json.dumps(params)[:2000]
    async with town.caller() as caller:
        await caller.send(method=method, params=params)
        with anyio.move_on_after(0.3 if method in ("events", "wait") else 20) as limit:
            answer = await caller.answer()
        if limit.cancelled_caught:
            assert method in ("events", "wait"), said
            return
    error = answer.get("error", {}).get("data", {})
    assert error.get("code") != "bug", f"{method} {said}: {error}"
    assert not error or error["message"], said
    msgspec.json.encode(answer)
