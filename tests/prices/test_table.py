"""Lists of prices: what is in force, what a turn comes to by it, and what is wrong with one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gastown.errors import UsageError
from gastown.events.turn import Usage
from gastown.prices.book import shipped
from gastown.prices.table import parse, priced

OWN = """
[[price]]
model = "large*"
from = 2026-01-01
fresh = 2.0
output = 10.0
cache_read = 0.2

[[price]]
model = "large*"
from = 2026-06-01
fresh = 1.0
output = 5.0

[[price]]
model = "large-fast"
from = 2026-01-01
fresh = 4.0
output = 20.0

[[price]]
model = "large*"
vendor = "pi"
from = 2026-01-01
fresh = 0.0
output = 0.0
"""
LATE, EARLY = date(2026, 7, 1), date(2026, 3, 1)
USED = Usage(fresh=1_000_000, cache_read=500_000, cache_write=100_000, output=200_000)


@pytest.mark.parametrize(
    ("vendor", "model", "day", "fresh"),
    [
        ("claude", "large-2", EARLY, 2.0),
        ("claude", "large-2", LATE, 1.0),
        ("claude", "anthropic/large-2", LATE, 1.0),
        ("claude", "Large-2[1m]", LATE, 1.0),
        ("claude", "large-fast", LATE, 4.0),  # the longer pattern, though older
        ("pi", "large-2", LATE, 0.0),
    ],
)
def test_what_fits_best_is_in_force(vendor, model, day, fresh):
    price = parse(OWN, "own").find(vendor, model, day)
    assert price is not None
    assert price.fresh == fresh


@pytest.mark.parametrize(("model", "day"), [("small", LATE), ("", LATE), ("large-2", date(2025, 12, 31))])
def test_what_no_list_knows_stays_without_a_cost(model, day):
    assert priced((parse(OWN, "own"), shipped()), "claude", model, day, USED) == USED


def test_a_turn_costs_what_its_tokens_cost_and_says_by_which_list():
    table = parse(OWN, "own")
    used = priced((table,), "claude", "large", EARLY, USED)
    assert used.cost == pytest.approx(2.0 + 0.1 + 0.2 + 2.0)  # cache writes as fresh ones
    assert used.priced == f"own 2026-01-01 {table.digest}"


def test_the_first_list_that_knows_the_model_counts():
    (first,) = shipped().prices[:1]
    own = parse(f'[[price]]\nmodel = "{first.model}"\nfrom = 2025-01-01\nfresh = 7\noutput = 7\n', "own")
    used = priced((own, shipped()), "claude", first.model, LATE, Usage(fresh=1_000_000))
    assert used.cost == 7.0


def test_the_list_that_comes_with_the_program_can_be_read_and_makes_sense():
    table = shipped()
    assert len(table.prices) > 20
    for price in table.prices:
        assert 0 < (price.cache_read or 0) < price.fresh < price.output, price.model
        assert price.since <= date(2026, 11, 30)
    used = priced((table,), "claude", "claude-sonnet-5-5-20260928", date(2026, 11, 1), Usage(cache_read=1_000_000))
    assert used.cost == 0.10
    assert table.find("claude", "claude-opus-5-1", LATE) is None  # nobody knows what comes yet
    assert table.find("codex", "gpt-5.9", LATE) is None


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[[price]]\nmodel = "a\n', 2, "no TOML"),
        ('\n\n[[price]]\nmodel = "a"\nfrom = 2026-01-01\nfresh = 1\n', 3, "missing required field `output`"),
        ('[[price]]\nmodel = "a"\nfrom = 2026-01-01\nfresh = -1\noutput = 1\n', 1, "fresh = -1"),
        ('[[price]]\nmodel = "a"\nfrom = 2026-01-01\nfresh = nan\noutput = 1\n', 1, "fresh = nan"),
        ('[[price]]\nmodel = "a"\nfrom = "soon"\nfresh = 1\noutput = 1\n', 1, "`$.from`"),
        ('[[price]]\nmodel = "a"\nfrom = 2026-01-01\nfresh = 1\noutput = 1\nreading = 2\n', 1, "`reading`"),
        ('[[price]]\nmodel = ""\nfrom = 2026-01-01\nfresh = 1\noutput = 1\n', 1, "for nothing"),
        ("price = 3\n", 1, "[[price]]"),
        ("\nprices = []\n", 2, "'prices'"),
        (OWN + "\n[[price]]\n", 28, "missing required field"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_the_next_step(text, line, words):
    with pytest.raises(UsageError) as caught:
        parse(text, "prices.toml")
    assert caught.value.message.startswith(f"prices.toml, line {line}: ")
    assert words in caught.value.message
    assert "gt prices" in caught.value.hint


@given(st.text(alphabet='[]price\n="#0.1,-{}T:é\x00', max_size=60))
def test_any_text_is_a_list_or_a_clear_error(text):
    try:
        parse(text, "prices.toml")
    except UsageError as error:
        assert error.message.startswith("prices.toml, line ")
