"""What nodes with logs of their own say reaches the others, whatever queues are lost."""

from __future__ import annotations

from collections import Counter, deque

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from rabbitchat.brokers.interface import LinkState, Message, NotSent
from rabbitchat.chat.entries import Entry
from rabbitchat.foreign import PATIENCE, Foreign
from rabbitchat.log.memory import MemoryLog
from rabbitchat.missed import Missed
from rabbitchat.outbox import MARK, Outbox
from support.fakes import ScriptedBroker, draft, now

UP = LinkState(True, "up")
ALARM = LinkState(False, "an alarm")
GONE = LinkState(False, "gone", connected=False)
ROOMS = st.sampled_from(["lobby", "den"])


class Broker(ScriptedBroker):
    """Confirms at once what it puts into the queues that are there."""

    def __init__(self, net: Net, node: str) -> None:
        super().__init__(node)
        self.link = GONE
        self.queue: deque[tuple[str, Message]] | None = None
        self._net = net

    def publish(self, key: str, message: Message) -> Deferred[None]:
        """See IBroker."""
        if not self.link.up:
            return fail(NotSent("gone"))
        self._net.published[message.type or ""] += 1
        for node in self._net.nodes:
            if node.broker.queue is not None:
                node.broker.queue.append((key, message))
        return succeed(None)

    def become(self, state: LinkState) -> None:
        """The link changes."""
        self.link = state
        self._tell()


class Node:
    """The parts of a daemon that this is about; `heard` are the texts of others, in order."""

    def __init__(self, net: Net, name: str) -> None:
        self.name = name
        self.broker = Broker(net, name)
        self.log = MemoryLog(net.clock)
        self.heard: list[tuple[str, str, int]] = []
        self.foreign = Foreign(net.clock, self.log, self._heard)
        self.outbox = Outbox(net.clock, self.broker, self.log, self._address)
        self.missed = Missed(
            net.clock, self.broker, self.outbox, self.foreign, lambda: self.log.epoch
        )
        self.missed.start()
        self.broker.watch(self.missed.link_changed)
        self.broker.watch(self.outbox.link_changed)
        self.missed.link_changed(GONE)
        self.said: Counter[str] = Counter()

    def _address(self, entry: Entry) -> list[tuple[str, Message]]:
        body = msgspec.json.encode(entry)
        return [(f"room.{entry.room}", Message(body, type="message"))]

    def _heard(self, entry: Entry) -> None:
        self.heard.append((entry.node, entry.room, int(entry.text)))

    def say(self, room: str = "lobby") -> None:
        """A user of this node says the next number."""
        self.said[room] += 1
        text = f"{self.said[room]}"
        said = draft(f"{self.name}-{room}-{text}", room, text=text, node=self.name)
        stored = now(self.log.append(said)).entry
        assert stored is not None
        self.outbox.put(stored)

    def lose(self, queue_too: bool = False) -> None:
        """The connection is lost."""
        if queue_too:
            self.broker.queue = None
        self.broker.become(GONE)

    def connect(self) -> None:
        """There is a connection again; what waits comes before the link is said to be up."""
        if self.broker.queue is None:
            self.broker.queue = deque()
        self.drain()
        self.broker.become(UP)

    def drain(self) -> None:
        """Take what is in the queue."""
        while self.broker.queue:
            key, message = self.broker.queue.popleft()
            if key.startswith("missed."):
                self.missed.heard(key, message)
            else:
                entry = msgspec.json.decode(message.body, type=Entry)
                if entry.node != self.name:
                    self.foreign.take(entry)


class Net:
    """Some nodes, all connected."""

    def __init__(self, count: int = 2) -> None:
        self.clock = Clock()
        self.clock.advance(1e9)
        self.published: Counter[str] = Counter()
        self.nodes: list[Node] = []
        self.nodes += [Node(self, f"n{number}") for number in range(count)]
        for node in self.nodes:
            node.connect()
        self.run(PATIENCE)

    def run(self, seconds: float = 0.0) -> None:
        """Deliver what is on its way, and let time pass."""
        self._deliver()
        for _ in range(int(seconds / 0.5)):
            self.clock.advance(0.5)
            self._deliver()

    def _deliver(self) -> None:
        connected = [node for node in self.nodes if node.broker.link.connected]
        while any(node.broker.queue for node in connected):
            for node in connected:
                node.drain()

    def check(self) -> None:
        """Everybody has heard all that the others said, in order and once."""
        for node in self.nodes:
            for other in self.nodes:
                for room, count in other.said.items():
                    mine = [
                        n for who, where, n in node.heard if (who, where) == (other.name, room)
                    ]
                    expected = list(range(1, count + 1)) if node is not other else []
                    assert mine == expected, f"{node.name} of {other.name} in {room}"


@pytest.fixture
def net() -> Net:
    return Net()


def test_what_was_said_while_a_queue_was_gone_is_heard(net: Net) -> None:
    one, two = net.nodes
    one.say()
    net.run(60)
    two.lose(queue_too=True)
    for _ in range(3):
        one.say()
        one.say("den")
        net.run(10)
    two.connect()
    one.say()
    net.run()
    net.check()


def test_a_message_that_comes_before_the_link_is_up_waits_for_what_was_missed(net: Net) -> None:
    one, two = net.nodes
    two.lose(queue_too=True)
    one.say()
    two.broker.queue = deque()
    one.say()
    two.drain()
    assert two.heard == []
    two.broker.become(UP)
    net.run()
    net.check()


def test_who_connects_first_is_heard_by_who_connects_later() -> None:
    net = Net()
    for node in net.nodes:
        node.lose(queue_too=True)
    for node in net.nodes:
        for _ in range(250):
            node.say()
    for node in net.nodes:
        net.run(20)
        node.connect()
    net.run(2)
    net.check()


