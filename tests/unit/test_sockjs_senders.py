"""Requests that bring messages: what is in their bodies, and what they are answered."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_from_bytes, quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from twisted.web.http_headers import Headers
from twisted.web.server import Request
from twisted.web.test.requesthelper import DummyChannel

from rabbitchat.sockjs.senders import form_payload
from support.sockjs_memory import RecorderFactory, Response, Server, post

FORM = "application/x-www-form-urlencoded"


def payload(body: bytes, content_type: str = FORM) -> bytes:
    """What form_payload makes of a body."""
    request = Request(DummyChannel(), False)
    request.requestHeaders = Headers({b"Content-Type": [content_type.encode("latin-1")]})
    request.gotLength(len(body))
    content: Any = request.content
    content.write(body)
    return form_payload(request)


@given(st.text(max_size=30) | st.binary(max_size=30))
@example("\u00e9 \U0001f600 +&=;%")
@example(b"\xff\xfe")
def test_any_text_comes_out_of_a_form(value: str | bytes) -> None:
    data = value.encode() if isinstance(value, str) else value
    for quoted in (quote_plus(data), quote_from_bytes(data), quote_from_bytes(data, safe="")):
        assert payload(b"d=" + quoted.encode()) == data
        assert payload(b"a=1&d=" + quoted.encode() + b"&b=2") == data
    everything = "".join(f"%{byte:02x}" for byte in data)
    assert payload(b"d=" + everything.encode()) == data


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", b""),
        (b"d", b""),
        (b"d=", b""),
        (b"=x", b""),
        (b"D=x", b""),
        (b"dd=x", b""),
        (b"x=d", b""),
        (b"&&&", b""),
        (b"%64=x", b"x"),  # d
        (b"d=x&d=y", b"y"),
        (b"d=x&d=", b"x"),
        (b"&d=x&", b"x"),
        (b"d=a+b", b"a b"),
        (b"d=a%2Bb", b"a+b"),
        (b"d=a=b=c", b"a=b=c"),
        (b"d=a;d=b", b"a;d=b"),
        (b"d=%", b"%"),
        (b"d=%zz", b"%zz"),
        (b"d=%e9", b"\xe9"),
        ("d=é".encode(), "é".encode()),
        (b"d=\xff", b"\xff"),
        (b"d=\0", b"\0"),
        (b"d=x&" + b"a=1&" * 98, b"x"),
        (b"a=1&" * 10_000 + b"d=x", b""),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_forms(body: bytes, found: bytes) -> None:
    assert payload(body) == found


@pytest.mark.parametrize(
    "content_type",
    [
        FORM,
        FORM.upper(),
        f"{FORM}; charset=UTF-8",
        f"{FORM};charset=x",
        f" {FORM} ; a",
        f"{FORM};",
    ],
)
def test_these_types_are_forms(content_type: str) -> None:
    assert payload(b"d=%61bc", content_type) == b"abc"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "T",
        "application/json",
        f"{FORM}x",
        f"x, {FORM}",
        "multipart/form-data; boundary=x",
        "\xff",
        "[",
    ],
)
def test_of_other_types_the_body_is_taken_as_it_is(content_type: str) -> None:
    assert payload(b"d=%61bc", content_type) == b"d=%61bc"


@given(st.binary(max_size=60))
def test_any_body_is_something(body: bytes) -> None:
    assert isinstance(payload(body), bytes)
    assert payload(body, "text/plain") == body


# -- what they are answered


class Bench:
    """A service with a session, `s`."""

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        self.factory = RecorderFactory()
        self.server = Server(self.factory, options)
        self.server.ask(post("/x/a/s/xhr"))

    @property
    def heard(self) -> list[object]:
        """The messages that came."""
        return self.factory.heard[1:]

    def send(self, kind: str, body: bytes, content_type: str | None = None) -> Response:
        """Send a body."""
        headers = {"Content-Type": content_type}
        return self.server.ask(post(f"/x/a/s/{kind}", body, headers))


def test_messages_are_taken_and_answered() -> None:
    bench = Bench()
    answer = bench.send("xhr_send", b'["1","2"]')
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
    answer = bench.send("jsonp_send", b"d=%5B%223%22%5D", FORM)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"ok", "2")
    assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
    assert bench.send("jsonp_send", b'["%61bc"]', "text/plain").body == b"ok"
    assert bench.heard == [b"1", b"2", b"3", b"%61bc"]


def test_nothing_may_be_sent() -> None:
    bench = Bench()
    assert bench.send("xhr_send", b"[]").status == 204
    assert bench.send("jsonp_send", b"d=[]", FORM).body == b"ok"
    assert bench.heard == []


BAD = [
    ("xhr_send", b"", None, b"Payload expected.\n"),
    ("xhr_send", b"{}", None, b"Payload expected.\n"),
    ("xhr_send", b'"x"', None, b"Payload expected.\n"),
    ("xhr_send", b'["x', None, b"Broken JSON encoding.\n"),
    ("xhr_send", b'["\xff"]', None, b"Broken JSON encoding.\n"),
    ("xhr_send", b"[" * 60_000, None, b"Broken JSON encoding.\n"),
    ("xhr_send", b'd=["x"]', FORM, b"Broken JSON encoding.\n"),
    ("jsonp_send", b"", FORM, b"Payload expected.\n"),
    ("jsonp_send", b"", None, b"Payload expected.\n"),
    ("jsonp_send", b"d=", FORM, b"Payload expected.\n"),
    ("jsonp_send", b"p=p", FORM, b"Payload expected.\n"),
    ("jsonp_send", b'["x"]', FORM, b"Payload expected.\n"),
    ("jsonp_send", b"d=%5B%22x", FORM, b"Broken JSON encoding.\n"),
    ("jsonp_send", b"d=%5B%22%FF%22%5D", FORM, b"Broken JSON encoding.\n"),
    ("jsonp_send", b'["x', None, b"Broken JSON encoding.\n"),
]


@pytest.mark.parametrize(("kind", "body", "content_type", "why"), BAD)
def test_what_is_wrong_is_said_and_the_session_goes_on(
    kind: str, body: bytes, content_type: str | None, why: bytes
) -> None:
    bench = Bench()
    answer = bench.send(kind, body, content_type)
    assert (answer.status, answer.body) == (500, why)
    assert bench.send("xhr_send", b'["x"]').status == 204
    assert bench.heard == [b"x"]


def test_a_session_that_is_not_there_is_not_made() -> None:
    bench = Bench()
    for kind in ("xhr_send", "jsonp_send"):
        assert bench.server.ask(post(f"/x/a/other/{kind}", b'["x"]')).status == 404
        assert bench.server.ask(post(f"/x/a/other/{kind}", b"")).status == 500
    assert bench.factory.heard == ["made"]
    bench.factory.sessions[0].transport.loseConnection()
    assert bench.send("xhr_send", b'["x"]').status == 404


def test_who_does_not_read_keeps_the_answer_waiting_and_too_much_is_refused() -> None:
    bench = Bench({"max_buffer": 1000})
    transport = bench.factory.sessions[0].transport
    transport.pauseProducing()
    big = json.dumps(["x" * 600]).encode()
    first = bench.server.connect().send(post("/x/a/s/xhr_send", big))
    bench.server.turn()
    assert first.responses() == []
    answer = bench.send("xhr_send", big)
    assert (answer.status, answer.body) == (
        503,
        b"the messages before these were not taken yet\n",
    )
    transport.resumeProducing()
    bench.server.turn()
    assert [response.status for response in first.responses()] == [204]
    assert bench.heard == [b"x" * 600]


def test_the_messages_of_a_client_that_did_not_wait_are_taken_all_the_same() -> None:
    bench = Bench()
    transport = bench.factory.sessions[0].transport
    transport.pauseProducing()
    line = bench.server.connect().send(post("/x/a/s/xhr_send", b'["x"]'))
    line.lose()
    transport.resumeProducing()
    bench.server.turn()
    assert bench.heard == [b"x"]
    assert line.responses() == []


TEXT = st.text(st.characters(codec=None) | st.characters(categories=["Cs"]), max_size=10)


@given(st.lists(TEXT, max_size=4))
def test_any_text_reaches_the_application(several: list[str]) -> None:
    bench = Bench()
    body = json.dumps(several).encode()
    bench.send("xhr_send", body)
    bench.send("jsonp_send", urlencode({"d": body}).encode(), FORM)
    utf16 = [one.encode("utf-16", "surrogatepass") for one in several]
    said = [
        one.decode("utf-16", "surrogatepass").encode("utf-8", "surrogatepass") for one in utf16
    ]
    assert bench.heard == said * 2
