"""A throw-away PostgreSQL cluster for one test session.

`database_url()` makes a database on it that nobody has used; it is started when the first one is
wanted. With the fixture `postgresql` a test may stop and freeze it. PostgreSQL refuses to run as
root, so there it runs as another user. The kernel ends it when pytest dies.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Optional

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
from twisted.internet.threads import deferToThread

from support.daemons import free_port

START_TIMEOUT = 60.0  # seconds; usually 1
TEMPLATE = "tables"  # a database with the tables of rabbitchat in it

_LIBC: Any = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1  # prctl(2)


class PostgreSQL:
    """One cluster, on a free port of 127.0.0.1, that can be stopped and started again."""

    def __init__(self) -> None:
        self.port = free_port()
        # Not below pytest's directories, which the other user can't enter.
        self._directory = Path(tempfile.mkdtemp(prefix="rabbitchat-postgresql-"))
        self._user = _other_user() if os.getuid() == 0 else None
        self._server: Optional[subprocess.Popen[bytes]] = None
        self._numbers = count(1)
        if self._user is not None:
            os.chown(self._directory, self._user.pw_uid, self._user.pw_gid)
        data = self._directory / "data"
        made = self._spawn(
            _program("initdb"), "-D", data, "-A", "trust", "-U", "chat", "-E", "UTF8", "-N",
            "--no-locale",
        ).wait()  # fmt: skip
        assert made == 0, self._output()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._server = self._spawn(
            _program("postgres"), "-D", self._directory / "data", "-p", str(self.port),
            "-k", self._directory, "-c", "listen_addresses=127.0.0.1",
            # A database that is killed loses nothing by this; only a whole machine would.
            "-c", "fsync=off",
        )  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            assert self._server.poll() is None, self._output()
            with contextlib.suppress(psycopg.OperationalError):
                self.execute("SELECT 1")
                return
            assert time.monotonic() < deadline, self._output()
            time.sleep(0.05)

    async def start_later(self) -> None:
        """The same without blocking the reactor."""
        await deferToThread(self.start)

    def stop(self) -> None:
        """End it at once, with all its connections (SIGINT: a fast shutdown)."""
        server, self._server = self._server, None
        if server is not None:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()

    async def stop_later(self) -> None:
        """The same without blocking the reactor."""
        await deferToThread(self.stop)

    def freeze(self) -> None:
        """Stop it and all its connections from doing anything; they stay open, silent."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._server is not None and self._server.poll() is None

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Carry out one statement, outside any transaction."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as one:
            one.execute(statement.encode())

    def url(self, database: str) -> str:
        """The URL of a database."""
        return f"postgresql://chat@127.0.0.1:{self.port}/{database}"

    def make_template(self) -> None:
        """Make the tables once, for all databases to come."""
        from rabbitchat.database.migrate import migrate

        self.execute(f"CREATE DATABASE {TEMPLATE}")
        url = self.url(TEMPLATE).replace("postgresql:", "postgresql+psycopg:")
        with create_engine(url, poolclass=NullPool).connect() as connection:
            migrate(connection)
        self.execute("DELETE FROM log", TEMPLATE)  # each is to have an epoch of its own

    def new_database(self, template: str = TEMPLATE) -> str:
        """The URL of a database that nobody has used."""
        name = f"chat{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def close(self) -> None:
        """End it and remove its files."""
        with contextlib.suppress(ProcessLookupError, AssertionError):
            self.thaw()
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        assert self._server is not None, "PostgreSQL is not running"
        children = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children").read_text()
        for pid in [self._server.pid, *map(int, children.split())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _spawn(self, *command: str | Path) -> subprocess.Popen[bytes]:
        with (self._directory / "output").open("ab") as output:
            return subprocess.Popen(
                [str(part) for part in command],
                # Nothing is inherited: an operator's PG* must not lead us to their cluster.
                env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=self._in_child,
            )

    def _in_child(self) -> None:
        if self._user is not None:
            os.setgroups([])
            os.setgid(self._user.pw_gid)
            os.setuid(self._user.pw_uid)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if hasattr(_LIBC, "prctl"):  # after the change of user, which takes it back
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)

    def _output(self) -> str:
        return (self._directory / "output").read_text(errors="replace")[-3000:]


def _other_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.fail("PostgreSQL can't run as root, and there is no user postgres or nobody", False)


def _program(name: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    found = shutil.which(name) or (shutil.which(name, path=str(places[-1])) if places else None)
    if found is None:
        pytest.fail(f"{name} is missing: install PostgreSQL (the package postgresql)", False)
    return found


_shared: list[PostgreSQL] = []


def _cluster() -> PostgreSQL:
    if not _shared:
        cluster = PostgreSQL()
        _shared.append(cluster)
        cluster.start()
        cluster.make_template()
    return _shared[0]


def database_url() -> str:
    """The URL of a database that nobody has used."""
    return _cluster().new_database()


def pytest_unconfigure() -> None:
    """End the cluster."""
    while _shared:
        _shared.pop().close()


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    """The session's cluster, running, for a test that stops or freezes it."""
    cluster = _cluster()
    yield cluster
    if cluster.running:
        cluster.thaw()
    else:
        cluster.start()
