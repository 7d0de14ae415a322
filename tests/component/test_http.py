"""The HTTP port beside WebSockets: the page, `/health`, `/metrics`."""

from __future__ import annotations

import json

import pytest
import pytest_twisted
from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.defer import maybeDeferred

from support.http import Answer, fetch, parse
from support.nodes import Node, StartNode
from support.waiting import until


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest_twisted.ensureDeferred
async def test_the_page(node: StartNode, method: str) -> None:
    page = await fetch(await node(), "/", method)
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert (b"rabbitchat" in page.body) is (method == "GET")


@pytest.mark.parametrize("path", ["/", "/quick/", "/health", "/metrics", "/nothing"])
@pytest_twisted.ensureDeferred
async def test_no_page_can_be_framed_sniffed_or_run_foreign_scripts(
    node: StartNode, path: str
) -> None:
    headers = (await fetch(await node(), path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://test wss://test"
    assert "unsafe" not in str(policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("chat.example", True),
        ("chat.example:8080", True),
        ("[::1]:9191", True),
        ("x *", False),
        ("x; script-src *", False),
        ("evil.example,x", False),
    ],
)
@pytest_twisted.ensureDeferred
async def test_whoever_names_the_host_says_nothing_else_in_the_policy(
    node: StartNode, host: str, allowed: bool
) -> None:
    raw = await (await node()).raw()
    raw.write(f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    policy = parse(await raw.over()).headers["content-security-policy"]
    own = f" ws://{host} wss://{host}" if allowed else ""
    assert f"connect-src 'self'{own};" in policy
    assert allowed or host not in policy


@pytest.mark.parametrize("path", ["/", "/health", "/metrics"])
@pytest_twisted.ensureDeferred
async def test_pages_are_only_read(node: StartNode, path: str) -> None:
    assert (await fetch(await node(), path, "POST", "Content-Length: 0")).status == 405


@pytest_twisted.ensureDeferred
async def test_ws_without_an_upgrade_says_what_it_speaks(node: StartNode) -> None:
    answer = await fetch(await node(), "/ws")
    assert (answer.status, answer.headers["upgrade"]) == (426, "websocket")
    assert b"WebSocket" in answer.body


# -- /health


async def healthy(chat: Node) -> Answer:
    """Wait until a first canary was through the broker."""
    await until(lambda: chat.daemon.report()["status"] == "ok", what="health")
    return await fetch(chat, "/health")


@pytest_twisted.ensureDeferred
async def test_a_node_that_can_deliver_is_healthy(node: StartNode) -> None:
    answer = await healthy(await node())
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    report = json.loads(answer.body)
    assert report == {
        "status": "ok",
        "node": "node-1",
        "broker": {"up": True, "reason": "in this process"},
        "database": {"up": True, "reason": ""},
        "rooms_behind": 0,
        "history_shared": True,
    }


@pytest_twisted.ensureDeferred
async def test_a_node_without_its_broker_is_not_healthy_and_goes_on(node: StartNode) -> None:
    chat = await node()
    ann = await chat.connected("ann", "lobby")
    await healthy(chat)
    await maybeDeferred(chat.daemon.broker.stopService)
    answer = await fetch(chat, "/health")
    report = json.loads(answer.body)
    assert (answer.status, report["status"]) == (503, "failing")
    assert report["reason"] == report["broker"]["reason"] == "stopped"
    assert report["broker"]["up"] is False
    await ann.says("lobby", "to those here")
    assert json.loads((await fetch(chat, "/health")).body)["rooms_behind"] == 1


@pytest_twisted.ensureDeferred
async def test_a_node_whose_canary_does_not_come_back_is_not_healthy(
    node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await node()
    await healthy(chat)
    monkeypatch.setattr("rabbitchat.health.FRESH", -1.0)
    answer = await fetch(chat, "/health")
    assert answer.status == 503
    assert "broker and back" in json.loads(answer.body)["reason"]


# -- /metrics


async def figures(chat: Node) -> dict[str, float]:
    """All samples by name and labels."""
    answer = await fetch(chat, "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


@pytest_twisted.ensureDeferred
async def test_metrics_count_what_happens(node: StartNode) -> None:
    chat = await node()
    ann = await chat.connected("ann", "lobby")
    await chat.connected("ann", "den", session=ann.me["session"])
    bob = await chat.connected("bob", "lobby")
    tel = await chat.line()
    tel.types("tel")
    await tel.sees("* you are tel, in lobby with ann, bob")
    before = await figures(chat)
    await ann.says("lobby", "hello")
    await bob.push("message")
    await tel.sees("<ann> hello")
    after = await figures(chat)

    def more(name: str) -> float:
        return after[f"rabbitchat_{name}"] - before[f"rabbitchat_{name}"]

    assert after["rabbitchat_connections[websocket]"] == 3
    assert after["rabbitchat_connections[line]"] == 1
    assert after["rabbitchat_users"] == 3
    assert after["rabbitchat_rooms"] == 2
    assert more("messages_in_total") == 1
    assert more("messages_out_total") == 1
    assert more("published_total") == 1
    assert more("deliveries_total") == 3
    assert more("broker_publishes[confirmed]") >= 1
    assert after["rabbitchat_broker_link_up"] == 1
    assert after["rabbitchat_rooms_behind"] == 0
    for outcome in ("confirmed", "not_sent", "uncertain", "received"):
        assert f"rabbitchat_broker_publishes[{outcome}]" in after
    for kind in ("news", "post", "presence"):
        assert after[f"rabbitchat_rejected[{kind}]"] == 0
    assert "rabbitchat_reactor_delay_seconds_count" in after


@pytest_twisted.ensureDeferred
async def test_metrics_follow_who_goes_and_a_broker_that_is_away(node: StartNode) -> None:
    chat = await node(grace=0.0)
    ann = await chat.connected("ann", "lobby")
    bob = await chat.connected("bob", "lobby")
    await bob.close()
    await ann.push("leave")
    await maybeDeferred(chat.daemon.broker.stopService)
    await ann.says("lobby", "hello")
    after = await figures(chat)
    assert after["rabbitchat_connections[websocket]"] == 1
    assert after["rabbitchat_users"] == 1
    assert after["rabbitchat_broker_link_up"] == 0
    assert after["rabbitchat_broker_publishes[not_sent]"] >= 1
    assert after["rabbitchat_rooms_behind"] == 1


@pytest_twisted.ensureDeferred
async def test_metrics_show_how_late_the_reactor_is(
    node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rabbitchat.metrics.REACTOR_TICK", 0.01)
    chat = await node()
    await until(lambda: chat.figure("reactor_delay_seconds_count") >= 2, what="measurements")
    assert chat.figure("reactor_delay_seconds_sum") >= 0
