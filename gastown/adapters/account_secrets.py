"""The values of accounts' variables, in `secrets/accounts/<name>`: in no event, no answer, no backup."""

from pathlib import Path

import msgspec

from gastown import durable
from gastown.adapters.files.port import Files
from gastown.errors import RefusedError
from gastown.events.account import AccountSpec
from gastown.events.ids import AccountName
from gastown.not_json import NOT_JSON

_MODE = 0o600


def _file(town: Path, name: AccountName) -> Path:
    return town / "secrets" / "accounts" / name


def keep(town: Path, name: AccountName, values: dict[str, str]) -> None:
    """On disk when it returns, for the town's user alone. Without values there is no file. Raises OSError."""
    if values:
        durable.write(_file(town, name), msgspec.json.encode(values), mode=_MODE)
    else:
        forget(town, name)


def forget(town: Path, name: AccountName) -> None:
    """Raises OSError."""
    _file(town, name).unlink(missing_ok=True)


def values_of(files: Files, town: Path, spec: AccountSpec) -> dict[str, str]:
    """All of them. Raises RefusedError where one is not here, as in a town that was restored from a backup."""
    if not spec.secrets:
        return {}
    try:
        values = msgspec.json.decode(files.read(_file(town, spec.name)), type=dict[str, str])
    except (OSError, *NOT_JSON):
        values = {}
    missing = [name for name in spec.secrets if name not in values]
    if missing:
        given = " ".join(f"--env {name}=..." for name in spec.secrets)
        reason = f"the value of {', '.join(missing)} of account {spec.name} is not in this town's secrets"
        raise RefusedError(reason, f"gt account set {spec.name} {given}")
    return {name: values[name] for name in spec.secrets}
