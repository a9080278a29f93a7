import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gastown_cli import quick_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_it_writes_and_reads_what_json_does(value):
    text = quick_json.dump(value)
    assert text == json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert quick_json.load(text) == json.loads(text)


@pytest.mark.parametrize("text", ["", "{", '{"a"', "nonsense", '"\\x"'])
def test_what_is_not_json_is_refused(text):
    with pytest.raises(ValueError):
        quick_json.load(text)


def test_what_has_no_form_in_json_is_refused():
    with pytest.raises(TypeError):
        quick_json.dump({"a": object()})


def test_without_the_core_json_itself_does_the_work(monkeypatch):
    monkeypatch.setitem(sys.modules, "_json", None)
    dump, load = quick_json.choose()
    value = {"a": [1, 2.5, None, True, "é"]}
    assert dump(value) == quick_json.dump(value)
    assert load(dump(value)) == value
