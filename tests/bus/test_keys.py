"""The keys that a town proves itself with."""

import stat

import pytest

from gastown.bus.keys import kept_user_key, new_user_key, user_key
from gastown.bus.public_keys import is_public_user_key
from gastown.errors import UsageError

ACCOUNT_SEED = "SAAH6WY77DYOHLYXNG2ESFGMW7HPHSVUORSIMP346LSBHFTNUSMZTDBWTQ"


def test_a_seed_says_the_whole_key_and_no_two_are_the_same():
    one, other = new_user_key(), new_user_key()
    assert user_key(one.seed) == one
    assert one.public != other.public
    assert one.seed not in repr(one)


def test_a_key_is_kept_for_its_owner_alone_and_found_again(tmp_path):
    made = kept_user_key(tmp_path / "secrets" / "hub.nk")
    assert kept_user_key(tmp_path / "secrets" / "hub.nk") == made
    assert stat.S_IMODE((tmp_path / "secrets" / "hub.nk").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"SUAnothing", b"\xff\xfe", ACCOUNT_SEED.encode()])
def test_a_file_with_something_else_is_never_overwritten(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(UsageError, match="does not hold the seed"):
        kept_user_key(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == content


def test_only_the_public_half_of_a_user_s_key_passes_for_one():
    key = new_user_key()
    changed = key.public[:-1] + ("A" if key.public[-1] != "A" else "B")
    assert is_public_user_key(key.public)
    for other in ("", "U", key.seed, changed, key.public.lower(), f"{key.public}, {{", "Ü" * 56, key.public + "\n"):
        assert not is_public_user_key(other), other
