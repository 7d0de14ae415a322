"""All that is fuzzed."""

from __future__ import annotations

from support.fuzz.amqp import AMQP
from support.fuzz.json_commands import COMMANDS
from support.fuzz.lines import LINES
from support.fuzz.sockjs import FRAMES, URLS

TARGETS = {target.name: target for target in (LINES, COMMANDS, URLS, FRAMES, AMQP)}
