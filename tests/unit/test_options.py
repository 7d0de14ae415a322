"""The command line and the environment: the same options, the same checks, one line each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from twisted.internet.testing import MemoryReactor
from twisted.logger import LogLevel, capturedLogs, formatEvent

import rabbitchat
from rabbitchat.checks import HistoryKeep
from rabbitchat.data_directory import default_database
from rabbitchat.options import OPTIONS, Option, Options, from_environment
from rabbitchat.settings import Limits, Settings

CHECKOUT = Path(rabbitchat.__file__).parents[1]

GOOD = {
    "port": "tcp:1234:interface=127.0.0.1",
    "line-port": "none",
    "broker": "amqp://u:p@one/v,amqp://u:p@two/v",
    "exchange": "other",
    "database": "memory:",
    "history-keep": "10000,90d",
    "node": "n1",
    "rate": "0.5",
    "burst": "1",
    "max-text": "2",
    "max-line": "3",
    "max-rooms": "4",
    "max-connections-per-ip": "5",
    "max-buffer": "6",
    "connect-timeout": "7",
    "ping": "8",
    "grace": "9",
    "session-keep": "10",
    "edit-within": "11",
    "allow-origin": "https://a.example",
    "trust-proxy": "10.0.0.0/8",
}
CHOSEN = Settings(
    node="n1",
    port="tcp:1234:interface=127.0.0.1",
    line_port=None,
    brokers=("amqp://u:p@one/v", "amqp://u:p@two/v"),
    exchange="other",
    database="memory:",
    history_keep=HistoryKeep(10000, 90.0),
    limits=Limits(0.5, 1, 2, 3, 4, 5, 6, 7.0, 8.0, 9.0, 10.0, 11.0),
    allow_origins=("https://a.example",),
    trust_proxies=("10.0.0.0/8",),
)


def chosen(*arguments: str) -> Settings:
    options = Options()
    options.parseOptions(list(arguments))
    return options.settings(MemoryReactor())


def refused(*arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        chosen(*arguments)
    line = caught.value.code  # a string is printed on stderr, and the status is 1
    assert isinstance(line, str)
    assert "\n" not in line
    return line


def test_every_option_of_the_contract() -> None:
    assert [option.name for option in OPTIONS] == list(GOOD)
    assert chosen(*(f"--{name}={value}" for name, value in GOOD.items())) == CHOSEN


def test_every_variable() -> None:
    variables = {f"RABBITCHAT_{n.upper().replace('-', '_')}": v for n, v in GOOD.items()}
    assert from_environment(variables, MemoryReactor()) == CHOSEN


def test_nothing_given() -> None:
    for settings in (chosen(), from_environment({}, MemoryReactor())):
        assert settings == Settings(settings.node, default_database())


def test_repeated_options() -> None:
    settings = chosen(
        "--allow-origin=https://a.example",
        "--trust-proxy=::1",
        "--allow-origin=https://b.example",
        "--trust-proxy=127.0.0.1",
    )
    assert settings.allow_origins == ("https://a.example", "https://b.example")
    assert settings.trust_proxies == ("::1", "127.0.0.1")


def test_repeated_options_in_the_environment() -> None:
    settings = from_environment(
        {
            "RABBITCHAT_ALLOW_ORIGIN": "https://a.example,https://b.example",
            "RABBITCHAT_TRUST_PROXY": "::1,127.0.0.1",
        },
        MemoryReactor(),
    )
    assert settings.allow_origins == ("https://a.example", "https://b.example")
    assert settings.trust_proxies == ("::1", "127.0.0.1")


def test_no_state_is_shared_between_two_command_lines() -> None:
    chosen("--allow-origin=https://a.example")
    assert chosen().allow_origins == ()


def test_an_empty_variable_counts_as_not_set() -> None:
    assert from_environment({"RABBITCHAT_PORT": ""}, MemoryReactor()).port == "tcp:9191"


def test_a_variable_of_no_option_is_ignored_and_that_is_logged() -> None:
    with capturedLogs() as logged:
        settings = from_environment({"RABBITCHAT_PROT": "1", "PROT": "2"}, MemoryReactor())
    assert settings.port == "tcp:9191"
    assert [formatEvent(event) for event in logged] == [
        "RABBITCHAT_PROT is ignored: rabbitchat has no such option"
    ]
    assert [event["log_level"] for event in logged] == [LogLevel.warn]


@pytest.mark.parametrize("option", OPTIONS)
def test_a_bad_value_names_option_and_value(option: Option) -> None:
    line = refused(f"--{option.name}=~bad~")
    assert line.startswith(f"rabbitchat: --{option.name}: '~bad~' was given; accepted is ")


@pytest.mark.parametrize("option", OPTIONS)
def test_a_bad_value_names_the_variable(option: Option) -> None:
    with pytest.raises(SystemExit) as caught:
        from_environment({option.variable: "~bad~"}, MemoryReactor())
    assert str(caught.value.code).startswith(f"rabbitchat: {option.variable}: '~bad~' was given; ")


def test_an_empty_value_is_an_error() -> None:
    for option in OPTIONS:
        assert refused(f"--{option.name}=").startswith(f"rabbitchat: --{option.name}: ''")


@pytest.mark.parametrize(
    "arguments",
    [["--bogus"], ["--bogus=1"], ["-x"], ["--port"], ["--help=1"], ["start"], ["--", "--port"]],
)
def test_a_bad_command_line(arguments: list[str]) -> None:
    line = refused(*arguments)
    assert line.startswith("rabbitchat: ")
    assert line.endswith("(rabbitchat --help lists the options)")


def test_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")  # it is shown, however long it is
    with pytest.raises(SystemExit) as caught:
        Options().parseOptions(["--help"])
    assert not caught.value.code
    text = capsys.readouterr().out
    assert text.startswith("Usage: rabbitchat [options]")
    assert max(map(len, text.splitlines())) <= 99
    for option in OPTIONS:
        assert f"  --{option.name} {option.value}" in text
        if option.default is not None:
            flat = " ".join(text.split())
            assert f"[default: {option.shown_default}]" in flat
    assert text.isascii()


def test_shown_defaults_are_the_real_ones() -> None:
    for option in OPTIONS:
        if option.default is not None and option.name not in ("node", "history-keep"):
            given = chosen(f"--{option.name}={option.shown_default}", "--node=n")
            assert given == Settings("n", default_database()), option.name


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        Options().parseOptions(["--version"])
    assert not caught.value.code
    assert capsys.readouterr().out == f"rabbitchat {rabbitchat.__version__}\n"


def test_the_plugin_imports_neither_the_daemon_nor_a_reactor() -> None:
    code = """
import sys
from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins
makers = [maker for maker in getPlugins(IServiceMaker) if maker.tapname == "rabbitchat"]
assert [maker.module for maker in makers] == ["rabbitchat.tap"], makers
assert not {"rabbitchat.tap", "twisted.internet.reactor"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=True)
