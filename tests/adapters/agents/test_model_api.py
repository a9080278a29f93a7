"""The model API of the tests itself, asked by plain HTTP."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from model_api.script import Drop, Fail, Hang, Pace, Run, Say, Script, Step, Tokens, Use
from model_api.server import ModelApi

Eventually = Callable[[Callable[[], object]], Awaitable[None]]

SCHEMA = {"type": "object", "properties": {"command": {"type": "string"}, "why": {"type": "string"}}}
NEEDS = SCHEMA | {"required": ["command", "why"]}
TOKENS = Tokens(fresh=1000, cache_read=300, output=70)
WIRES = ("anthropic", "responses", "chat", "gemini")


@pytest.fixture(scope="module")
def server() -> Iterator[ModelApi]:
    with ModelApi() as api:
        yield api


@pytest.fixture
def api(server: ModelApi) -> ModelApi:
    server.reset()
    return server


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def request(wire: str, text: str, *, stream: bool = False, tools: bool = True, key: str = "k1") -> tuple[str, Any, Any]:
    """Path, headers and body of one that offers a shell and a server's tool."""
    bearer = {"authorization": f"Bearer {key}"}
    head: dict[str, Any] = {"model": "m", "stream": stream}
    messages = [{"role": "user", "content": text}]
    functions = [("bash", NEEDS), ("mcp__town__hook", {})] if tools else []
    declared = [{"name": name, "parameters": schema} for name, schema in functions]
    if wire == "anthropic":
        offered = [{"name": name, "input_schema": schema} for name, schema in functions]
        body = head | {"system": "be kind", "messages": messages, "tools": offered}
        return "/v1/messages?beta=true", {"x-api-key": key}, body
    if wire == "responses":
        body = head | {"instructions": "be kind", "input": [{"type": "message"} | messages[0]]}
        return "/v1/responses", bearer, body | {"tools": [{"type": "function"} | one for one in declared]}
    if wire == "chat":
        body = head | {"messages": [{"role": "system", "content": "be kind"}, *messages]}
        return "/v1/chat/completions", bearer, body | {"tools": [{"type": "function", "function": f} for f in declared]}
    body = {"systemInstruction": {"parts": [{"text": "be kind"}]}, "tools": [{"functionDeclarations": declared}]}
    action = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"/v1beta/models/m:{action}", {"x-goog-api-key": key}, body | {"contents": [{"parts": [{"text": text}]}]}


async def post(web: aiohttp.ClientSession, api: ModelApi, wire: str, text: str, **given: Any) -> tuple[int, Any]:
    """The status and what it says: JSON, or the events of a stream."""
    path, headers, body = request(wire, text, **given)
    async with web.post(api.url + path, json=body, headers=headers) as response:
        if response.content_type == "text/event-stream":
            lines = (await response.text()).splitlines()
            data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
            return response.status, [json.loads(one) for one in data if one != "[DONE]"]
        return response.status, await response.json()


def said(wire: str, body: Any) -> tuple[str, str, Any, tuple[int, int, int]]:
    """Of a plain answer: the text, the tool called, what it is given, and (input as told, cached, output)."""
    match wire:
        case "anthropic":
            blocks, used = {one["type"]: one for one in body["content"]}, body["usage"]
            call = blocks.get("tool_use", {"name": "", "input": None})
            usage = (used["input_tokens"], used["cache_read_input_tokens"], used["output_tokens"])
            return blocks.get("text", {"text": ""})["text"], call["name"], call["input"], usage
        case "responses":
            items, used = {one["type"]: one for one in body["output"]}, body["usage"]
            text = items["message"]["content"][0]["text"] if "message" in items else ""
            call = items.get("function_call", {"name": "", "arguments": "null"})
            usage = (used["input_tokens"], used["input_tokens_details"]["cached_tokens"], used["output_tokens"])
            return text, call["name"], json.loads(call["arguments"]), usage
        case "chat":
            message, used = body["choices"][0]["message"], body["usage"]
            call = message.get("tool_calls", [{"function": {"name": "", "arguments": "null"}}])[0]["function"]
            cached = used["prompt_tokens_details"]["cached_tokens"]
            usage = (used["prompt_tokens"], cached, used["completion_tokens"])
            return message["content"] or "", call["name"], json.loads(call["arguments"]), usage
        case _:
            parts, used = body["candidates"][0]["content"]["parts"], body["usageMetadata"]
            text = "".join(part.get("text", "") for part in parts)
            call = next((part["functionCall"] for part in parts if "functionCall" in part), {"name": "", "args": None})
            usage = (used["promptTokenCount"], used["cachedContentTokenCount"], used["candidatesTokenCount"])
            return text, call["name"], call["args"], usage