def test_a_connection_lost_again_before_the_answer_is_one_absence(net: Net) -> None:
    one, two = net.nodes
    two.lose(queue_too=True)
    one.say()
    net.run(60)
    two.connect()
    one.lose(queue_too=True)
    two.lose(queue_too=True)
    two.connect()
    one.connect()
    net.run(1)
    net.check()


def test_who_shares_the_log_finds_there_what_was_missed(net: Net) -> None:
    one, two = net.nodes
    assert (one.foreign.nodes, two.foreign.nodes) == ({"n1"}, {"n0"})
    two.log.epoch = one.log.epoch
    one.say()
    net.run(60)
    two.lose(queue_too=True)
    one.say()
    net.published.clear()
    two.connect()
    net.run(60)
    assert net.published["wanted"]
    assert net.published["follows"]
    assert not net.published["message"]
    assert (one.foreign.nodes, two.foreign.nodes) == (set(), set())


def test_only_what_may_have_been_missed_is_said_again(net: Net) -> None:
    one, two = net.nodes
    for _ in range(10):
        one.say()
        net.run(2 * MARK)
    net.published.clear()
    two.lose()
    net.run(1)
    two.connect()
    net.run(1)
    assert net.published["message"] == 0
    two.lose()
    one.say()
    net.run(1)
    two.connect()
    net.run(1)
    assert net.published["message"] == 2
    net.check()


def test_an_alarm_asks_for_nothing_and_holds_nothing(net: Net) -> None:
    one, two = net.nodes
    net.published.clear()
    two.broker.become(ALARM)
    one.say()
    net.run()
    assert two.heard == [("n0", "lobby", 1)]
    two.broker.become(UP)
    net.run(1)
    assert net.published == {"message": 1}


def test_a_node_that_does_not_answer_is_heard_after_a_while(net: Net) -> None:
    one, two = net.nodes
    one.missed.heard = lambda key, message: None  # type: ignore[method-assign]
    two.lose()
    one.say()
    two.connect()
    net.run(PATIENCE - 0.5)
    assert two.heard == []
    net.run(0.5)
    net.check()


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("missed.x", Message(b"")),
        ("missed.x", Message(b"", {"node": "y", "milliseconds": 1}, type="wanted")),
        ("missed.x", Message(b"", {"node": "x", "milliseconds": "1"}, type="wanted")),
        ("missed.x", Message(b"", {"node": "x", "milliseconds": True}, type="wanted")),
        ("missed.x", Message(b"", {"node": "x", "milliseconds": -1}, type="wanted")),
        ("missed.x", Message(b"", {"node": "x"}, type="wanted")),
        ("missed.x", Message(b"[", {"node": "x", "milliseconds": 1}, type="wanted")),
        ("missed.x", Message(b'{"a":"b"}', {"node": "x", "milliseconds": 1}, type="wanted")),
        ("missed.x", Message(b"", {"node": "x", "to": 1}, type="follows")),
        ("missed.x", Message(b"", {"node": "x"}, type="what")),
    ],
)
def test_what_is_no_question_and_no_answer_is_counted(
    net: Net, key: str, message: Message
) -> None:
    one = net.nodes[0]
    one.say()
    net.published.clear()
    one.missed.heard(key, message)
    assert one.missed.rejected == 1
    assert not net.published


def test_a_question_for_ever_brings_what_there_is(net: Net) -> None:
    one = net.nodes[0]
    one.say()
    net.run(60)
    net.published.clear()
    ever = Message(b"", {"node": "x", "milliseconds": 2**62}, type="wanted")
    one.missed.heard("missed.x", ever)
    assert net.published == {"follows": 1, "message": 1, "wanted": 1}


def test_a_question_that_waited_while_its_receiver_was_away(net: Net) -> None:
    one, two = net.nodes
    two.lose(queue_too=True)
    one.say()
    one.lose()
    two.connect()
    net.run(10)
    two.lose()
    one.connect()
    two.connect()
    net.run(15)
    net.check()


def test_who_was_away_at_two_questions_answers_for_both(net: Net) -> None:
    one, two = net.nodes
    net.run(60)
    two.lose(queue_too=True)
    one.say()
    net.run(60)
    one.lose(queue_too=True)
    two.connect()
    net.run(60)
    two.lose(queue_too=True)
    two.connect()
    net.run(60)
    one.connect()
    net.run(15)
    net.check()


class LostQueues(RuleBasedStateMachine):
    """Three nodes lose connections and queues, talk, and in the end all have heard all."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Net(3)

    @rule(number=st.integers(0, 2), room=ROOMS, times=st.integers(1, 3))
    def say(self, number: int, room: str, times: int) -> None:
        for _ in range(times):
            self.net.nodes[number].say(room)
        self.net.run()

    @rule(number=st.integers(0, 2), queue_too=st.booleans())
    def lose(self, number: int, queue_too: bool) -> None:
        self.net.nodes[number].lose(queue_too)

    @rule(number=st.integers(0, 2))
    def connect(self, number: int) -> None:
        node = self.net.nodes[number]
        if not node.broker.link.connected:
            node.connect()
        self.net.run()

    @rule(seconds=st.sampled_from([0.5, 3.0, 10.0]))
    def wait(self, seconds: float) -> None:
        self.net.run(seconds)

    def teardown(self) -> None:
        for node in self.net.nodes:
            if not node.broker.link.connected:
                node.connect()
        self.net.run(15)
        self.net.check()


TestLostQueues = LostQueues.TestCase
TestLostQueues.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
