"""How an outer host reaches its town: as itself, at the gate, at whichever of its addresses answers."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from gastown.bus.certificates import trusting
from gastown.bus.gate_server import inbox_of
from gastown.bus.keys import kept_user_key
from gastown.bus.nats_connection import NatsConnection, RefusedLoginError, UntrustedServerError, connect
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
    trust, seed = trusting(ca_file(host).read_text()), kept_user_key(key_file(host)).seed
    trouble = UnreachableError("no address of the gate is known")
    for url in host.home.urls:
        login = connect(
            url, name=f"host {host.host}", seed=seed, trust=trust, inbox=inbox_of(host.host), patience=patience
        )
        try:
            return await stack.enter_async_context(login)
        except (RefusedLoginError, UntrustedServerError):
            raise
        except UnreachableError as error:
            trouble = error
    raise trouble
