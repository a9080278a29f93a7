"""How an outer host reaches its town: as itself, at the gate, at whichever of its addresses answers."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from gastown.bus.gate_server import inbox_of
from gastown.bus.keys import kept_user_key
from gastown.bus.nats_connection import RELOADING, NatsConnection, RefusedLoginError, UntrustedServerError, connect
from gastown.bus.trust import trusting
from gastown.config import TownConfig
from gastown.errors import UnreachableError, UsageError


def key_file(host: TownConfig) -> Path:
    return host.path / "secrets" / "gate.nk"


def ca_file(host: TownConfig) -> Path:
    """Whose servers are taken for the gate."""
    return host.path / "secrets" / "gate-ca.pem"


@asynccontextmanager
async def reached(host: TownConfig, *, patience: float) -> AsyncGenerator[NatsConnection]:
    """patience: seconds for each address. Raises UnreachableError; RefusedLoginError where it is a host no more."""
    async with AsyncExitStack() as stack:
        yield await _first(host, stack, patience)


async def _first(host: TownConfig, stack: AsyncExitStack, patience: float) -> NatsConnection:
    if host.home is None:
        raise UsageError(f"{host.path} is no host's folder", "gt host join INVITATION DIR makes one")
    trouble = UnreachableError("no address of the gate is known")
    for url in host.home.urls:
        try:
            return await stack.enter_async_context(_login(host, url, patience))
        except RefusedLoginError as error:
            msg = f"{host.name} knows no host {host.host} with this key: it has left, or was revoked"
            raise RefusedLoginError(msg, f"gt host list, there; to come anew: gt host invite {host.host}") from error
        except UntrustedServerError:
            raise
        except UnreachableError as error:
            trouble = error
    raise trouble


def _login(host: TownConfig, url: str, patience: float) -> AbstractAsyncContextManager[NatsConnection]:
    return connect(
        url,
        name=f"host {host.host}",
        seed=kept_user_key(key_file(host)).seed,
        trust=trusting(ca_file(host).read_text()),
        inbox=inbox_of(host.host),
        patience=patience,
        disbelief=RELOADING,
    )
