"""What became of an invitation on its way."""

import hashlib

import msgspec
import pytest

from gastown.bus.hub_protocol import PROTOCOL
from gastown.bus.invitation import APART, Invitation, check, decode, encode
from gastown.errors import RefusedError, UsageError

GIVEN = Invitation(
    hub="main",
    urls=("tls://hub.example:7423",),
    ca="-----BEGIN CERTIFICATE-----\n...",
    town="a",
    id="01J",
    secret="s3cret",
    expires=1_800_000_000.0,
)


def test_it_arrives_as_it_was_given_also_through_a_mail_that_breaks_lines():
    text = encode(GIVEN)
    assert decode(text) == GIVEN
    assert decode(f"  {text}\r\n") == GIVEN
    assert decode("\n".join(text[at : at + 60] for at in range(0, len(text), 60))) == GIVEN
    assert GIVEN.secret not in repr(GIVEN)


def test_wherever_it_is_cut_off_it_says_so():
    text = encode(GIVEN)
    for length in range(len("gti1."), len(text)):
        with pytest.raises(UsageError, match="the end of the invitation is missing"):
            decode(text[:length])


def test_wherever_it_is_edited_it_says_so():
    text = encode(GIVEN)
    for at in range(len("gti1."), len(text)):
        edited = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        with pytest.raises(UsageError, match=r"was changed|end of the invitation is missing"):
            decode(edited)


@pytest.mark.parametrize("text", ["", "hello", "gti2.abc.0123456789ab", "gt join x"])
def test_something_else_is_no_invitation(text):
    with pytest.raises(UsageError, match="no invitation"):
        decode(text)


def test_one_without_its_parts_cannot_be_read():
    body = "e30"  # {}
    checksum = hashlib.sha256(f"gti1.{body}".encode()).hexdigest()[:12]
    with pytest.raises(UsageError, match="cannot be read"):
        decode(f"gti1.{body}.{checksum}")


def test_it_expires_and_of_one_that_just_did_by_the_clock_here_the_hub_decides():
    check(GIVEN, GIVEN.expires + APART - 1)
    with pytest.raises(RefusedError, match="expired on 2027-01-15"):
        check(GIVEN, GIVEN.expires + APART)


@pytest.mark.parametrize(("protocol", "older"), [(PROTOCOL + 1, "town"), (PROTOCOL - 1, "hub")])
def test_one_of_another_version_says_who_is_older(protocol, older):
    with pytest.raises(RefusedError, match=f"speaks version {protocol}") as refused:
        check(msgspec.structs.replace(GIVEN, protocol=protocol), 0.0)
    assert refused.value.hint.endswith(f"of the {older}")
