"""JSON by the C core of the standard library's `json`, without the regular expressions that package imports.

Importing `json` takes as long as starting Python does (8 ms beside 8 ms). A Python whose core is another one, or has
changed, does the same work with `json` itself.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Dump = Callable[[Any], str]
    Load = Callable[[str], Any]


class _Context:
    """What the scanner asks its decoder for."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: dict[str, str] = {}  # noqa: RUF012  the scanner's own scratch paper, as in json.JSONDecoder


def _refuse(thing: object) -> None:
    msg = f"{thing!r} has no form in JSON"
    raise TypeError(msg)


def _on_core(core: Any) -> tuple[Dump, Load]:
    scan = core.make_scanner(_Context)
    chunks = core.make_encoder(None, _refuse, core.encode_basestring, None, ":", ",", False, False, True)

    def load(text: str) -> Any:
        try:
            return scan(text, 0)[0]
        except StopIteration as error:
            msg = f"not JSON: {text[:80]!r}"
            raise ValueError(msg) from error

    return (lambda value: "".join(chunks(value, 0))), load


def _on_json(json: Any) -> tuple[Dump, Load]:
    return (lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))), json.loads


def choose() -> tuple[Dump, Load]:
    """The quickest this Python has."""
    try:
        return _on_core(__import__("_json"))
    except (ImportError, AttributeError, TypeError):
        return _on_json(__import__("json"))


dump, load = choose()
"""dump: a value to one line of JSON. load: JSON to a value; raises ValueError."""
