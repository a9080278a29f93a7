import os
from pathlib import Path

import anyio
import pytest

from gastown.adapters.processes.census import start_time
from gastown.adapters.processes.child import Known
from gastown.daemon import beats
from gastown.daemon.beats import beats_of, give_beats

ME = Known(os.getpid(), start_time(os.getpid()))


def the_file(town) -> Path:
    return town.socket_path().with_suffix(".town.beats")


async def test_each_beat_counts(town, monkeypatch):
    monkeypatch.setattr(beats, "BEAT", 0.001)
    assert beats_of(town, "town", ME) is None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(give_beats, town, "town")
        with anyio.fail_after(10):
            while (beats_of(town, "town", ME) or 0) < 3:  # noqa: ASYNC110  the file tells no event
                await anyio.sleep(0.001)
        tasks.cancel_scope.cancel()
    assert beats_of(town, "host", ME) is None


async def one_beat(town) -> None:
    with anyio.move_on_after(0.05):
        await give_beats(town, "town")


async def test_they_are_of_that_process_only(town):
    await one_beat(town)
    assert beats_of(town, "town", ME) == 1
    assert beats_of(town, "town", Known(ME.pid, ME.started + 1)) is None
    assert beats_of(town, "town", Known(1, ME.started)) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]"])
async def test_half_a_file_is_no_sign(town, content):
    the_file(town).write_bytes(content)
    assert beats_of(town, "town", ME) is None


async def test_without_room_no_old_sign_stays(town):
    await one_beat(town)
    draft = the_file(town).with_suffix(".new")
    draft.mkdir()  # nothing can be written there any more
    await one_beat(town)
    assert not the_file(town).exists()
