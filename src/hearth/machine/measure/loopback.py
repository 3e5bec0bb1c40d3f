"""How fast two programs of this machine talk over TCP: the most that any answer can come through.

Nothing leaves the machine: both ends are bound to 127.0.0.1.
"""

from __future__ import annotations

import socket
import threading
import time

from hearth.machine.measure.buffers import MIB
from hearth.machine.measure.repeats import summarize
from hearth.machine.profile import Measured

REPEATS = 5
SENT_BYTES = 32 * MIB
PINGS = 200
TIMEOUT_S = 20.0
_CHUNK = MIB


def measure_loopback() -> tuple[Measured, Measured] | str:
    """Return throughput in one direction and the time there and back, or why there is neither."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(TIMEOUT_S)
            with (
                socket.create_connection(server.getsockname(), TIMEOUT_S) as near,
                server.accept()[0] as far,
            ):
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    end.settimeout(TIMEOUT_S)
                rates = [_send(near, far) for _ in range(REPEATS)]
                return summarize(rates, "B/s", "TCP over 127.0.0.1"), _ping(near, far)
    except OSError as error:
        return f"127.0.0.1 cannot be used: {error.strerror or error}"


def _send(near: socket.socket, far: socket.socket) -> float:
    block = bytes(_CHUNK)

    def send() -> None:
        for _ in range(SENT_BYTES // _CHUNK):
            near.sendall(block)

    sender = threading.Thread(target=send)
    buffer = bytearray(_CHUNK)
    began = time.perf_counter()
    sender.start()
    left = SENT_BYTES
    while left:
        received = far.recv_into(buffer)
        if not received:
            raise ConnectionError("the other end is gone")
        left -= received
    elapsed_s = time.perf_counter() - began
    sender.join()
    return SENT_BYTES / elapsed_s


def _ping(near: socket.socket, far: socket.socket) -> Measured:
    def echo() -> None:
        for _ in range(PINGS):
            far.sendall(far.recv(1))

    answering = threading.Thread(target=echo)
    answering.start()
    times = []
    for _ in range(PINGS):
        began = time.perf_counter()
        near.sendall(b".")
        near.recv(1)
        times.append(time.perf_counter() - began)
    answering.join()
    cut = PINGS // 10  # without the slowest and the fastest tenth
    return summarize(sorted(times)[cut:-cut], "s", "one byte there and back over 127.0.0.1")
