"""The certificates of a server of ours, in a folder of their own: its authority's and its own, made anew in time.

What makes them is loaded where it is needed: a town that has no gate would pay a quarter of a second at each start.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from gastown import durable

if TYPE_CHECKING:
    from gastown.bus.certificates import Certificate

LOOPBACK = ("127.0.0.1", "localhost")
"""Always in the certificate: our own processes come this way, and others of the same machine may."""


def make(folder: Path, name: str, hosts: Iterable[str], now: float) -> None:
    """hosts: names and addresses at which it is reached. Raises UsageError for what is neither, OSError."""
    from gastown.bus.certificates import new_authority, new_server_certificate

    authority = new_authority(name, now)
    made = new_server_certificate(authority, name, with_loopback(hosts), now)
    _keep(folder, "authority", authority)
    _keep(folder, "server", made)


def make_another(folder: Path, other: Path, name: str, hosts: Iterable[str], now: float) -> None:
    """In `other`, of the authority in `folder`, for another machine. Raises UsageError, OSError."""
    from gastown.bus.certificates import new_server_certificate

    authority = _authority(folder)
    made = new_server_certificate(authority, name, with_loopback(hosts), now)
    _keep(other, "authority", authority)
    _keep(other, "server", made)


def renew(folder: Path, name: str, hosts: Iterable[str], now: float) -> bool:
    """Make the server's certificate anew if it runs out soon, or is for other hosts. Returns whether it was."""
    from gastown.bus.certificates import RENEW_DAYS, days_left, hosts_of, new_server_certificate

    current, wanted = (folder / "server.pem").read_text(), with_loopback(hosts)
    if days_left(current, now) >= RENEW_DAYS and set(hosts_of(current)) == set(wanted):
        return False
    authority = _authority(folder)
    _keep(folder, "server", new_server_certificate(authority, name, wanted, now))
    return True


def with_loopback(hosts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*hosts, *LOOPBACK)))


def is_elsewhere(hosts: Iterable[str]) -> bool:
    """Whether it is to be reached from other machines."""
    return any(host not in LOOPBACK for host in hosts)


def in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _authority(folder: Path) -> "Certificate":
    from gastown.bus.certificates import Certificate

    return Certificate((folder / "authority.pem").read_text(), (folder / "authority.key").read_text())


def _keep(folder: Path, name: str, made: "Certificate") -> None:
    durable.write(folder / f"{name}.key", made.key.encode(), mode=0o600)
    durable.write(folder / f"{name}.pem", made.certificate.encode(), mode=0o600)