def put_together(wire: str, events: list[Any]) -> Any:
    """A plain answer from the events of a stream, as a client makes it."""
    match wire:
        case "anthropic":
            whole = events[0]["message"]
            for event in events:
                if event["type"] == "content_block_start":
                    whole["content"].append(event["content_block"] | {"json": ""})
                elif event["type"] == "content_block_delta":
                    block, delta = whole["content"][event["index"]], event["delta"]
                    block["text"] = block.get("text", "") + delta.get("text", "")
                    block["json"] += delta.get("partial_json", "")
                elif event["type"] == "message_delta":
                    whole["usage"] |= event["usage"]
            for block in whole["content"]:
                block["input"] = json.loads(block["json"] or "null")
            return whole
        case "responses":
            return events[-1]["response"]
        case "chat":
            deltas = [one["choices"][0]["delta"] for one in events if one["choices"]]
            calls = [call for delta in deltas for call in delta.get("tool_calls", [])]
            message = {"content": "".join(delta.get("content", "") for delta in deltas)}
            message |= {"tool_calls": calls} if calls else {}
            return {"choices": [{"message": message}], "usage": events[-1]["usage"]}
        case _:
            parts = [part for event in events for part in event["candidates"][0]["content"]["parts"]]
            return events[-1] | {"candidates": [{"content": {"parts": parts}}]}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", WIRES)
async def test_it_says_calls_and_counts_on_every_wire(
    api: ModelApi, web: aiohttp.ClientSession, wire: str, *, stream: bool
) -> None:
    api.director.play(
        Run("git status", text="First a look", tokens=TOKENS), Use("hook", {"a": 1}), Say("All is done", tokens=TOKENS)
    )

    answers = [(await post(web, api, wire, "go", stream=stream))[1] for _ in range(3)]
    one, two, three = (said(wire, put_together(wire, a) if stream else a) for a in answers)

    told = 1000 if wire == "anthropic" else 1300
    assert one == ("First a look", "bash", {"command": "git status", "why": "as the script says"}, (told, 300, 70))
    assert two[1:3] == ("mcp__town__hook", {"a": 1})
    assert (three[0], three[1], three[3]) == ("All is done", "", (told, 300, 70))
    assert api.meter.total(key="k1", model="m").answered == 3
    assert api.meter.total().tokens == TOKENS + TOKENS + Tokens()


@pytest.mark.parametrize("wire", WIRES)
async def test_it_remembers_what_it_was_asked(api: ModelApi, web: aiohttp.ClientSession, wire: str) -> None:
    await post(web, api, wire, "fix the bug", key="k7")

    asked = api.conversation("k7")
    assert (asked.wire, asked.model, asked.texts("system"), asked.texts("user")) == (
        wire,
        "m",
        "be kind",
        "fix the bug",
    )
    assert [tool.name for tool in asked.tools] == ["bash", "mcp__town__hook"]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("status", [400, 401, 429, 500, 529])
async def test_it_fails_as_often_as_it_should(
    api: ModelApi, web: aiohttp.ClientSession, wire: str, status: int
) -> None:
    api.director.play(Fail(status=status, times=2, message="oh no"), Say("fine"))

    answers = [await post(web, api, wire, "go") for _ in range(3)]

    assert [one for one, _ in answers] == [status, status, 200]
    assert answers[0][1]["error"]["message"] == "oh no"
    total = api.meter.total()
    assert (total.requests, total.refused, total.answered, total.tokens) == (3, 2, 1, Tokens())


@pytest.mark.parametrize(("retry_after", "header"), [(7, "7"), (None, None)])
async def test_when_to_come_back_is_told_or_not(
    api: ModelApi, web: aiohttp.ClientSession, retry_after: int | None, header: str | None
) -> None:
    api.director.play(Fail(status=429, retry_after=retry_after))
    path, headers, body = request("chat", "go")

    async with web.post(api.url + path, json=body, headers=headers) as response:
        assert response.headers.get("retry-after") == header


