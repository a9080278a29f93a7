"""A file that grows, followed."""

from pathlib import Path

import anyio

from gastown.adapters.files.growing import MOST, last_lines, lines_from, watched


def append(file: Path, text: bytes) -> None:
    with file.open("ab") as content:
        content.write(text)


def test_whole_lines_are_told_and_the_rest_waits(tmp_path: Path) -> None:
    file = tmp_path / "output.log"
    assert lines_from(file, 0, over=False) == (b"", 0)
    append(file, "one\nzwö".encode())
    assert lines_from(file, 0, over=False) == (b"one\n", 4)
    append(file, b"lf\n")
    assert lines_from(file, 4, over=False) == ("zwölf\n".encode(), 11)
    append(file, b"no end")
    assert lines_from(file, 11, over=False) == (b"", 11)
    assert lines_from(file, 11, over=True) == (b"no end", 17)


def test_a_long_line_comes_in_pieces(tmp_path: Path) -> None:
    file = tmp_path / "output.log"
    append(file, b"x" * (MOST + 5))
    piece, offset = lines_from(file, 0, over=False)
    assert (len(piece), offset) == (MOST, MOST)


def test_what_was_cut_goes_on_at_its_end(tmp_path: Path) -> None:
    file = tmp_path / "output.log"
    append(file, b"short\n")
    assert lines_from(file, 1000, over=False) == (b"", 6)


def test_the_last_lines(tmp_path: Path) -> None:
    file = tmp_path / "output.log"
    assert last_lines(file, 3) == (b"", 0)
    append(file, b"1\n2\n3\nhalf")
    assert last_lines(file, 2) == (b"2\n3\n", 6)
    assert last_lines(file, 0) == (b"", 6)


async def test_a_change_is_told_also_of_a_file_that_comes_to_be(tmp_path: Path) -> None:
    async with watched(tmp_path) as changed:
        for text in (b"one\n", b"two\n"):
            append(tmp_path / "output.log", text)
            with anyio.fail_after(5):
                await changed()
    text, _ = lines_from(tmp_path / "output.log", 0, over=False)
    assert text == b"one\ntwo\n"
