"""The development database starts, and starts again after whatever happened to it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from overtime_ledger import devdb
from overtime_ledger.devdb import DatabaseUnavailable, DevelopmentServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevelopmentServer]:
    """A server of its own, with one row in it that must survive everything."""
    own = DevelopmentServer(tmp_path_factory.mktemp("checkout"))
    with psycopg.connect(own.start()) as connection:
        connection.execute("create table kept as select 1 as row")
    yield own
    own.destroy()


def kept(server: DevelopmentServer) -> bool:
    with psycopg.connect(server.url) as connection:
        return connection.execute("select row from kept").fetchone() == (1,)


def process(server: DevelopmentServer) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def test_database_url_wins_and_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://ledger@elsewhere/ledger")
    monkeypatch.setattr(DevelopmentServer, "start", lambda self: pytest.fail("started a server"))
    assert devdb.url() == "postgres://ledger@elsewhere/ledger"


def test_a_second_start_finds_the_first(server: DevelopmentServer) -> None:
    server.start()
    before = process(server)
    started = time.monotonic()
    assert server.start() == server.url
    assert process(server) == before
    assert time.monotonic() - started < 2
    assert kept(server)


def test_data_survive_a_stop(server: DevelopmentServer) -> None:
    server.start()
    server.stop()
    assert not server.running()
    server.start()
    assert kept(server)


def test_what_was_committed_the_moment_before_survives_kill_9(server: DevelopmentServer) -> None:
    connection = psycopg.connect(server.start(), autocommit=True)
    for row in range(20):
        connection.execute(f"create table committed_{row} ()")
    os.kill(process(server), signal.SIGKILL)
    server.start()
    assert kept(server)
    with psycopg.connect(server.url) as again:
        assert again.execute("select to_regclass('committed_19')").fetchone() != (None,)
    connection.close()


def test_eight_starters_at_once_get_one_server(server: DevelopmentServer) -> None:
    server.stop()
    program = (
        "import sys; from overtime_ledger.devdb import *; print(DevelopmentServer(Path(sys.argv[1])).start())"
    )
    command = [sys.executable, "-c", program, str(server.local.parent)]
    starters = [
        subprocess.Popen(command, cwd=devdb.PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(8)
    ]
    assert {starter.communicate()[0].strip() for starter in starters} == {server.url}
    assert kept(server)


def test_a_pid_file_that_names_a_living_stranger_is_no_server(server: DevelopmentServer) -> None:
    server.start()
    lines = (server.data / "postmaster.pid").read_text().splitlines()
    server.stop()
    stranger = subprocess.Popen(["sleep", "60"], user=server.owner.pw_uid if os.geteuid() == 0 else None)
    try:
        (server.data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        server.start()
        assert kept(server)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_socket_swept_out_of_tmp_comes_back(server: DevelopmentServer) -> None:
    server.start()
    shutil.rmtree(server.sockets)
    server.start()
    assert kept(server)


def test_half_made_data_are_made_anew(tmp_path: Path) -> None:
    server = DevelopmentServer(tmp_path)
    data = server.data
    half = data.with_name("pgdata.half")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("14\n")
    try:
        server.start()
        assert server.running()
        assert not half.exists()
    finally:
        server.destroy()
    assert not server.running()
    assert not data.exists()


def test_the_wheel_serves_where_the_machine_has_no_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/bin")
    monkeypatch.setattr(devdb, "DEBIAN_SERVERS", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    server = DevelopmentServer(tmp_path)
    try:
        with psycopg.connect(server.start()) as connection:
            assert connection.info.server_version >= 180000
    finally:
        server.destroy()


def test_without_any_postgresql_one_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DevelopmentServer, "_candidates", lambda self: iter(()))
    server = DevelopmentServer(tmp_path)
    with pytest.raises(DatabaseUnavailable, match="make setup"):
        server.start()
    server.destroy()


def test_data_of_a_version_that_is_gone_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = DevelopmentServer(tmp_path)
    server._own_folder(server.data)
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseUnavailable, match="made by PostgreSQL 9"):
        server.start()
    assert server.data.exists()
    server.destroy()
