"""Several services over one session, in the format of sockjs/websocket-multiplex (its README,
"Protocol").

A message is `sub,TOPIC`, `uns,TOPIC` or `msg,TOPIC,PAYLOAD`: the client subscribes to a topic,
either side leaves it, either side sends. A topic stands as JavaScript's `escape` writes its name,
so there is no comma in it; the payload may hold some. What makes no sense is ignored. A `sub` of
a topic that is there and can't be had is answered by `uns`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional, Union

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IProtocolFactory,
    IPushProducer,
    IReactorTime,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from .closing import Ending
from .frames import LatestMessage, Message
from .options import Options
from .reactors import installed_reactor
from .resource import SockJSResource
from .topics import Topic, escape
from .transport import ClosedByClient, SockJSTransport

MAX_TOPICS = 64
"""Topics of a session, those that ended in this turn of the reactor included; 0: any number."""


@implementer(IPushProducer)
class MultiplexSession(Protocol):
    """One session and its topics. Who doesn't read one of them keeps the others waiting."""

    log = Logger()
    factory: Multiplex
    transport: SockJSTransport

    def __init__(self) -> None:
        self._topics: dict[bytes, Topic] = {}
        self._ended = 0  # topics, in this turn of the reactor
        self._not_reading: set[Topic] = set()
        self._full = False

    # -- what the session's transport calls

    def connectionMade(self) -> None:
        """The session is open."""
        self.transport.registerProducer(self, True)

    def dataReceived(self, data: bytes) -> None:
        """A message came."""
        kind, _, rest = data.partition(b",")
        name, _, payload = rest.partition(b",")
        topic = self._topics.get(name)
        if topic is None:
            if kind == b"sub":
                self._subscribe(name)
        elif kind == b"msg":
            topic.transport.received(payload)
        elif kind == b"uns":
            self._over(topic, Ending.LEFT)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The session is over, and so are its topics."""
        topics, self._topics = self._topics, {}
        self._not_reading.clear()
        for topic in topics.values():
            topic.transport.lost(*_how(reason.value))

    def pauseProducing(self) -> None:
        """The client doesn't keep up."""
        self._full = True
        for topic in list(self._topics.values()):
            topic.transport.pause_writing()

    def resumeProducing(self) -> None:
        """It does again; perhaps until the first topic writes."""
        self._full = False
        for topic in list(self._topics.values()):
            if not self._full:
                topic.transport.resume_writing()

    def stopProducing(self) -> None:
        """The session is over; `connectionLost` follows."""

    # -- topics come and go

    def _subscribe(self, name: bytes) -> None:
        factory = self.factory.find(name)
        if factory is None:
            return
        if 0 < self.factory.max_topics <= len(self._topics) + self._ended:
            self.transport.write(self.factory.farewells[name])
            return
        topic = self._topics[name] = Topic(self, name)
        host, peer = self.transport.getHost(), self.transport.getPeer()
        topic.transport = SockJSTransport(
            topic, self.factory.clock, self.factory.latest, host, peer
        )
        if self._full:
            topic.transport.pause_writing()
        try:
            topic.transport.serve(factory.buildProtocol(peer))
        except Exception:  # a bug of the application's: as if it had refused the client
            self.log.failure("building a protocol, by {factory}", factory=factory)
        topic.transport.opened()

    def end(self, topic: Topic) -> None:
        """The server leaves a topic."""
        self.transport.write(self.factory.farewells[topic.name])
        self._over(topic, Ending.CLOSED)

    def _over(self, topic: Topic, ending: Ending) -> None:
        del self._topics[topic.name]
        self._ended += 1
        if self._ended == 1:
            self.factory.clock.callLater(0, self._next_turn)
        topic.transport.lost(ending)
        self.resume_reading(topic)

    def _next_turn(self) -> None:
        self._ended = 0

    # -- whether topics read

    def pause_reading(self, topic: Topic) -> None:
        """This one doesn't for now, so none does."""
        if self._topics.get(topic.name) is not topic:
            return  # it is over, and would never go on
        if not self._not_reading:
            self.transport.pauseProducing()
        self._not_reading.add(topic)

    def resume_reading(self, topic: Topic) -> None:
        """This one does again."""
        if topic in self._not_reading:
            self._not_reading.remove(topic)
            if not self._not_reading:
                self.transport.resumeProducing()


def _how(why: Optional[BaseException]) -> tuple[Ending, Optional[int]]:
    if isinstance(why, ClosedByClient):
        return Ending.LEFT, why.code
    return (Ending.CLOSED if isinstance(why, ConnectionDone) else Ending.LOST), None


class Multiplex(Factory):
    """Serves several factories over each session: to be served by SockJS itself.

    multiplex = Multiplex()
    multiplex.addFactory("echo", Factory.forProtocol(Echo))
    reactor.listenTCP(8080, SockJSFactory(multiplex))
    """

    noisy = False
    protocol: Any = MultiplexSession

    def __init__(
        self, max_topics: int = MAX_TOPICS, reactor: Optional[IReactorTime] = None
    ) -> None:
        self.max_topics = max_topics
        self.clock = reactor or installed_reactor()
        self.latest = LatestMessage()
        self.farewells: dict[bytes, Message] = {}  # by topic
        self._factories: dict[bytes, IProtocolFactory] = {}

    def addFactory(self, name: str, factory: IProtocolFactory) -> None:
        """Serve a factory as the topic of this name. ValueError: it is taken, or empty."""
        topic = escape(name)
        if not topic or topic in self._factories:
            raise ValueError(f"the topic {name!r} {'is there already' if topic else 'is none'}")
        self._factories[topic] = factory
        self.farewells[topic] = Message(b"uns," + topic)
        if self.numPorts:
            factory.doStart()

    def find(self, topic: bytes) -> Optional[IProtocolFactory]:
        """The factory of a topic, by its name on the wire; None: there is no such topic."""
        return self._factories.get(topic)

    def startFactory(self) -> None:
        """A port listens."""
        for factory in self._factories.values():
            factory.doStart()

    def stopFactory(self) -> None:
        """None does any more."""
        for factory in self._factories.values():
            factory.doStop()


class SockJSMultiplexResource(SockJSResource):
    """The same as a resource of a twisted.web site, and as users of txsockjs know it.

    multiplex = SockJSMultiplexResource()
    multiplex.addFactory("echo", Factory.forProtocol(Echo))
    root.putChild(b"multiplex", multiplex)
    """

    def __init__(
        self,
        options: Optional[Union[Options, Mapping[str, Any]]] = None,
        reactor: Optional[IReactorTime] = None,
        max_topics: int = MAX_TOPICS,
    ) -> None:
        self.multiplex = Multiplex(max_topics, reactor)
        super().__init__(self.multiplex, options, reactor)

    def addFactory(self, name: str, factory: IProtocolFactory) -> None:
        """Serve a factory as the topic of this name. ValueError: it is taken, or empty."""
        self.multiplex.addFactory(name, factory)
