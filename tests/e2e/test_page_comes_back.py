"""The page is interrupted while it comes back, and still shows all that was written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.browser import NewVisitor
from support.middlebox import Middlebox
from support.twistd import Twistd

pytestmark = pytest.mark.ui_acceptance

EVERYTHING = b""

DROPS_A_QUESTION = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  window.socket = this;
  if (window.drops && data.includes("history")) {
    window.drops = false;
    this.close();
  } else {
    send.call(this, data);
  }
};
"""
"""The connection is lost as soon as the page asks for what was written meanwhile."""


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Twistd]:
    """A daemon that waits long for who was lost."""
    twistd = Twistd(tmp_path, "--grace=60")
    try:
        twistd.start()
        yield twistd
        twistd.stop()
    finally:
        twistd.clean_up()


def test_what_was_written_privately_is_shown_all_the_same(
    visitor: NewVisitor, patient: Twistd
) -> None:
    box = Middlebox(patient.port)
    try:
        ann, bob = visitor(url=box.url), visitor("bob", url=patient.url)
        ann.page.add_init_script(DROPS_A_QUESTION)
        ann.page.reload()
        ann.give_name("ann")
        ann.is_in()
        box.refuses = EVERYTHING
        ann.page.evaluate("window.socket.close()")
        ann.is_away()
        bob.say("/msg ann did you see this?")
        bob.sees("bob: to ann did you see this?")
        ann.page.evaluate("window.drops = true")
        box.refuses = b"(?!)"
        ann.sees("bob: to you did you see this?")
        assert ann.page.evaluate("window.drops") is False, "it was never interrupted"
        ann.is_in()
    finally:
        box.close()
