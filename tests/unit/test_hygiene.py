"""tests/support/hygiene.py really fails a test that leaves a mess, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

import support.hygiene

pytest_plugins = ["pytester"]

HEAD = """
import pytest_twisted
from twisted.internet import defer, protocol, reactor, task
from twisted.logger import Logger
from twisted.python import failure
log = Logger(namespace="somewhere")
"""

CLEAN = {
    "nothing": "def test_it():\n    pass",
    "a timer that fires": """
@pytest_twisted.ensureDeferred
async def test_it():
    await task.deferLater(reactor, 0.001, lambda: None)
""",
    "a timer that is about to fire": """
def test_it():
    reactor.callLater(0.05, lambda: None)
""",
    "a port that is being closed": """
def test_it():
    reactor.listenTCP(0, protocol.Factory(), interface="127.0.0.1").stopListening()
""",
    "a handled error": """
def test_it():
    defer.fail(ValueError("handled")).addErrback(lambda failure: None)
""",
    "a warning with a failure": """
def test_it():
    try:
        1 / 0
    except ZeroDivisionError:
        log.warn("so what", log_failure=failure.Failure())
""",
    "an expected logged failure": """
def test_it(expected_failures):
    try:
        1 / 0
    except ZeroDivisionError:
        log.failure("as it should be")
    assert len(expected_failures.flush(ZeroDivisionError)) == 1
""",
    "an expected unhandled error": """
def test_it(expected_failures):
    defer.fail(ValueError("lost"))
    assert [f.type for f in expected_failures.flush()] == [ValueError]
""",
}

MESS = {
    "unhandled error in a Deferred": (
        """
def test_it():
    defer.fail(ValueError("nobody cares"))
""",
        "*ValueError: nobody cares*",
    ),
    "unhandled error in a reference cycle": (
        """
def test_it():
    deferred = defer.Deferred()
    deferred.me = deferred
    deferred.errback(ValueError("nobody cares"))
""",
        "*ValueError: nobody cares*",
    ),
    "logged failure": (
        """
def test_it():
    try:
        1 / 0
    except ZeroDivisionError:
        log.failure("oh")
""",
        "*ZeroDivisionError*",
    ),
    "logged failure of another type than expected": (
        """
def test_it(expected_failures):
    try:
        1 / 0
    except ZeroDivisionError:
        log.failure("oh")
    expected_failures.flush(ValueError)
""",
        "*ZeroDivisionError*",
    ),
    "timer": (
        """
def test_it():
    reactor.callLater(1000, print)
""",
        "*left in the reactor: <DelayedCall*",
    ),
    "listening port": (
        """
def test_it():
    reactor.listenTCP(0, protocol.Factory(), interface="127.0.0.1")
""",
        "*left in the reactor: *",
    ),
}


@pytest.fixture
def watched(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A pytest run of its own, in another process, that has the hygiene checks."""
    monkeypatch.setenv("PYTHONPATH", str(Path(support.hygiene.__file__).parents[1]))
    pytester.makeini("[pytest]\n")
    pytester.makeconftest('pytest_plugins = ["support.hygiene"]\n')
    return pytester


def test_a_clean_test_passes(watched: pytest.Pytester) -> None:
    for number, code in enumerate(CLEAN.values()):
        watched.makepyfile(**{f"test_{number}": HEAD + code})
    watched.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=len(CLEAN))


def test_each_mess_fails_its_test_and_no_other(watched: pytest.Pytester) -> None:
    for number, (code, _report) in enumerate(MESS.values()):
        clean = "\ndef test_next():\n    pass\n"
        watched.makepyfile(**{f"test_{number}": HEAD + code + clean})
    result = watched.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=2 * len(MESS), errors=len(MESS))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    for number, (_code, report) in enumerate(MESS.values()):
        result.stdout.fnmatch_lines(["*ERROR at teardown of test_it*", report])
        result.stdout.fnmatch_lines([f"ERROR test_{number}.py::test_it*"])


def test_no_test_is_skipped_or_expected_to_fail(watched: pytest.Pytester) -> None:
    watched.makepyfile("""
import pytest
def test_by_call():
    pytest.skip("no RabbitMQ here")
@pytest.mark.skip(reason="later")
def test_by_mark():
    pass
@pytest.mark.xfail(reason="known")
def test_xfail():
    assert False
@pytest.fixture
def missing():
    pytest.skip("no Chromium here")
def test_by_fixture(missing):
    pass
""")
    result = watched.runpytest_subprocess("-p", "no:randomly")
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 4
    assert set(outcomes) <= {"failed", "errors"}
    for reason in ("no RabbitMQ here", "no Chromium here"):
        result.stdout.fnmatch_lines([f"*No test may be skipped or expected to fail*{reason}*"])
