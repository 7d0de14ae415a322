"""The options of the daemon, their help, and where they come from: arguments or variables."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional, Union

from twisted.internet.interfaces import IReactorCore
from twisted.logger import Logger
from twisted.python import usage

import rabbitchat
from rabbitchat.data_directory import SYSTEM, default_database
from rabbitchat.settings import BadOption, Limits, Settings, parse

PREFIX = "RABBITCHAT_"

log = Logger()

SYNOPSIS = """\
Usage: rabbitchat [options]               in the foreground, until Ctrl+C
       twistd -n rabbitchat [options]     the same
       twistd rabbitchat [options]        as a daemon in the background"""

EPILOGUE = """\
A port is a number or any Twisted endpoint description: tcp:9191:interface=127.0.0.1 (this
machine only), tls:DIRECTORY_OF_PEM_FILES:port=443, systemd:domain=INET:index=0,
haproxy:tcp:9191. `twistd -ny rabbitchat.tac` takes the same options from the environment:
RABBITCHAT_PORT, RABBITCHAT_LINE_PORT and so on; what may be repeated is separated by commas."""


@dataclass(frozen=True)
class Option:
    """One option: `--name VALUE`."""

    name: str
    value: str
    help: str
    default: Union[str, Callable[[], str], None] = None  # as it is shown
    repeated: bool = False

    @property
    def shown_default(self) -> Optional[str]:
        """What holds when the option is not given, in words or as it would be typed."""
        return self.default() if callable(self.default) else self.default

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return _variable(self.name)


def _variable(option: str) -> str:
    return PREFIX + option.upper().replace("-", "_")


def _limit(name: str, value: str, what: str) -> Option:
    default = getattr(Limits, name.replace("-", "_"))
    return Option(name, value, what, f"{default:g}" if default < 1000 else str(default))


GROUPS: Mapping[str, Sequence[Option]] = {
    "Where it listens": [
        Option("port", "PORT", "HTTP: the web page, WebSocket and SockJS", "9191"),
        Option(
            "line-port", "PORT", "the line protocol, for telnet and nc; none: turned off", "9192"
        ),
    ],
    "What it is part of": [
        Option(
            "broker",
            "URL",
            "how daemons hear one another. memory: is one process that needs nothing else. "
            "amqp://user:password@host:5672/vhost or amqps://... is RabbitMQ; several, separated "
            "by commas, are tried in turn",
            "memory:",
        ),
        Option(
            "exchange",
            "NAME",
            "daemons with the same broker, vhost and exchange are one chat",
            "rabbitchat",
        ),
        Option(
            "database",
            "URL",
            "where what was said is kept. sqlite:///relative.sqlite and "
            "sqlite:////absolute.sqlite are a file, postgresql://user:password@host/database is "
            "a server; several daemons may share either. memory: forgets it when the process "
            "ends. The default is rabbitchat.sqlite in the data directory: $STATE_DIRECTORY "
            "(systemd's) if that is set to an absolute path, else $XDG_DATA_HOME/rabbitchat "
            "likewise, else ~/.local/share/rabbitchat, or for a user without a home directory "
            f"{SYSTEM}",
            default_database,
        ),
        Option(
            "history-keep",
            "COUNT,DAYSd",
            "how much of a room is kept: so many messages (10000), for so many days (90d), or "
            "both (10000,90d); 0 is all of it",
            "all; 1000 messages with --database memory:",
        ),
        Option(
            "node",
            "NAME",
            "this process's name among the daemons of the chat",
            "the host's name and a random suffix",
        ),
    ],
    "Limits; 0 lifts one": [
        _limit("rate", "NUMBER", "messages a second that a user may say for long"),
        _limit("burst", "NUMBER", "messages that a user may say at once"),
        _limit("max-text", "CHARACTERS", "the longest message"),
        _limit("max-line", "BYTES", "the longest line or WebSocket frame"),
        _limit("max-rooms", "NUMBER", "rooms that a user may be in"),
        _limit("max-connections-per-ip", "NUMBER", "connections from one address"),
        _limit("max-buffer", "BYTES", "a client that leaves more unread is closed"),
        _limit("connect-timeout", "SECONDS", "until a client must have given its name"),
        _limit("ping", "SECONDS", "of silence after which a client is asked if it is there"),
        _limit("grace", "SECONDS", "that a user whose connection was lost stays"),
        _limit("session-keep", "DAYS", "that a user can come back as the same user"),
        _limit("edit-within", "SECONDS", "that users may edit what they said"),
    ],
    "Who may come": [
        Option(
            "allow-origin",
            "ORIGIN",
            "another site whose pages may connect, such as https://chat.example; the daemon's own "
            "page always may. May be given several times",
            repeated=True,
        ),
        Option(
            "trust-proxy",
            "ADDRESS",
            "a proxy in front, as an address or network, whose X-Forwarded-For is believed. "
            "May be given several times",
            repeated=True,
        ),
    ],
}

OPTIONS: Sequence[Option] = [option for group in GROUPS.values() for option in group]


def help_text(width: int = 96) -> str:
    """All options by group, with their defaults."""
    lines = [""]
    for title, group in GROUPS.items():
        lines += [f"{title}:", *(line for option in group for line in _described(option, width))]
        lines.append("")
    lines += ["Other:", "  --help     show this", "  --version  show the version", "", EPILOGUE]
    return "\n".join(lines)


def _described(option: Option, width: int) -> list[str]:
    column = 36
    default = option.shown_default
    shown = f" [default: {default}]" if default is not None else ""
    text = textwrap.wrap(
        option.help + shown, width - column, break_on_hyphens=False, break_long_words=False
    )
    first = f"  --{option.name} {option.value}".ljust(column) + text[0]
    return [first, *(" " * column + line for line in text[1:])]


class Options(usage.Options):
    """The command line. What is wrong on it ends the process with status 1 and one line."""

    optParameters = [
        [option.name, None, None, option.help] for option in OPTIONS if not option.repeated
    ]

    def __init__(self) -> None:
        super().__init__()
        for option in OPTIONS:
            if option.repeated:
                self.opts[option.name] = []

    def opt_allow_origin(self, origin: str) -> None:
        """Add an origin."""
        self.opts["allow-origin"].append(origin)

    def opt_trust_proxy(self, address: str) -> None:
        """Add a proxy."""
        self.opts["trust-proxy"].append(address)

    def opt_version(self) -> None:
        """Show the version and exit."""
        print(f"rabbitchat {rabbitchat.__version__}")
        raise SystemExit(0)

    def getSynopsis(self) -> str:
        """How the daemon is called; the same text whichever way it was."""
        return SYNOPSIS

    def getUsage(self, width: Optional[int] = None) -> str:
        """The options, in groups."""
        return help_text()

    def parseArgs(self, *arguments: str) -> None:
        """Refuse what is not an option."""
        if arguments:
            raise usage.UsageError(f"{arguments[0]!r} was given; only options are accepted")

    def parseOptions(self, options: Optional[Sequence[str]] = None) -> None:
        """Read the arguments. Raises SystemExit with one line where twistd would dump its help."""
        try:
            super().parseOptions(options)
        except usage.UsageError as why:
            raise SystemExit(f"rabbitchat: {why} (rabbitchat --help lists the options)") from None

    def settings(self, reactor: IReactorCore) -> Settings:
        """What was chosen. Raises SystemExit with one line when an option is wrong."""
        given = {option.name: self.opts[option.name] for option in OPTIONS}
        given = {name: value for name, value in given.items() if value not in (None, [])}
        try:
            return parse(given, reactor)
        except BadOption as why:
            raise SystemExit(f"rabbitchat: {why}") from None


def from_environment(environment: Mapping[str, str], reactor: IReactorCore) -> Settings:
    """What the RABBITCHAT_* variables choose; an empty one counts as not set, and one that is no
    option's is ignored, which is logged: a container may have others that begin like these.

    Raises SystemExit with one line, which names the variable, when one is wrong.
    """
    given: dict[str, Union[str, Sequence[str]]] = {}
    for option in OPTIONS:
        if value := environment.get(option.variable):
            given[option.name] = value.split(",") if option.repeated else value
    for name in sorted(set(environment) - {option.variable for option in OPTIONS}):
        if name.startswith(PREFIX):
            log.warn("{name} is ignored: rabbitchat has no such option", name=name)
    try:
        return parse(given, reactor)
    except BadOption as why:
        raise SystemExit(f"rabbitchat: {why.named(_variable(why.option))}") from None
