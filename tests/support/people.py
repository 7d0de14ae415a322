"""Blocking WebSocket clients of daemons in other processes: people who talk and listen."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import websocket

from support.daemons import wait_for

ANSWER = 5.0  # seconds within which every command has its reply
PROMPT = 1.0  # seconds within which a publish is answered, whatever becomes of the broker

Push = dict[str, Any]


class Refused(Exception):
    """A command was answered with an error; `code` says which."""

    def __init__(self, reply: Push) -> None:
        super().__init__(f"{reply['code']}: {reply['message']}")
        self.code: str = reply["code"]


class Person:
    """A JSON client. `heard` is all that came and was no reply, in order."""

    def __init__(self, port: int) -> None:
        self.heard: list[Push] = []
        self.close_code: int | None = None
        self.ended = False
        self.slowest = 0.0  # seconds until the slowest of all replies came
        self._replies: dict[int, Push] = {}
        self._ids = itertools.count(1)
        self._socket = websocket.create_connection(f"ws://127.0.0.1:{port}/ws", timeout=ANSWER)
        self._socket.settimeout(None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(websocket.WebSocketException, OSError):
            while True:
                opcode, frame = self._socket.recv_data_frame(control_frame=True)
                if opcode == websocket.ABNF.OPCODE_TEXT:
                    self._take(json.loads(frame.data))
                elif opcode == websocket.ABNF.OPCODE_CLOSE:
                    self.close_code = int.from_bytes(frame.data[:2], "big")
                    break
        self.ended = True

    def _take(self, said: Push) -> None:
        if "id" in said:
            self._replies[said["id"]] = said
        else:
            self.heard.append(said)

    # speaking

    def command(self, type: str, **fields: Any) -> Push:
        """Send a command and wait for its reply. Raises Refused."""
        number, asked = next(self._ids), time.monotonic()
        self._socket.send(json.dumps({"type": type, "id": number, **fields}))
        wait_for(lambda: number in self._replies or self.ended, f"a reply to {type}", ANSWER)
        assert number in self._replies, f"the connection ended before {type} was answered"
        self.slowest = max(self.slowest, time.monotonic() - asked)
        reply = self._replies.pop(number)
        if reply["type"] == "error":
            raise Refused(reply)
        return reply

    def connect(self, nick: str, *rooms: str, **fields: Any) -> Person:
        """Be somebody, and go into rooms."""
        self.me = self.command("connect", nick=nick, **fields)
        for room in rooms:
            self.command("join", room=room)
        return self

    @property
    def nick(self) -> str:
        """The nick one has connected with."""
        nick: str = self.me["nick"]
        return nick

    @property
    def user(self) -> str:
        """One's own id."""
        user: str = self.me["user"]
        return user

    def say(self, room: str, text: str, **fields: Any) -> Push:
        """Say something, and get `published` promptly."""
        asked = time.monotonic()
        published = self.command("publish", room=room, text=text, **fields)
        assert published["type"] == "published"
        took = time.monotonic() - asked
        assert took < PROMPT, f"{text!r} was answered after {took:.2f} s"
        return published

    def who(self, room: str) -> list[str]:
        """The nicks in a room."""
        return [member["nick"] for member in self.command("presence", room=room)["members"]]

    # listening

    def pushes(self, type: str, **fields: Any) -> list[Push]:
        """What came of this kind with these fields."""
        wanted = {"type": type, **{name.rstrip("_"): value for name, value in fields.items()}}
        return [push for push in list(self.heard) if wanted.items() <= push.items()]

    def sees(self, type: str, seconds: float = 10.0, **fields: Any) -> Push:
        """Wait for a push of this kind with these fields (`from_` is `from`)."""
        self.until(lambda: bool(self.pushes(type, **fields)), f"{type} {fields}", seconds)
        return self.pushes(type, **fields)[0]

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
        """Wait for a condition; if it doesn't come, say what came."""
        try:
            wait_for(condition, what, seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}; last heard: {self.heard[-12:]}") from None

    def until_there(self, room: str, *nicks: str) -> None:
        """Wait until one sees just these in a room."""
        self.until(lambda: set(self.who(room)) == set(nicks), f"{nicks} are in {room}")

    def until_said(self, room: str, count: int, seconds: float = 10.0) -> None:
        """Wait until one has heard so many messages in a room."""
        what = f"{count} messages in {room}"
        self.until(lambda: len(self.texts(room)) >= count, what, seconds)
        assert len(self.texts(room)) == count

    def texts(self, room: str, **fields: Any) -> list[str]:
        """What was said in a room, in order."""
        return [push["text"] for push in self.pushes("message", room=room, **fields)]

    # going

    def close(self) -> None:
        """Say good-bye and close."""
        with contextlib.suppress(websocket.WebSocketException, OSError):
            self._socket.send_close()
        self._reader.join(ANSWER)
        self._socket.shutdown()

    def vanish(self) -> None:
        """Be lost without a word."""
        if self._socket.sock is not None:
            with contextlib.suppress(OSError):
                self._socket.sock.shutdown(socket.SHUT_RDWR)
        self._reader.join(ANSWER)
        self._socket.shutdown()
