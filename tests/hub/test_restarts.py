"""The hub killed in parts and whole, towns killed: copies go on in seconds."""

import os
import signal

import anyio
import pytest
from hub_at_work import granted, last_of, level

from gastown import certified, clock
from gastown.adapters.processes import child
from gastown.bus.certificates import Certificate, new_server_certificate
from gastown.bus.hub_protocol import AskTowns
from gastown.bus.jetstream_copies import JetStreamCopies
from gastown.bus.jetstream_texts import JetStreamTexts
from gastown.bus.nats_connection import UntrustedServerError
from gastown.errors import UnreachableError
from gastown.hub import service
from gastown.hub.server_child import read_server

SOON = 15.0
"""Seconds. A copy that is not helped waits for 40 s; what is seen is 1.3 to 4 s."""


async def test_after_the_server_was_killed_copies_go_on(hub, join):
    a, b = await join("a"), await join("b")
    async with a.at_work() as at_a, b.at_work() as at_b:
        await a.write(at_a, count=10)
        await level(a, at_a)
        hub.kill_server()
        await a.write(at_a, count=100)
        assert await level(a, at_a, at_b) < SOON
        granted(await a.ask(at_a, AskTowns()))
        await b.write(at_b, count=10)
        assert await level(b, at_b) < SOON


async def test_after_the_server_was_killed_copies_of_what_lies_beside_a_log_go_on(hub, join):
    a = await join("a")
    async with a.at_work() as at_a:
        texts, copy = JetStreamTexts(at_a, "a", a.incarnation), JetStreamCopies(at_a).texts("a", a.incarnation)
        began = clock.monotonic()
        for kept, kill in (("x" * 300_000, False), ("y" * 300_000, True)):
            if kill:
                hub.kill_server()
            digest = await texts.keep(kept)
            while not await has(copy, digest):
                await a.hello(at_a)
            assert await copy.text(digest) == kept
        assert clock.monotonic() - began < 2 * SOON


async def has(copy, digest):
    try:
        return digest in await copy.digests()
    except UnreachableError:
        return False


async def test_after_the_process_was_killed_copies_go_on_and_gt_hub_up_takes_over_the_same_server(hub, join):
    a = await join("a")
    async with a.at_work() as at_a:
        hub.kill_process()
        await a.write(at_a, count=10)
        assert await level(a, at_a) < SOON
        server = hub.server_pid()
        await anyio.to_thread.run_sync(hub.up)
        assert hub.server_pid() == server
        assert set(await hub.members()) == {"a"}
        await a.hello(at_a)
        await a.write(at_a, count=10)
        assert await level(a, at_a) < SOON


async def test_after_both_were_killed_gt_hub_up_goes_on(hub, join):
    a = await join("a")
    async with a.at_work() as at_a:
        await a.write(at_a, count=10)
        hub.kill_process()
        hub.kill_server()
        await a.write(at_a, count=100)
        await anyio.to_thread.run_sync(hub.up)
        assert await level(a, at_a) < SOON


async def test_after_the_town_was_killed_its_copy_goes_on(hub, join):
    a = await join("a")
    async with a.at_work() as at_a:
        await a.write(at_a, count=10)
        await level(a, at_a)
        a.kill()
    a.start_again()
    async with a.at_work() as at_a:
        await a.write(at_a, count=10)
        assert await level(a, at_a) < SOON


async def test_gt_hub_down_leaves_nothing_and_what_was_decided_is_known_when_it_is_up_again(hub, join):
    await join("a")
    server = read_server(hub.config)
    process = service.running(hub.config)
    await anyio.to_thread.run_sync(hub.down)
    assert not child.is_alive(server)
    assert not child.is_alive(process)
    assert service.state(hub.config)["state"] == "down"
    await anyio.to_thread.run_sync(hub.up)
    assert set(await hub.members()) == {"a"}


async def test_a_frozen_server_is_replaced(hub, join):
    a = await join("a")
    async with a.at_work() as at_a:
        os.kill(hub.server_pid(), signal.SIGSTOP)
        await a.write(at_a, count=10)
        with anyio.fail_after(40):
            assert await level(a, at_a) < 40


async def test_an_expired_certificate_says_so_and_gt_hub_up_makes_it_anew_without_a_restart(hub, join, new_town):
    a = await join("a")
    given, folder = await hub.invite("b"), hub.config.path / "secrets"
    authority = Certificate(hub.config.authority(), (folder / "authority.key").read_text())
    expired = new_server_certificate(authority, "main", certified.LOOPBACK, clock.now(), days=-1.0)
    (folder / "server.pem").write_text(expired.certificate)
    (folder / "server.key").write_text(expired.key)
    server = hub.server_pid()
    os.kill(server, signal.SIGHUP)
    with anyio.fail_after(10), pytest.raises(UntrustedServerError, match="certificate has expired"):
        while True:
            await new_town("b").ask_to_join(given)
    said = await anyio.to_thread.run_sync(service.state, hub.config)
    assert said["certificate_days"] < 0
    assert "certificate has expired" in said["trouble"]
    hub.kill_process()
    await anyio.to_thread.run_sync(hub.up)
    assert hub.server_pid() == server
    assert (await anyio.to_thread.run_sync(service.state, hub.config))["certificate_days"] > 364
    b = new_town("b")
    joined = granted(await b.ask_to_join(given))
    b.start(joined["leaf_urls"], joined["ca"])
    async with a.at_work() as at_a, b.at_work():
        assert await last_of(at_a, a.stream) == 0
