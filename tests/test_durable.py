"""Files that survive a power cut; that they do is shown by `tests/crash/test_power_cut.py`."""

import os
import stat

import pytest

from gastown import durable


def test_a_file_is_replaced_with_its_folders_made_and_no_draft_left(tmp_path):
    file = tmp_path / "new" / "folder" / "note"
    durable.write(file, b"one")
    durable.write(file, b"two")
    assert file.read_bytes() == b"two"
    assert list(file.parent.iterdir()) == [file]


def test_a_secret_is_never_readable_by_others(tmp_path):
    durable.write(tmp_path / "secret", b"x", mode=0o600)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    file = tmp_path / "note"
    durable.write(file, b"one")
    (tmp_path / f"note.{os.getpid()}.new").mkdir()
    with pytest.raises(IsADirectoryError):
        durable.write(file, b"two")
    assert file.read_bytes() == b"one"
