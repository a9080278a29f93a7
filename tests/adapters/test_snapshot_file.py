"""The file takes nothing for a snapshot that is not whole, of this town, and made by this very code."""

from pathlib import Path

import anyio
import pytest

from gastown.adapters import snapshot_file
from gastown.adapters.snapshot_file import SnapshotFile

PIECES = [b"one", b"", b"two" * 1000]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "owners.snapshot"


def file(path: Path, incarnation: str = "A", key: bytes = b"secret") -> SnapshotFile:
    return SnapshotFile(path, incarnation=incarnation, key=key)


def save(path: Path, pieces: list[bytes]) -> None:
    anyio.run(file(path).save, pieces)


def load(path: Path, incarnation: str = "A", key: bytes = b"secret") -> bytes | None:
    return anyio.run(file(path, incarnation, key).load)


def test_what_was_saved_last_is_loaded(path: Path):
    assert load(path) is None
    save(path, [b"earlier"])
    save(path, PIECES)
    assert load(path) == b"".join(PIECES)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_it_is_private(path: Path):
    save(path, PIECES)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_cut_off_anywhere_is_ignored(path: Path):
    save(path, PIECES)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert load(path) is None


def test_a_file_with_one_wrong_bit_anywhere_is_ignored(path: Path):
    save(path, PIECES)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        wrong = bytearray(whole)
        wrong[place] ^= 1
        path.write_bytes(wrong)
        assert load(path) is None


def test_another_towns_file_is_ignored(path: Path):
    save(path, PIECES)
    assert load(path, incarnation="B") is None
    assert load(path, key=b"other") is None


def test_a_file_made_by_other_code_is_ignored(path: Path, monkeypatch: pytest.MonkeyPatch):
    save(path, PIECES)
    monkeypatch.setattr(snapshot_file, "code_fingerprint", lambda: "other")
    assert load(path) is None


def test_any_line_of_a_role_or_an_event_changes_the_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("events/bead.py", "actors/mayor/evolve.py", "api/beads.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a")
    (tmp_path / "__init__.py").touch()
    monkeypatch.setattr("gastown.__file__", str(tmp_path / "__init__.py"))
    fingerprint = snapshot_file.code_fingerprint.__wrapped__
    seen = {fingerprint()}
    (tmp_path / "api" / "beads.py").write_text("b")
    assert fingerprint() in seen
    for name in ("events/bead.py", "actors/mayor/evolve.py"):
        (tmp_path / name).write_text("b")
        assert fingerprint() not in seen
        seen.add(fingerprint())
