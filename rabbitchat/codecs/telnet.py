"""Bytes from a telnet or raw TCP client to lines (RFC 854, RFC 855). Pure.

The server negotiates nothing. Every option a client offers or asks for is refused, once; telnet
clients then send whole lines, and `nc`, which knows nothing of telnet, sends them anyway: the
byte 255 that begins a telnet command does not occur in UTF-8.

Written here and not taken from twisted.conch.telnet, which keeps the bytes of a subnegotiation
without limit, keeps the state of an option and its deferreds where we want none, and is bound to
a transport, so that it can't be asked what a given split of given bytes means.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from typing import Union

HARD_LIMIT = 16 * 1024 * 1024
"""Bytes that a line may have where no limit is set."""

IAC, DONT, DO, WONT, WILL, SB = 255, 254, 253, 252, 251, 250
EL, EC, AYT, IP, BREAK, SE = 248, 247, 246, 244, 243, 240
ABORT, EOF = 238, 236  # RFC 1184, section 2.5
TIMING_MARK = 6  # RFC 860

BACKSPACE, DELETE, LF, CR, NUL = 0x08, 0x7F, 0x0A, 0x0D, 0x00
CTRL_C, CTRL_D, CTRL_U, CTRL_W = 0x03, 0x04, 0x15, 0x17

_PLAIN = re.compile(rb"[^\x00\x03\x04\x08\n\r\x15\x17\x7f\xff]+")
_WHOLE = re.compile(rb"([^\x00\x03\x04\x08\n\r\x15\x17\x7f\xff]*)\r?\n")


@dataclass(slots=True)
class Line:
    """A line without its end; what was not UTF-8 in it is U+FFFD."""

    text: str


@dataclass(slots=True)
class TooLong:
    """A line has more bytes than allowed. It is dropped to its end, and told of once."""

    limit: int


@dataclass(slots=True)
class Answer:
    """Bytes to send back at once."""

    data: bytes


@dataclass(slots=True)
class EndOfInput:
    """The user wants to go: ^D or ^C on an empty line, or telnet's words for them.

    `why` is what others are told."""

    why: str = "quit"


Item = Union[Line, TooLong, Answer, EndOfInput]

_END_OF_INPUT = EndOfInput()
_HERE = Answer(b"* yes, I am here\r\n")


class _State(enum.Enum):
    DATA = enum.auto()
    COMMAND = enum.auto()  # after IAC
    OPTION = enum.auto()  # after IAC and DO, DONT, WILL or WONT
    SUBNEGOTIATION = enum.auto()
    SUBNEGOTIATION_COMMAND = enum.auto()  # after IAC within a subnegotiation


class TelnetDecoder:
    """What a client typed, line by line, however its bytes are cut into pieces.

    LF, CR LF, CR NUL and a CR alone end a line. Backspace and DEL take back a character, ^W a
    word, ^U the line. ^C, ^D, IAC IP, IAC BRK, IAC ABORT and IAC EOF on an empty line are
    EndOfInput; ^C and its kin on any other line drop what was typed of it.

    Memory stays under `max_line` bytes (0: HARD_LIMIT) and the size of what is fed.
    """

    def __init__(self, max_line: int) -> None:
        self._limit = min(max_line, HARD_LIMIT) or HARD_LIMIT
        self._line = bytearray()
        self._discarding = False
        self._after_cr = False
        self._state = _State.DATA
        self._verb = 0
        self._refused: set[tuple[int, int]] = set()

    def feed(self, data: bytes) -> list[Item]:
        """Everything that these bytes complete, in order. Never raises."""
        items: list[Item] = []
        position = 0
        while position < len(data):
            if self._state is _State.DATA:
                position = self._data(data, position, items)
            elif self._state is _State.SUBNEGOTIATION:
                position = self._skip(data, position)
            else:
                self._telnet(data[position], items)
                position += 1
        return items

    def _data(self, data: bytes, position: int, items: list[Item]) -> int:
        if not (self._line or self._discarding or self._after_cr):
            whole = _WHOLE.match(data, position)
            if whole is not None and whole.end(1) - position <= self._limit:
                items.append(Line(whole.group(1).decode("utf-8", "replace")))
                return whole.end()
        plain = _PLAIN.match(data, position)
        if plain is None:
            self._special(data[position], items)
            return position + 1
        self._add(plain.group(), items)
        return plain.end()

    def _add(self, plain: bytes, items: list[Item]) -> None:
        self._after_cr = False
        if self._discarding:
            return
        if len(self._line) + len(plain) > self._limit:
            self._line.clear()
            self._discarding = True
            items.append(TooLong(self._limit))
        else:
            self._line += plain

    def _special(self, byte: int, items: list[Item]) -> None:
        after_cr, self._after_cr = self._after_cr, byte == CR
        if byte == IAC:
            self._state = _State.COMMAND
            self._after_cr = after_cr  # a command may stand between CR and LF
        elif byte in (LF, NUL) and after_cr:
            pass  # the CR has ended the line
        elif byte in (CR, LF):
            self._end_line(items)
        elif byte in (BACKSPACE, DELETE):
            self._erase_character()
        elif byte == CTRL_W:
            self._erase_word()
        elif byte == CTRL_U:
            self._erase_line()
        elif byte == CTRL_C:
            self._interrupt(items)
        elif byte == CTRL_D:
            self._end_of_input(items)

    def _telnet(self, byte: int, items: list[Item]) -> None:
        """One byte after IAC."""
        state, self._state = self._state, _State.DATA
        if state is _State.OPTION:
            self._refuse(self._verb, byte, items)
        elif state is _State.SUBNEGOTIATION_COMMAND:
            if byte != SE:
                self._state = _State.SUBNEGOTIATION
        elif byte in (DO, DONT, WILL, WONT):
            self._verb = byte
            self._state = _State.OPTION
        elif byte == SB:
            self._state = _State.SUBNEGOTIATION
        else:
            self._command(byte, items)

    def _command(self, byte: int, items: list[Item]) -> None:
        if byte == IAC:
            self._add(b"\xff", items)
        elif byte == EC:
            self._erase_character()
        elif byte == EL:
            self._erase_line()
        elif byte == AYT:
            items.append(_HERE)
        elif byte in (IP, BREAK, ABORT):
            self._interrupt(items)
        elif byte == EOF:
            self._end_of_input(items)

    def _refuse(self, verb: int, option: int, items: list[Item]) -> None:
        """Refuse an option the first time; WONT and DONT ask for nothing.

        A timing mark is refused each time, for it is a question and no state: after ^C telnet
        shows nothing at all until it has the answer."""
        if verb not in (DO, WILL):
            return
        if option != TIMING_MARK or verb == WILL:
            if (verb, option) in self._refused:
                return
            self._refused.add((verb, option))
        items.append(Answer(bytes((IAC, WONT if verb == DO else DONT, option))))

    def _skip(self, data: bytes, position: int) -> int:
        """Over the content of a subnegotiation, of which nothing is kept."""
        end = data.find(IAC, position)
        if end < 0:
            return len(data)
        self._state = _State.SUBNEGOTIATION_COMMAND
        return end + 1

    def _end_line(self, items: list[Item]) -> None:
        if not self._discarding:
            items.append(Line(self._line.decode("utf-8", "replace")))
        self._erase_line()

    def _interrupt(self, items: list[Item]) -> None:
        if not self._line and not self._discarding:
            items.append(_END_OF_INPUT)
        self._erase_line()

    def _end_of_input(self, items: list[Item]) -> None:
        if not self._line and not self._discarding:
            items.append(_END_OF_INPUT)

    def _erase_line(self) -> None:
        self._line.clear()
        self._discarding = False

    def _erase_word(self) -> None:
        rest = self._line.rstrip(b" ")
        del self._line[rest.rfind(b" ") + 1 :]

    def _erase_character(self) -> None:
        """Take back a character with all that is drawn upon it."""
        while self._line:
            start = len(self._line) - 1
            while start > 0 and len(self._line) - start < 4 and self._line[start] & 0xC0 == 0x80:
                start -= 1
            character = self._line[start:].decode("utf-8", "replace")
            if len(character) > 1:  # bytes that belong to no character go one by one
                start, character = len(self._line) - 1, "\ufffd"
            del self._line[start:]
            if not unicodedata.category(character).startswith("M") and character != "\u200d":
                return
