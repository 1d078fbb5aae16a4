"""forward.py PORT HOST PORT: forwards connections, as a container engine does for mapped ports."""
import asyncio
import sys


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def accept(reader, writer):
    try:
        to_reader, to_writer = await asyncio.open_connection(sys.argv[2], int(sys.argv[3]))
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, to_writer), pump(to_reader, writer))


async def main():
    server = await asyncio.start_server(accept, "0.0.0.0", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
