"""Every target on what Hypothesis thinks of, and, where atheris is there, led by coverage for a fixed count."""

import importlib.util
import json
import os
import subprocess  # noqa: TID251  the fuzzer ends its process when it is done
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
GOLDEN = [file.read_bytes() for file in sorted((HERE.parent / "events" / "golden").glob("*.json"))]
RUNS = int(os.environ.get("FUZZ_RUNS", "300"))


def _targets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("targets", HERE / "targets.py")
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    assert spec.loader is not None
    spec.loader.exec_module(module)
    return module


TARGETS = _targets().TARGETS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A golden message with a few bytes changed, cut out or put in."""
    message = bytearray(draw(st.sampled_from(GOLDEN)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(message)))
        message[place : place + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(message)


def _as_json(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=150, deadline=None)
@given(data=st.one_of(st.binary(max_size=400), spoilt(), JSON.map(_as_json), st.text().map(lambda text: text.encode())))
@example(data=b"[" * 100_000)
@example(data=b'[{"id":"","ts":1e400,"actor":"","cmd":"","data":{}}]')
@example(data=b"\xff\xfe\x00")
@example(data=b'{"jsonrpc":"2.0","method":"\xff","id":1}')
@example(data=b'{"town":{"pid":1,"started":"\xff"}}')
def test_nothing_makes_it_fail(name, data):
    TARGETS[name](data)


LED = ("codec", "socket", "town_files", "git_words")
"""Those with many ways to go; FUZZ_RUNS leads all."""


@pytest.mark.parametrize("name", TARGETS if "FUZZ_RUNS" in os.environ else LED)
def test_nothing_makes_it_fail_that_the_code_itself_leads_to(name, tmp_path):
    pytest.importorskip("atheris", reason="atheris has no wheel for this machine")
    limits = (f"-runs={RUNS}", "-max_len=2000", "-timeout=20", "-rss_limit_mb=1500")
    command = [sys.executable, str(HERE / "guided.py"), name, *limits]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done" in done.stderr
