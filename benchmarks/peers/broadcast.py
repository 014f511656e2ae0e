"""Python's `websockets` with its own `broadcast`: the fragment is made once and written to all connections.

python benchmarks/peers/broadcast.py PORT FRAGMENT-FILE
"""

import asyncio
import json
import sys
from pathlib import Path

from websockets.asyncio.server import ServerConnection, broadcast, serve

connections: set[ServerConnection] = set()


async def main(port: str, fragment: str) -> None:
    before, after = fragment.split("{{ message }}")

    async def chat(connection: ServerConnection) -> None:
        connections.add(connection)
        try:
            async for frame in connection:
                broadcast(connections, before + json.loads(frame)["message"] + after)
        finally:
            connections.discard(connection)

    async with serve(chat, "127.0.0.1", int(port), compression=None, ping_interval=None, backlog=512) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]).read_text()))
