from collections.abc import Callable
from typing import Any

from gastown.events.host import HostArrived, HostReturned, HostSilent
from gastown.projections import host, town
from gastown.projections.kernel.store import Store


def test_the_host_is_the_last_that_arrived(tale: Any, seen: Callable[[], Store]) -> None:
    assert host.show(seen()) is None
    tale.tell("host", "host", HostArrived(host="a", machine="here", epoch=1))
    tale.tell("host", "host", HostArrived(host="b", machine="there", epoch=2))
    shown = host.show(seen())
    assert shown is not None
    assert (shown["host"], shown["machine"], shown["epoch"], shown["silent_since"]) == ("b", "there", 2, None)
    assert town.status(seen())["host"] == shown


def test_silence_is_shown_until_it_is_heard_again_or_succeeded(tale: Any, seen: Callable[[], Store]) -> None:
    tale.tell("host", "host", HostArrived(host="a", machine="here", epoch=1))
    for end in (HostReturned(host="a", epoch=1), HostArrived(host="b", machine="here", epoch=2)):
        tale.tell("host", "host", HostSilent(host="a", epoch=1, seconds=15))
        assert (host.show(seen()) or {})["silent_since"] is not None
        tale.tell("host", "host", end)
        assert (host.show(seen()) or {})["silent_since"] is None
