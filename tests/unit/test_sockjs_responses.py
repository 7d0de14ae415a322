"""Responses of a SockJS service: how they end, and what comes behind them on a connection."""

from __future__ import annotations

from support.sockjs_memory import RecorderFactory, Server, post


def test_a_request_behind_a_poll_is_not_taken_within_the_write_that_ends_it() -> None:
    """Neither is the application called within its own `write`, nor is a message lost."""
    factory = RecorderFactory()
    factory.when = {b"y": lambda session: session.transport.write(b"Y")}
    server = Server(factory)
    line, other = server.connect(), server.connect()
    line.ask(post("/x/a/s/xhr"))
    line.send(
        post("/x/a/s/xhr"),
        post("/x/a/s/xhr_send", b'["x"]'),
        post("/x/a/s/xhr"),
        post("/x/a/s/xhr"),
    )
    other.send(post("/x/a/s/xhr_send", b'["y","z"]'))
    server.turn()
    assert factory.heard == ["made", b"y", b"z", b"x"]
    factory.sessions[0].transport.write(b"Z")
    server.turn()
    factory.sessions[0].transport.write(b"ZZ")
    server.turn()
    bodies = [response.body for response in line.responses()]
    assert bodies == [b"o\n", b'a["Y"]\n', b"", b'a["Z"]\n', b'a["ZZ"]\n']


def test_polls_sent_at_once_are_answered_one_after_the_other() -> None:
    factory = RecorderFactory()
    factory.when = {"made": lambda session: session.transport.write(b"hello")}
    server = Server(factory)
    line = server.connect().send(*[post("/x/a/s/xhr")] * 3)
    server.turn()
    assert [response.body for response in line.responses()] == [b"o\n", b'a["hello"]\n']
    factory.sessions[0].transport.loseConnection()
    server.turn()
    assert line.responses()[-1].body == b'c[3000,"Go away!"]\n'


def test_a_new_session_is_not_opened_within_a_write() -> None:
    factory = RecorderFactory()
    server = Server(factory)
    line, other = server.connect(), server.connect()
    line.ask(post("/x/a/s/xhr"))
    line.send(post("/x/a/s/xhr"), post("/x/a/new/xhr"))
    factory.when = {b"go": lambda session: session.transport.write(b"gone")}
    other.ask(post("/x/a/s/xhr_send", b'["go"]'))
    assert factory.heard == ["made", b"go", "made"]


def test_held_back_requests_do_not_end_within_the_resume() -> None:
    factory = RecorderFactory()
    server = Server(factory)
    poll, line = server.connect(), server.connect()
    poll.ask(post("/x/a/s/xhr"))
    [session] = factory.sessions
    session.transport.pauseProducing()
    line.send(post("/x/a/s/xhr_send", b'["1"]'), post("/x/a/new/xhr"))
    server.turn()
    assert factory.heard == ["made"]
    assert line.responses() == []
    session.transport.resumeProducing()
    assert factory.heard == ["made", b"1"]
    assert line.responses() == []
    server.turn()
    assert factory.heard == ["made", b"1", "made"]
    assert [response.status for response in line.responses()] == [204, 200]


def test_a_connection_lost_before_the_response_has_ended_leaves_nothing() -> None:
    factory = RecorderFactory()
    server = Server(factory, {"disconnect_delay": 5})
    line = server.connect()
    line.ask(post("/x/a/s/xhr"))
    line.send(post("/x/a/s/xhr"))
    factory.sessions[0].transport.write(b"Y")
    line.lose()
    server.turn()
    assert factory.heard == ["made"]
    sender = server.connect().send(post("/x/a/s/xhr_send", b'["x"]'))
    sender.lose()
    server.turn()
    assert factory.heard == ["made", b"x"]