@pytest.mark.parametrize("within", [False, True])
async def test_it_cuts_the_connection(api: ModelApi, web: aiohttp.ClientSession, *, within: bool) -> None:
    api.director.play(Drop(within=within), Say("fine"))

    with pytest.raises(aiohttp.ClientError):
        await post(web, api, "chat", "go", stream=True)

    assert (await post(web, api, "chat", "go"))[0] == 200
    total = api.meter.total()
    assert (total.requests, total.broken, total.answered) == (2, 1, 1)


async def test_it_hangs_until_the_asker_gives_up(
    api: ModelApi, web: aiohttp.ClientSession, eventually: Eventually
) -> None:
    api.director.play(Hang())

    with pytest.raises(TimeoutError):
        async with web.post(api.url + "/v1/messages", json={}, timeout=aiohttp.ClientTimeout(total=0.2)):
            pass

    assert (api.meter.total().broken, api.meter.total().answered) == (1, 0)


async def test_an_answer_waits_for_a_file(api: ModelApi, web: aiohttp.ClientSession, tmp_path: Path) -> None:
    api.director.play(Say("now", pace=Pace(until=str(tmp_path / "go"))))
    answers: list[Any] = []

    async def ask() -> None:
        answers.append(await post(web, api, "gemini", "go"))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            while not api.asked:  # noqa: ASYNC110  the server is in another thread
                await anyio.sleep(0.005)
            assert answers == []
            (tmp_path / "go").touch()

    assert answers[0][0] == 200


async def test_words_may_come_slowly(api: ModelApi, web: aiohttp.ClientSession) -> None:
    api.director.play(Say("one two three", pace=Pace(between=0.05)))

    before = anyio.current_time()
    await post(web, api, "anthropic", "go", stream=True)

    assert anyio.current_time() - before >= 0.15


async def test_what_offers_no_tool_is_no_step(api: ModelApi, web: aiohttp.ClientSession) -> None:
    api.director.play(Say("the answer"))

    titled = said("chat", (await post(web, api, "chat", "a title, please", tools=False))[1])
    answered = said("chat", (await post(web, api, "chat", "go"))[1])

    assert (titled[0], answered[0]) == ("A title", "the answer")


async def test_a_script_may_be_for_one_key_or_one_subject_and_be_over(
    api: ModelApi, web: aiohttp.ClientSession
) -> None:
    api.director.play(Say("to anyone"))
    api.director.play(Say("about gt-1"), about="gt-1")
    api.director.play(Say("to k9"), key="k9")
    api.director.play(Fail(status=429), key="k9", once=True)

    assert (await post(web, api, "chat", "gt-1", key="k9"))[0] == 429
    texts = [
        said("chat", (await post(web, api, "chat", text, key=key))[1])[0]
        for text, key in (("gt-1", "k9"), ("do gt-1", "k1"), ("do gt-2", "k1"))
    ]
    assert texts == ["to k9", "about gt-1", "to anyone"]


async def test_by_results_a_conversation_is_where_it_is(api: ModelApi, web: aiohttp.ClientSession) -> None:
    api.director.play(Run("date"), Say("done"), by_results=True)
    path, headers, body = request("chat", "go")
    further = body | {"messages": [*body["messages"], {"role": "tool", "tool_call_id": "c", "content": "today"}]}

    texts: list[str] = []
    for one in (body, body, further, body):
        async with web.post(api.url + path, json=one, headers=headers) as response:
            texts.append(said("chat", await response.json())[0])

    assert texts == ["", "", "done", ""]


@pytest.mark.parametrize("steps", [[], [Fail(status=429), Say("done")]])
def test_a_script_that_cannot_be_followed_is_refused(steps: list[Step]) -> None:
    with pytest.raises(ValueError, match="replies alone"):
        Script(steps=steps, by_results=True)


async def test_a_tool_that_was_not_offered_is_an_error_that_names_those_that_were(
    api: ModelApi, web: aiohttp.ClientSession
) -> None:
    api.director.play(Use("mail"))

    status, body = await post(web, api, "chat", "go")

    assert status == 400
    assert "no tool mail among ['bash', 'mcp__town__hook']" in body["error"]["message"]


async def test_what_the_programs_ask_besides_is_answered_and_the_rest_noted(
    api: ModelApi, web: aiohttp.ClientSession
) -> None:
    async with web.head(api.url + "/") as response:
        assert response.status == 200
    async with web.post(api.url + "/v1/messages/count_tokens", json={"messages": ["x" * 400]}) as response:
        assert (await response.json())["input_tokens"] > 100
    async with web.get(api.url + "/telemetry") as response:
        assert response.status == 404

    assert api.strays == ["GET /telemetry"]
