"""What the doctor says of memory, disk, home, database, confinement and port."""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.doctor.confinement import examine_confinement
from hearth.doctor.finding import State
from hearth.doctor.home import examine_database, examine_home
from hearth.doctor.machine import examine_cpu, examine_disk, examine_memory, examine_python
from hearth.doctor.server import examine_server
from hearth.engine.server_info import ServerInfo, write_server_info
from support.shapes import GIB, machine

MIB = 2**20
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def test_python() -> None:
    assert examine_python().state is State.OK


def test_processor_with_a_quota() -> None:
    finding = examine_cpu(machine(quota=2.0, num_usable=4))
    assert "of 16 on this machine" in finding.detail
    assert "allows 2 processors' time" in finding.detail
    assert "computes with 2" in finding.detail


def test_memory() -> None:
    assert examine_memory(machine(memory_bytes=8 * GIB)).state is State.OK
    low = examine_memory(machine(memory_bytes=8 * GIB, available_bytes=500 * MIB))
    assert low.state is State.WARN
    assert low.cure


def test_memory_of_a_container() -> None:
    small = machine(memory_bytes=2 * GIB)
    small = replace(small, memory=replace(small.memory, limited_by="container"))
    assert "on this container" in examine_memory(small).detail


@pytest.mark.parametrize(
    ("free", "state"),
    [(10**11, State.OK), (10**9, State.WARN), (10**8, State.BAD)],
)
def test_disk(free: int, state: State) -> None:
    made_up = machine()
    made_up = replace(made_up, storage=replace(made_up.storage, free_bytes=free))
    finding = examine_disk(made_up)
    assert finding.state is state
    assert (finding.cure is None) == (state is State.OK)


# --- home and database ------------------------------------------------------------------------


def test_home_that_will_be_made(own_home: Path) -> None:
    assert examine_home(load_config()).state is State.OK
    assert not own_home.exists()


def test_home_that_is_ready(own_home: Path) -> None:
    own_home.mkdir(mode=0o700)
    assert examine_home(load_config()).state is State.OK


def test_home_that_others_can_read(own_home: Path) -> None:
    own_home.mkdir()
    own_home.chmod(0o755)
    finding = examine_home(load_config())
    assert finding.state is State.WARN
    assert finding.cure == f"chmod 700 '{own_home}'"


def test_home_that_is_a_file(own_home: Path) -> None:
    own_home.write_text("")
    assert examine_home(load_config()).state is State.BAD


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_home_that_cannot_be_made(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    finding = examine_home(load_config(home=closed / "home"))
    assert finding.state is State.BAD
    assert "HEARTH_HOME" in (finding.cure or "")


def test_home_under_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert examine_home(load_config(home=tmp_path / "file" / "home")).state is State.BAD


def test_no_database_yet(own_home: Path) -> None:
    finding = examine_database(load_config())
    assert finding.state is State.OK
    assert not own_home.exists()


def test_database_that_is_whole(own_home: Path) -> None:
    own_home.mkdir()
    with sqlite3.connect(load_config().database_path) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    assert examine_database(load_config()).state is State.OK


def test_database_that_is_none(own_home: Path) -> None:
    own_home.mkdir()
    load_config().database_path.write_bytes(b"this is not a database" * 100)
    finding = examine_database(load_config())
    assert finding.state is State.BAD
    assert finding.cure


def test_database_of_ones_own_is_named_without_its_password() -> None:
    finding = examine_database(load_config(database_url="postgresql://me:secret@host/db"))
    assert "postgresql" in finding.detail
    assert "secret" not in finding.detail


# --- confinement and port ---------------------------------------------------------------------


def test_confinement_that_is_switched_off() -> None:
    finding = examine_confinement(load_config(confine=False))
    assert finding.state is State.WARN
    assert "confine" in (finding.cure or "")


def test_port_that_is_free_or_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        other.listen()
        taken = examine_server(load_config(port=port))
        assert taken.state is State.BAD
        assert f"--port {port + 1}" in (taken.cure or "")
    free = examine_server(load_config(port=port))
    assert free.state is State.OK
    assert "is free" in free.detail


def test_address_that_is_not_here() -> None:
    finding = examine_server(load_config(host="192.0.2.1"))
    assert finding.state is State.BAD
    assert "hearth config" in (finding.cure or "")


class HealthyServer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "ok"}')

    def log_message(self, *_: object) -> None:
        pass


def test_server_that_runs(own_home: Path) -> None:
    own_home.mkdir()
    config = load_config(port=49_152)
    with ThreadingHTTPServer(("127.0.0.1", 0), HealthyServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        info = ServerInfo(pid=42, url=url, token="x", version="0.1.0")
        write_server_info(config.server_info_path, info)
        finding = examine_server(config)
        server.shutdown()
    assert finding.state is State.OK
    assert finding.detail == f"Runs at {url} (process 42, Hearth 0.1.0)."


def test_leftovers_of_a_server_that_is_gone(own_home: Path) -> None:
    own_home.mkdir()
    config = load_config(port=49_152)
    gone = ServerInfo(pid=1, url="http://127.0.0.1:9", token="x", version="0.1.0")
    write_server_info(config.server_info_path, gone)
    assert "None runs" in examine_server(config).detail
