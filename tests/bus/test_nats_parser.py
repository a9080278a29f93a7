"""Frames are cut rightly, wherever the network happens to cut them."""

import pytest
from nats.errors import ProtocolError

from gastown.bus.nats_parser import LONGEST_LINE, DirectParser

HEADERS = b"NATS/1.0\r\nA: b\r\n\r\n"
STATUS = b"NATS/1.0 100 Idle Heartbeat\r\n\r\n"


def hmsg(subject, number, headers, payload, reply=b""):
    words = [b"HMSG", subject, number, *([reply] if reply else []), b"%d" % len(headers)]
    return b" ".join([*words, b"%d" % (len(headers) + len(payload))]) + b"\r\n" + headers + payload + b"\r\n"


def msg(subject, number, payload, reply=b""):
    words = [b"MSG", subject, number, *([reply] if reply else []), b"%d" % len(payload)]
    return b" ".join(words) + b"\r\n" + payload + b"\r\n"


class Wire:
    """Where nats-py's parser delivers what it understood: stands for nats-py's client."""

    def __init__(self):
        self.heard = []

    async def _process_msg(self, sid, subject, reply, data, headers):
        self.heard.append(("other", sid, subject, reply, data, headers))

    async def _process_ping(self):
        self.heard.append("ping")

    async def _process_pong(self):
        self.heard.append("pong")

    async def _process_info(self, info):
        self.heard.append(info)

    async def _process_err(self, text):
        self.heard.append(text)


def parser_and_wire():
    wire = Wire()
    parser = DirectParser(wire)
    parser.receivers[b"7"] = lambda *message: wire.heard.append(message)
    return parser, wire


STREAM = b"".join(
    [
        msg(b"ev.a", b"7", b"one", reply=b"$JS.ACK.x"),
        b"PING\r\n",
        hmsg(b"ev.b", b"7", HEADERS, b"two\r\nMSG x 7 1\r\n", reply=b"$JS.ACK.y"),
        msg(b"else", b"8", b"three"),
        msg(b"ev.c", b"7", b""),
        hmsg(b"inbox", b"7", STATUS, b""),
        hmsg(b"else", b"8", HEADERS, b"four", reply=b"back"),
        b'INFO {"server_id": "x"}\r\n',
        b"PONG\r\n",
        b"-ERR 'Permissions Violation'\r\n",
        b"+OK\r\n",
        msg(b"ev.d", b"7", b"last"),
    ]
)
HEARD = [
    (b"ev.a", b"$JS.ACK.x", b"one", None),
    "ping",
    (b"ev.b", b"$JS.ACK.y", b"two\r\nMSG x 7 1\r\n", HEADERS),
    ("other", 8, b"else", b"", b"three", None),
    (b"ev.c", b"", b"", None),
    (b"inbox", b"", b"", STATUS),
    ("other", 8, b"else", b"back", b"four", HEADERS),
    {"server_id": "x"},
    "pong",
    "'permissions violation'",
    (b"ev.d", b"", b"last", None),
]


async def test_a_stream_is_understood_whole():
    parser, wire = parser_and_wire()
    await parser.parse(STREAM)
    assert wire.heard == HEARD


async def test_a_stream_is_understood_wherever_it_is_cut_in_two():
    for cut in range(len(STREAM) + 1):
        parser, wire = parser_and_wire()
        await parser.parse(STREAM[:cut])
        await parser.parse(STREAM[cut:])
        assert wire.heard == HEARD, cut


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
async def test_a_stream_is_understood_in_small_pieces(size):
    parser, wire = parser_and_wire()
    for start in range(0, len(STREAM), size):
        await parser.parse(STREAM[start : start + size])
    assert wire.heard == HEARD


async def test_a_large_payload_in_many_pieces_is_put_together():
    payload = bytes(range(256)) * 32_768
    frame = msg(b"ev.a", b"7", payload) + msg(b"ev.b", b"7", b"behind")
    parser, wire = parser_and_wire()
    for start in range(0, len(frame), 32_768):
        await parser.parse(frame[start : start + 32_768])
    assert wire.heard == [(b"ev.a", b"", payload, None), (b"ev.b", b"", b"behind", None)]


async def test_a_reset_forgets_what_was_half_there():
    parser, wire = parser_and_wire()
    await parser.parse(STREAM[:20])
    parser.reset()
    await parser.parse(msg(b"ev.new", b"7", b"fresh"))
    assert wire.heard == [(b"ev.new", b"", b"fresh", None)]


async def test_what_comes_behind_an_error_that_resets_is_left_alone():
    parser, wire = parser_and_wire()

    async def reset(_):
        parser.reset()

    wire._process_err = reset
    await parser.parse(b"-ERR 'Stale Connection'\r\n" + msg(b"ev.old", b"7", b"old"))
    assert wire.heard == []


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request\r\n", b"\r\n", b"x" * (LONGEST_LINE + 1)])
async def test_what_is_not_the_protocol_is_an_error(garbage):
    parser, _ = parser_and_wire()
    with pytest.raises(ProtocolError):
        await parser.parse(garbage)
