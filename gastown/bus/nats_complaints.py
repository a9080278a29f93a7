"""What nats-py reports in passing, while it connects and later."""

import logging
import ssl
from collections.abc import Callable

import anyio

from gastown.loggers import get_logger

_log = get_logger("gastown.bus")


class Complaints:
    """Each is logged once, however often it is repeated.

    distrust: what is wrong with the server's certificate, "" for nothing. on_refusal: called whenever the login is
    refused. give_up: called where it is no use to try on, which a refusal says from `believed_from` on, by the loop's
    clock: a server that is just reading its configuration refuses everybody.
    """

    def __init__(self, on_refusal: Callable[[], None], give_up: Callable[[], None], believed_from: float) -> None:
        self._last = ""
        self._give_up = give_up
        self._believed_from = believed_from
        self._on_refusal = on_refusal
        self.distrust = ""

    async def hear(self, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, ssl.SSLCertVerificationError):
            self.distrust = error.verify_message
            self._give_up()
        if "authorization violation" in text.lower():
            self._on_refusal()
            if anyio.current_time() >= self._believed_from:
                self._give_up()
        if text != self._last:
            self._last = text
            _log.log(logging.WARNING if "violation" in text.lower() else logging.INFO, "nats.complaint", error=text)
