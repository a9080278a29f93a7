"""--at stands where the town answers as of an earlier moment, and nowhere else."""

from gastown.api.methods import METHODS
from gastown_cli.families import FAMILIES
from gastown_cli.later import module


def test_every_question_to_the_views_takes_a_moment():
    verbs = [verb for family in dict.fromkeys(FAMILIES.values()) for verb in module(family).VERBS]
    asking = [(verb, METHODS[method]) for verb in verbs if (method := getattr(verb.run, "method", ""))]
    takes = {verb.path for verb, _ in asking if any(flag.name == "at" for flag in verb.flags)}
    assert takes == {verb.path for verb, method in asking if method.timed}
    assert {"status", "bead show", "report", "config get"} < takes
