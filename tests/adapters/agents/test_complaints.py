"""What agents write, in the place of their model, when its API has failed: seen with the real programs."""

import re

import pytest

from gastown.adapters.agents.failures import of_words
from gastown.adapters.agents.vendors.acp import PROGRAMS

COMPLAINTS = {program.vendor: program.complaint for program in PROGRAMS}
RETRIED = "Info: Request failed due to a transient API error. Retrying..."
AUTHENTICATION = "Authentication failed with provider at http://127.0.0.1:1/v1 (HTTP 401).\n  Check your key"
LATER = "Failed to get response from the AI model; retried 5 times Last error: 429 Rate limit reached for requests."


@pytest.mark.parametrize(
    ("vendor", "text", "kind"),
    [
        ("copilot", "Error: 400 Invalid request: the parameter 'messages' is not as it should be.", "input"),
        ("copilot", f"{RETRIED}Error: {AUTHENTICATION}", "auth"),
        ("copilot", f"{RETRIED}{RETRIED}Error: {LATER}", "rate_limit"),
        ("qwen", "[API Error: 401 Incorrect API key provided.]", "auth"),
    ],
)
def test_it_is_known_and_understood(vendor: str, text: str, kind: str) -> None:
    assert re.match(COMPLAINTS[vendor], text)
    assert of_words(text, otherwise="server").kind == kind


@pytest.mark.parametrize("text", ["Error: the tests fail", "Info: I am retrying... Done", "All is done. Error: 400 "])
def test_a_model_may_write_of_errors(text: str) -> None:
    assert not re.match(COMPLAINTS["copilot"], text)
