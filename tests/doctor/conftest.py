from pathlib import Path

import pytest

from gastown import config
from gastown.clock import new_id
from gastown.config import TownConfig


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TownConfig:
    """Installed, never started."""
    monkeypatch.delenv("GT_NATS_URL", raising=False)
    return config.install(tmp_path / "town", "test", new_id())
