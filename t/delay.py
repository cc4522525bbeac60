#!/usr/bin/env python3
"""A relay that makes a server on loopback seem far away.

    delay.py MS PORT    listens at 127.0.0.1, prints the port, and passes what comes in
                        either direction on to PORT after so many milliseconds
"""
import asyncio
import sys

MS, PORT = float(sys.argv[1]), int(sys.argv[2])


async def one_way(reader, writer):
    """Each piece waits for itself, so that the delay costs no throughput."""
    loop, late = asyncio.get_running_loop(), asyncio.Queue()

    async def deliver():
        while True:
            due, data = await late.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                break
            writer.write(data)
            await writer.drain()

    task = asyncio.ensure_future(deliver())
    data = True
    while data:
        try:
            data = await reader.read(65536)
        except ConnectionError:
            data = b""
        late.put_nowait((loop.time() + MS / 1000, data))
    try:
        await task
        writer.close()
    except ConnectionError:
        pass


async def client(reader, writer):
    up, down = await asyncio.open_connection("127.0.0.1", PORT)
    await asyncio.gather(one_way(reader, down), one_way(up, writer))


async def main():
    server = await asyncio.start_server(client, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
