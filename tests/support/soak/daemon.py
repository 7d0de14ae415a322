"""The real daemon, which tells what it holds when it is sent SIGUSR1.

`python -m support.soak.daemon FILE OPTIONS…` runs `twistd -n rabbitchat OPTIONS…` and writes each
census into FILE, as one JSON object.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from twisted.internet.interfaces import IProtocol
from twisted.scripts import twistd

OURS = "rabbitchat."


def census(reactor: Any) -> dict[str, Any]:
    """What there is: `memory` in bytes, and how many `calls`, `selectables`, and `objects` by
    class: protocols, and all that are of a class of ours. Objects from before the start, which
    are frozen, aren't counted."""
    gc.collect()
    objects: Counter[str] = Counter()
    for found in gc.get_objects():
        kind = type(found)
        if kind.__module__.startswith(OURS) or IProtocol.implementedBy(kind):
            objects[f"{kind.__module__}.{kind.__qualname__}"] += 1
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
        "calls": len(reactor.getDelayedCalls()),
        "selectables": len(reactor.getReaders()) + len(reactor.getWriters()),
        "objects": dict(objects),
    }


def main() -> None:
    """See the module's text."""
    file = Path(sys.argv[1])
    sys.argv = ["twistd", "-n", "--pidfile=", "rabbitchat", *sys.argv[2:]]
    from twisted.internet import reactor as _reactor

    reactor: Any = _reactor

    def write() -> None:
        part = file.with_suffix(".part")
        part.write_text(json.dumps(census(reactor)))
        part.rename(file)

    # At once: its ports take connections a moment before the reactor runs.
    signal.signal(signal.SIGUSR1, lambda *_: reactor.callFromThread(write))
    twistd.run()


if __name__ == "__main__":
    main()
