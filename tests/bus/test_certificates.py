"""The hub's certificates, shown to a real server and checked by a real client."""

import signal
import subprocess  # noqa: TID251  tests start the real server
from pathlib import Path

import anyio
import pytest

from gastown import clock
from gastown.bus.certificates import (
    RENEW_DAYS,
    SERVER_DAYS,
    days_left,
    hosts_of,
    new_authority,
    new_server_certificate,
)
from gastown.bus.keys import new_user_key
from gastown.bus.nats_client import TrapFreeClient
from gastown.bus.nats_connection import RefusedLoginError, UntrustedServerError, connect
from gastown.bus.server import server_command
from gastown.bus.trust import trusting
from gastown.errors import UsageError

LOCAL = ("127.0.0.1", "localhost", "::1")


@pytest.fixture
def serve_tls(tmp_path, free_port):
    """Starts a server that shows `certificate` and knows `user`, a public key."""
    started = []

    def serve(certificate, user) -> str:
        (tmp_path / "cert.pem").write_text(certificate.certificate)
        (tmp_path / "key.pem").write_text(certificate.key)
        config: Path = tmp_path / "hub.conf"
        port = free_port()
        config.write_text(
            f'listen: "127.0.0.1:{port}"\n'
            f'tls {{ cert_file: "{tmp_path}/cert.pem", key_file: "{tmp_path}/key.pem" }}\n'
            f"authorization {{ users: [ {{ nkey: {user} }} ] }}\n"
        )
        with (tmp_path / "nats.log").open("ab") as log:
            started.append(subprocess.Popen(server_command(config), stderr=log))
        return f"tls://127.0.0.1:{port}"

    def stop() -> None:
        for process in started:
            process.send_signal(signal.SIGKILL)
            process.wait()

    serve.stop = stop
    yield serve
    stop()


async def test_who_has_the_authority_s_certificate_trusts_the_server_and_is_let_in_by_its_key(serve_tls):
    authority, key = new_authority("main", clock.now()), new_user_key()
    url = serve_tls(new_server_certificate(authority, "main", LOCAL, clock.now()), key.public)
    trust = trusting(authority.certificate)
    async with connect(url, name="t", seed=key.seed, trust=trust, inbox="_INBOX.a") as connection:
        await connection.round_trip()
        assert connection.inbox.startswith("_INBOX.a.")
    with pytest.raises(RefusedLoginError, match="refuses the credentials"):
        async with connect(url, name="t", seed=new_user_key().seed, trust=trust):
            pass


async def test_a_connection_that_broke_is_closed_with_what_it_could_not_send(serve_tls):
    authority, key = new_authority("main", clock.now()), new_user_key()
    url = serve_tls(new_server_certificate(authority, "main", LOCAL, clock.now()), key.public)
    client, gone = TrapFreeClient(), anyio.Event()

    async def lost():
        gone.set()

    async def ignore(_):
        pass

    trust = trusting(authority.certificate)
    given = {"nkeys_seed_str": key.seed, "tls": trust, "disconnected_cb": lost, "error_cb": ignore}
    async with connect(url, name="t", seed=key.seed, trust=trust):  # it is there
        await client.connect(url, **given, max_reconnect_attempts=-1)
    serve_tls.stop()
    await gone.wait()
    client._pending, client._pending_data_size = [b"PUB a 1\r\na\r\n"], 13
    await client.close()


@pytest.mark.parametrize(
    ("hosts", "days", "other", "why"),
    [
        (LOCAL, -1.0, False, "certificate has expired"),
        (("hub.example",), 365.0, False, "IP address mismatch"),
        (LOCAL, 365.0, True, "unable to get local issuer|self.signed|signature failure"),
    ],
)
async def test_a_server_that_is_not_to_be_trusted_is_told_from_one_that_is_not_there(
    serve_tls, hosts, days, other, why
):
    authority, key = new_authority("main", clock.now()), new_user_key()
    shown = new_server_certificate(authority, "main", hosts, clock.now(), days=days)
    url = serve_tls(shown, key.public)
    trust = trusting((new_authority("main", clock.now()) if other else authority).certificate)
    with pytest.raises(UntrustedServerError, match=why):
        async with connect(url, name="t", seed=key.seed, trust=trust, patience=20):
            pass


def test_a_certificate_says_for_whom_and_until_when():
    authority = new_authority("main", 1_000_000.0)
    made = new_server_certificate(authority, "main", LOCAL, 1_000_000.0)
    assert set(hosts_of(made.certificate)) == set(LOCAL)
    assert days_left(made.certificate, 1_000_000.0) == SERVER_DAYS > RENEW_DAYS
    assert days_left(made.certificate, 1_000_000.0 + 400 * 86_400) == -35
    assert made.key not in repr(made)


def test_what_is_no_host_is_refused():
    with pytest.raises(UsageError, match="not the name or address"):
        new_server_certificate(new_authority("m", 0.0), "m", ("bücher.example",), 0.0)


def test_what_is_no_certificate_is_refused():
    with pytest.raises(UsageError, match="cannot be read"):
        trusting("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
