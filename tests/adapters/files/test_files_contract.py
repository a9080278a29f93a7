"""What every `Files` promises, asked of each."""

from pathlib import Path

import pytest

from gastown.adapters.files.disk import DiskFiles
from gastown.adapters.files.memory import MemoryFiles
from gastown.adapters.files.port import Files


@pytest.fixture(params=[DiskFiles, MemoryFiles])
def files(request: pytest.FixtureRequest) -> Files:
    return request.param()


async def test_what_was_written_is_read(files: Files, tmp_path: Path) -> None:
    files.write(tmp_path / "deep" / "in" / "one", b"1")
    await files.write_durably(tmp_path / "deep" / "in" / "two", b"2")

    assert files.read(tmp_path / "deep" / "in" / "one") == b"1"
    assert files.read(tmp_path / "deep" / "in" / "two") == b"2"
    assert files.names(tmp_path / "deep" / "in") == ["one", "two"]


async def test_a_second_write_takes_the_place_of_the_first(files: Files, tmp_path: Path) -> None:
    files.write(tmp_path / "one", b"first")
    await files.write_durably(tmp_path / "one", b"second")

    assert files.read(tmp_path / "one") == b"second"
    assert files.names(tmp_path) == ["one"]


def test_a_file_that_is_not_there_is_not_found(files: Files, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.read(tmp_path / "one")
    with pytest.raises(FileNotFoundError):
        files.rename(tmp_path / "one", "two")


def test_a_file_can_be_renamed_and_removed_again_and_again(files: Files, tmp_path: Path) -> None:
    files.write(tmp_path / "one", b"1")

    files.rename(tmp_path / "one", "two")
    assert files.names(tmp_path) == ["two"]
    files.remove(tmp_path / "two")
    files.remove(tmp_path / "two")

    assert files.names(tmp_path) == []


def test_a_folder_that_is_not_there_has_no_names(files: Files, tmp_path: Path) -> None:
    assert files.names(tmp_path / "nowhere") == []


def test_the_tail_is_made_of_whole_lines_where_it_has_any(files: Files, tmp_path: Path) -> None:
    files.write(tmp_path / "log", b"one\ntwo\nthree\n")

    assert files.tail(tmp_path / "log", 100) == "one\ntwo\nthree\n"
    assert files.tail(tmp_path / "log", 8) == "three\n"
    assert files.tail(tmp_path / "log", 3) == "ee\n"
    assert files.tail(tmp_path / "none", 3) == ""


def test_a_folder_is_removed_with_all_that_is_in_it(files: Files, tmp_path: Path) -> None:
    files.write(tmp_path / "one" / "deep" / "a", b"a")
    files.write(tmp_path / "one" / "b", b"b")
    files.write(tmp_path / "one-more" / "c", b"c")

    files.remove_folder(tmp_path / "one")
    files.remove_folder(tmp_path / "one")

    assert files.names(tmp_path) == ["one-more"]
