"""What becomes of one message of a shared queue; the same rules for every broker."""

from __future__ import annotations

import enum

from twisted.logger import Logger
from twisted.python.failure import Failure

from rabbitchat.brokers.interface import BadMessage, Consumer, Message, TryAgain

REQUEUE_PAUSE = 1.0  # seconds before a message that a consumer failed on is tried again


class Verdict(enum.Enum):
    """What the queue has to do with a message."""

    ACK = enum.auto()
    REJECT = enum.auto()
    REQUEUE = enum.auto()


class SharedQueue:
    """One `IBroker.consume`: the queue's name and binding, and how to judge a delivery."""

    log = Logger()

    def __init__(self, name: str, key: str, consumer: Consumer, single_active: bool) -> None:
        self.name = name
        self.key = key
        self.single_active = single_active
        self._consumer = consumer
        self._told = ""

    async def judge(self, key: str, message: Message) -> Verdict:
        """Give one message to the consumer. Never raises.

        A consumer that fails is logged once, and again only when it fails in another way or
        after it has worked in between: the message comes back every second.
        """
        try:
            await self._consumer(key, message)
        except BadMessage:
            return Verdict.REJECT
        except TryAgain:
            return Verdict.REQUEUE
        except Exception as error:  # a consumer's bug costs a retry only
            if self._told != repr(error):
                self._told = repr(error)
                self.log.failure(
                    "consumer of queue {queue} failed; the message stays there and is retried",
                    Failure(),
                    queue=self.name,
                )
            return Verdict.REQUEUE
        self._told = ""
        return Verdict.ACK
