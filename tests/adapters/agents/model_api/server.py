"""The model API's sockets. It serves in a thread of its own, so that tests of any kind can use it."""

import asyncio
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web

from model_api.answer import Answer, Wire, answer_to
from model_api.anthropic import Anthropic
from model_api.asked import Asked, NoToolError
from model_api.chat import Chat
from model_api.director import Director
from model_api.gemini import Gemini
from model_api.meter import Meter
from model_api.responses import Responses
from model_api.script import MESSAGES, Drop, Fail, Hang, Pace

ROUTES: dict[str, Wire] = {
    "/v1/messages": Anthropic(),
    "/v1/responses": Responses(),
    "/v1/chat/completions": Chat(),
    "/v1beta/models/{call}": Gemini(),
}
MODELS = ("claude-sonnet-4-5", "gpt-5-codex", "gemini-2.5-pro", "fake-model")
READING = 0.02
"""Seconds between two looks for a file that an answer waits for."""


class ModelApi:
    """`with ModelApi() as api`: listens on 127.0.0.1 at a free port until the end of the block.

    director: what the model does. meter: what was used. asked: the requests for answers so far, oldest first.
    strays: other requests, as "METHOD /path", which real programs should not make once they are told to be quiet.
    """

    def __init__(self, port: int = 0) -> None:
        self.director = Director()
        self.meter = Meter()
        self.asked: list[Asked] = []
        self.strays: list[str] = []
        self._port = port
        self._answers = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="model API")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> "ModelApi":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def reset(self) -> None:
        """As if nothing had been asked or planned."""
        self.director.clear()
        self.meter.reset()
        self.asked.clear()
        self.strays.clear()

    def conversation(self, key: str = "") -> Asked:
        """The last request that offered tools, with this key if one is given: all that the model was told so far."""
        return next(one for one in reversed(self.asked) if one.tools and key in ("", one.key))

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        for path in ROUTES:
            app.router.add_post(path, self._answer)
        app.router.add_post("/v1/messages/count_tokens", self._count)
        app.router.add_get("/v1/models", self._models)
        app.router.add_route("*", "/{rest:.*}", self._stray)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._port)
        await site.start()
        self._port = runner.addresses[0][1]
        self._ready.set()
        await self._over.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        wire = ROUTES[request.match_info.route.resource.canonical]  # type: ignore[union-attr]  it is one of them
        asked = wire.asked(request.path, _key(request), await request.json())
        self.asked.append(asked)
        count = self.meter.of(asked.key, asked.model)
        count.requests += 1
        count.broken += 1  # until it is known to be something else
        response, counted = await self._play(request, wire, asked)
        if counted is not None:
            count.answered += 1
            count.tokens += counted.tokens
        else:
            count.refused += 1
        count.broken -= 1
        return response

    async def _play(self, request: web.Request, wire: Wire, asked: Asked) -> tuple[web.StreamResponse, Answer | None]:
        step = self.director.step(asked)
        match step:
            case Fail():
                headers = {} if step.retry_after is None else {"retry-after": str(step.retry_after)}
                body = wire.error(step.status, step.message or MESSAGES.get(step.status, "An error."))
                return web.json_response(body, status=step.status, headers=headers), None
            case Hang():
                await asyncio.sleep(10**6)
                raise AssertionError
            case Drop():
                return await self._drop(request, within=step.within), None
            case _:
                pass
        await _until(step.pace)
        self._answers += 1
        try:
            answer = answer_to(asked, step, self._answers)
        except NoToolError as error:
            return web.json_response(wire.error(400, str(error)), status=400), None
        if not asked.stream:
            return web.json_response(wire.plain(answer)), answer
        return await _stream(request, wire, answer, step.pace), answer

    async def _drop(self, request: web.Request, *, within: bool) -> web.StreamResponse:
        if within:
            response = web.StreamResponse(headers={"content-type": "text/event-stream"})
            await response.prepare(request)
            await response.write(b": so far\n\n")
        assert request.transport is not None
        request.transport.abort()
        raise asyncio.CancelledError

    async def _count(self, request: web.Request) -> web.Response:
        return web.json_response({"input_tokens": len(await request.text()) // 4})

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": one, "object": "model"} for one in MODELS]})

    async def _stray(self, request: web.Request) -> web.Response:
        if request.method == "HEAD" and request.path == "/":
            return web.Response()
        self.strays.append(f"{request.method} {request.path}")
        return web.json_response({"error": {"message": f"no such thing: {request.path}"}}, status=404)


def _key(request: web.Request) -> str:
    """Of the account: each wire has its own place for it."""
    headers = request.headers
    bearer = headers.get("authorization", "").removeprefix("Bearer ")
    return headers.get("x-api-key") or headers.get("x-goog-api-key") or bearer or request.query.get("key", "")


async def _until(pace: Pace) -> None:
    while pace.until and not Path(pace.until).exists():  # noqa: ASYNC110, ASYNC240  files tell no event
        await asyncio.sleep(READING)
    await asyncio.sleep(pace.after)


async def _stream(request: web.Request, wire: Wire, answer: Answer, pace: Pace) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
    await response.prepare(request)
    for chunk in wire.stream(answer):
        name = f"event: {chunk.name}\n" if chunk.name else ""
        await response.write(f"{name}data: {chunk.data}\n\n".encode())
        await asyncio.sleep(pace.between)
    return response  # its end is written once it is counted: who has read to the end finds it in the meter


def described(api: ModelApi) -> dict[str, Any]:
    """The meter, as JSON would have it."""
    return {f"{key} {model}": count for (key, model), count in api.meter.counts.items()}
