"""What programs of the town see of the world. Complete: nothing is inherited but what is named here."""

from collections.abc import Mapping
from pathlib import Path

from gastown.actors.effects import RunSession
from gastown.adapters import account_secrets
from gastown.adapters.agents import catalogue
from gastown.adapters.agents.port import Server
from gastown.adapters.effects.site import Site
from gastown.adapters.processes.family import Mark
from gastown.events.account import AccountSpec

_FOR_ALL = ("HOME", "LANG", "PATH", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LC_ALL", "LC_CTYPE")
_FOR_WORKERS = (*_FOR_ALL, "TERM")
_NETWORK = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "ssl_cert_file", "ssl_cert_dir", "curl_ca_bundle")
"""A setup command fetches what a project needs: it gets the way out (in either case), and no other secret."""
_DEFAULTS = {"LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}


def worker_environment(
    site: Site, effect: RunSession, traceparent: str, account: AccountSpec | None = None, *, token: str = ""
) -> dict[str, str]:
    """An agent's: its spec's variables on top of the few it is given anyway, its account's on top of these, and the
    town's own on top of all.

    account: None for the agent's own. token: the session's, "" for one that speaks for nobody. Raises RefusedError
    where a secret of the account is not here.
    """
    given = {
        **_passed_on(site.environment, _FOR_WORKERS),
        **_settings(site, effect.agent.vendor, account),
        **_named(site.environment, effect.agent.env),
        **_credentials(site, account),
    }
    return {
        **given,
        "PATH": _with_gt(site.town, given["PATH"]),
        **_session_variables(site, effect),
        "TRACEPARENT": traceparent,
        **({"GT_TOKEN": token} if token else {}),
        **_marks(site, site.mark(effect.session)),
    }


def _settings(site: Site, vendor: str, account: AccountSpec | None) -> dict[str, str]:
    """Where its program finds its settings and its login."""
    homes = catalogue.homes(vendor)
    if account is None or not account.config_dir:
        return {name: site.environment[name] for name in homes if name in site.environment}
    return {name: str(Path(account.config_dir) / below) for name, below in homes.items()}


def _named(environment: Mapping[str, str], variables: tuple[tuple[str, str | None], ...]) -> dict[str, str]:
    """value None: the host's own, where it has it."""
    found = {name: environment.get(name) if value is None else value for name, value in variables}
    return {name: value for name, value in found.items() if value is not None}


def _credentials(site: Site, account: AccountSpec | None) -> dict[str, str]:
    if account is None:
        return {}
    passed = tuple((name, None) for name in account.passed)
    return {**_named(site.environment, passed), **account_secrets.values_of(site.files, site.town, account)}


def server(site: Site, effect: RunSession, token: str, traceparent: str) -> Server:
    """The town's own tools for an agent that takes servers. It is told no more than what it speaks with."""
    return Server(
        name="gastown",
        command=(str(site.town / "bin" / "gt"), "mcp"),
        environment={
            **_session_variables(site, effect),
            "TRACEPARENT": traceparent,
            "GT_TOKEN": token,
            **_marks(site, site.mark(effect.session)),
        },
    )


def setup_environment(site: Site, effect: RunSession, traceparent: str) -> dict[str, str]:
    """Of the setup command in a worker's sandbox: as in a candidate, and it may ask for whom it works."""
    mark = site.mark(effect.session)
    return {**check_environment(site, effect.rig, mark, traceparent), **_session_variables(site, effect)}


def check_environment(site: Site, rig: str, mark: Mark, traceparent: str) -> dict[str, str]:
    """Of setup and gates in a checkout: no variable of any agent, and nothing by which to speak to the town."""
    network = [name for name in site.environment if name.lower() in _NETWORK]
    return {
        **_passed_on(site.environment, (*_FOR_ALL, *network)),
        "GT_RIG": rig,
        "TRACEPARENT": traceparent,
        **_marks(site, mark),
    }


def _session_variables(site: Site, effect: RunSession) -> dict[str, str]:
    return {
        "GT_TOWN": str(site.town),
        "GT_RIG": effect.rig,
        "GT_BEAD": effect.bead,
        "GT_SESSION": effect.session,
        "GT_AGENT": effect.agent.name,
    }


def _passed_on(environment: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return _DEFAULTS | {name: environment[name] for name in names if name in environment}


def _marks(site: Site, mark: Mark) -> dict[str, str]:
    return dict((site.town_mark, mark))


def _with_gt(town: Path, path: str) -> str:
    return f"{town / 'bin'}:{path}"
