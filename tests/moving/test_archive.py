"""A backup is read whole or not at all."""

import os
import tarfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gastown.errors import RefusedError, UnknownThingError
from gastown.moving import archive
from gastown.moving.parts import Manifest

MANIFEST = Manifest(
    format=1, name="gt", incarnation="01JA", lineage="01JA", path="/gt", nats_url="", position=3, events=4, at=5.0,
    rigs=(), texts=("a" * 64,),
)  # fmt: skip
PARTS = {"log.gz": b"\x1f\x8b" + bytes(range(256)) * 9, f"text-{'a' * 64}": b"long", "app.pack": b"PACK" * 700}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    parts = tmp_path / "parts"
    parts.mkdir()
    for name, content in PARTS.items():
        (parts / name).write_bytes(content)
    file = tmp_path / "backup"
    assert archive.write(MANIFEST, parts, file) == file.stat().st_size
    return file


def extracted(file: Path, folder: Path) -> dict[str, bytes]:
    folder.mkdir(exist_ok=True)
    archive.extract(file, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_is_private_and_comes_back_as_it_was(written: Path, tmp_path: Path) -> None:
    assert written.stat().st_mode & 0o777 == 0o600
    assert archive.read(written) == MANIFEST
    assert PARTS.items() <= extracted(written, tmp_path / "out").items()
    assert sorted(os.listdir(tmp_path)) == ["backup", "out", "parts"]


def test_cut_off_anywhere_it_is_refused(written: Path) -> None:
    content = written.read_bytes()
    with tarfile.open(written) as whole:
        end = whole.getmembers()[-1]
    for size in (*range(0, end.offset_data + end.size, 499), end.offset_data + end.size - 1):
        written.write_bytes(content[:size])
        with pytest.raises(RefusedError, match="no whole backup"):
            archive.read(written)


def test_with_a_byte_changed_anywhere_it_is_refused_or_says_the_same(written: Path, tmp_path: Path) -> None:
    content = written.read_bytes()
    told = extracted(written, tmp_path / "out")
    refused = 0
    for place in range(0, len(content), 101):
        changed = bytearray(content)
        changed[place] ^= 0x20
        written.write_bytes(changed)
        try:
            same = archive.read(written)
        except RefusedError:
            refused += 1
        else:
            assert same == MANIFEST
            assert extracted(written, tmp_path / "out") == told, place
    assert refused > len(b"".join(PARTS.values())) // 101


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" + b"x" * 5000, b"{}", os.urandom(20_000)])
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b").write_bytes(content)
    with pytest.raises(RefusedError, match="no whole backup"):
        archive.read(tmp_path / "b")
    with pytest.raises(UnknownThingError):
        archive.read(tmp_path / "gone")


def test_members_that_would_go_elsewhere_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    for name in ("../x", "/x", "a/b", ".."):
        with tarfile.open(tmp_path / "b", "w") as evil:
            evil.add(tmp_path / "x", name)
        with pytest.raises(RefusedError, match="no whole backup"):
            archive.read(tmp_path / "b")


def test_what_a_newer_version_made_is_said_to_be_that(written: Path, tmp_path: Path) -> None:
    newer: Any = msgspec.structs.replace(MANIFEST, format=2)
    parts = tmp_path / "parts2"
    parts.mkdir()
    archive.write(newer, parts, written)
    with pytest.raises(RefusedError, match="newer version"):
        archive.read(written)


def test_a_disk_that_is_full_leaves_the_backup_that_was_there(written: Path, tmp_path: Path) -> None:
    before = written.read_bytes()
    with pytest.raises(OSError):
        archive.write(MANIFEST, tmp_path / "no such folder", written)
    assert written.read_bytes() == before
    assert [name for name in os.listdir(tmp_path) if name.endswith("draft")] == []
