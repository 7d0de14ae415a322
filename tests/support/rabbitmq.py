"""A throw-away RabbitMQ node for one test session: fixtures `rabbitmq` and `vhost`.

It has its own epmd, directories and free ports, so that it never meets a node that runs already,
and the kernel ends both when pytest dies, even by SIGKILL. Works as root and as an ordinary user.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import pytest
from twisted.internet.threads import deferToThread

from support.ports import free_port

START_TIMEOUT = 90.0  # seconds; usually 5
VHOST_BATCH = 8  # made in one call of rabbitmqctl, which takes half a second whatever it does

_PR_SET_PDEATHSIG = 1  # prctl(2)
# No epmd of Erlang's own making: it would be a daemon that outlives the tests.
_ERLANG = "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"


class RabbitMQ:
    """One node that can be started and stopped again on the same port and directories.

    `start`, `stop` and `ctl` block; the `…_later` forms leave the reactor running. A node that is
    made `beside` another one can be found by it; it is started after it and closed before it.
    """

    def __init__(self, directory: Path, beside: Optional[RabbitMQ] = None) -> None:
        self.port = free_port()
        self.name = f"t{self.port}@localhost"
        self._directory = directory
        self._sbin = _sbin()
        self._beside = beside
        epmd_port = free_port() if beside is None else int(beside.environment["ERL_EPMD_PORT"])
        self.environment: dict[str, str] = self._make_environment(epmd_port, free_port())
        self._epmd: Optional[subprocess.Popen[bytes]] = None
        self._server: Optional[subprocess.Popen[bytes]] = None
        self._vhosts: list[str] = []
        self._vhosts_made = 0
        self._write_files()

    # up and down

    def launch(self) -> None:
        """Begin to start; to be called in the main thread, whose end ends the node."""
        if self._epmd is None and self._beside is None:
            # In the foreground and before the node, which else leaves a daemon behind.
            port = self.environment["ERL_EPMD_PORT"]
            self._epmd = self._spawn(_program("epmd"), "-port", port, "-address", "127.0.0.1")
        self._server = self._spawn(str(self._sbin / "rabbitmq-server"))

    def wait_ready(self) -> None:
        """Return when the node speaks AMQP."""
        deadline = time.monotonic() + START_TIMEOUT
        while not self._speaks_amqp():
            running = self._server is not None and self._server.poll() is None
            if not running or time.monotonic() > deadline:
                raise AssertionError(f"RabbitMQ doesn't start:\n{self._output()}")
            time.sleep(0.05)

    def start(self) -> None:
        """Start and wait until it is ready."""
        self.launch()
        self.wait_ready()

    async def start_later(self) -> None:
        """The same without blocking the reactor."""
        self.launch()
        await deferToThread(self.wait_ready)

    def stop(self) -> None:
        """End it in order (SIGTERM)."""
        server = self._take_server()
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

    async def stop_later(self) -> None:
        """The same without blocking the reactor."""
        await deferToThread(self.stop)

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        server = self._take_server()
        server.kill()
        server.wait()

    def freeze(self) -> None:
        """Stop it from doing anything (SIGSTOP); its connections stay open, silent."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._server is not None and self._server.poll() is None

    def configure(self, line: str) -> None:
        """Add a line to its configuration, which is read when it starts."""
        with (self._directory / "rabbitmq.conf").open("a") as file:
            file.write(f"{line}\n")

    def close(self) -> None:
        """End the node and its epmd."""
        if self._server is not None:
            with contextlib.suppress(ProcessLookupError):
                self.thaw()
            self.stop()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()

    # use

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl and return what it prints."""
        command = [str(self._sbin / "rabbitmqctl"), "-n", self.name, "-q", *arguments]
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=self._directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=_die_with_parent,
        )
        assert done.returncode == 0, f"rabbitmqctl {arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    async def ctl_later(self, *arguments: str) -> str:
        """The same without blocking the reactor."""
        return await deferToThread(self.ctl, *arguments)

    def url(self, vhost: str = "/", user: str = "guest", password: str = "guest") -> str:
        """The AMQP URL of a vhost."""
        quoted = vhost.replace("/", "%2F")
        return f"amqp://{user}:{password}@127.0.0.1:{self.port}/{quoted}"

    def new_vhost(self) -> str:
        """The name of a vhost that nobody has used, with all rights for guest."""
        if not self._vhosts:
            first = self._vhosts_made
            self._vhosts_made += VHOST_BATCH
            self._vhosts = [f"v{number}" for number in range(first, self._vhosts_made)]
            names = ",".join(f'<<"{name}">>' for name in self._vhosts)
            self.ctl(
                "eval",
                '[begin ok = rabbit_vhost:add(V, <<"guest">>), '
                "ok = rabbit_auth_backend_internal:set_permissions("
                '<<"guest">>, V, <<".*">>, <<".*">>, <<".*">>, <<"guest">>) end '
                f"|| V <- [{names}]].",
            )
        return self._vhosts.pop(0)

    # how

    def _make_environment(self, epmd_port: int, dist_port: int) -> dict[str, str]:
        here = self._directory
        return {
            # Nothing is inherited: an operator's RABBITMQ_* must not lead us to their node.
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(here / "home"),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(dist_port),
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_CONFIG_FILE": str(here / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(here / "none.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(here / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(here / "mnesia"),
            "RABBITMQ_LOG_BASE": str(here / "log"),
            "RABBITMQ_PLUGINS_EXPAND_DIR": str(here / "expanded"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(here / "generated"),
            "RABBITMQ_PID_FILE": str(here / "pid"),
            # Makes the process that we start the node itself and not a shell around it.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-noinput {_ERLANG}",
            "RABBITMQ_CTL_ERL_ARGS": _ERLANG,
        }

    def _write_files(self) -> None:
        here = self._directory
        home = here / "home"
        home.mkdir()
        (home / ".erlang.cookie").write_text("rabbitchat-tests")
        (home / ".erlang.cookie").chmod(0o400)
        (here / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nlog.console = false\n"
        )
        (here / "plugins").write_text("[].\n")

    def _spawn(self, *command: str) -> subprocess.Popen[bytes]:
        # A file for its output: an inherited pipe would make `pytest | tail` hang.
        with (self._directory / "output").open("ab") as output:
            return subprocess.Popen(
                command,
                env=self.environment,
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,
            )

    def _speaks_amqp(self) -> bool:
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", self.port), 1.0) as probe:
                probe.settimeout(2.0)
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(probe.recv(8))
        return False

    def _take_server(self) -> subprocess.Popen[bytes]:
        server, self._server = self._server, None
        assert server is not None, "RabbitMQ is not running"
        return server

    def _signal(self, number: signal.Signals) -> None:
        assert self._server is not None, "RabbitMQ is not running"
        os.kill(self._server.pid, number)

    def _output(self) -> str:
        return (self._directory / "output").read_text(errors="replace")[-3000:]


def _sbin() -> Path:
    """Where the node's own scripts are: a system's wrapper would switch users."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin"))
    if found:
        return found[-1]
    return Path(_program("rabbitmq-server")).resolve().parent


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        pytest.fail(f"{name} is missing: install RabbitMQ (the package rabbitmq-server)", False)
    return found


def _die_with_parent() -> None:
    libc: Any = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@pytest.fixture(scope="session")
def private_rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """The session's node, in whatever state the last test left it."""
    directory = tmp_path_factory.mktemp("rabbitmq")
    node = RabbitMQ(directory)
    try:
        node.start()
        yield node
    finally:
        node.close()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def rabbitmq(private_rabbitmq: RabbitMQ) -> Iterator[RabbitMQ]:
    """A RabbitMQ node that runs, whatever an earlier test did to it."""
    if not private_rabbitmq.running:
        private_rabbitmq.start()
    yield private_rabbitmq
    if private_rabbitmq.running:
        private_rabbitmq.thaw()


@pytest.fixture
def vhost(rabbitmq: RabbitMQ) -> str:
    """The URL of a vhost that only this test uses."""
    return rabbitmq.url(rabbitmq.new_vhost())
