"""Idle clients, spread over rooms of twenty: `python -m bench.idle KIND PORT CLIENTS PREFIX`.

Says `{"ready": N}` when all are in, and stays until it reads a line."""

from __future__ import annotations

import json
import sys

from bench.kinds import connect


def main() -> None:
    """See the module's text."""
    kind, port, count, prefix = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    clients = []
    for number in range(count):
        client = connect(kind, port)
        client.join(f"{prefix}{number}", f"{prefix}{number // 20}")
        clients.append(client)
    print(json.dumps({"ready": count}), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
