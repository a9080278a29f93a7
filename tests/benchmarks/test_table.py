"""What `gt bench` shows of a report."""

import io

from gastown.bench.figure import Budget, figure
from gastown.bench.run import NotMeasured, Report
from gastown_cli.bench import show
from gastown_cli.output import Page

LONGEST = "20 slung at once, to process started, p99"
SCRIPT = "a serial shell script: the same git work, the same fsync"
FIGURES = (
    figure("durable append, p50", "ms", value=0.512, floor=0.45, floor_is="js.publish", budget=Budget(1.6)),
    figure(LONGEST, "ms", value=12345, floor=345.6, floor_is=SCRIPT),
    figure("replay and fold, 101,950 events", "events/s", value=33_333, floor=99_999, floor_is="a plain subscription",
           budget=Budget(0.35, at_least=True)),
    figure("idle: events", "events", value=0, floor=0, floor_is="nothing happens", budget=Budget(0, of="value")),
)  # fmt: skip


def shown(report: Report) -> list[str]:
    out = io.StringIO()
    show(report, Page(out, color=False, width=100))
    return out.getvalue().splitlines()


def test_the_table_fits_a_hundred_columns():
    assert max(map(len, shown(Report(figures=FIGURES)))) <= 100


def test_each_figure_stands_beside_its_floor_its_ratio_and_its_budget():
    lines = shown(Report(figures=FIGURES))
    assert lines[1].split() == ["durable", "append,", "p50", "0.512", "0.45", "ms", "1.14", "ratio", "<=", "1.6", "ok"]
    assert lines[3].split()[-4:] == ["ratio", ">=", "0.35", "over"]
    assert lines[4].split()[-5:] == ["-", "value", "<=", "0", "ok"]


def test_what_each_floor_is_stands_below():
    text = "\n".join(shown(Report(figures=FIGURES)))
    assert all(one.floor_is in text for one in FIGURES)


def test_what_could_not_be_measured_is_said_by_name():
    lines = shown(Report(figures=(), not_measured=(NotMeasured("sling", "no worker started"),)))
    assert lines == ["not measured  sling: no worker started"]
