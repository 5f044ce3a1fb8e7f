"""Passes bytes on: `relay LISTEN TARGET [TLS]`, each HOST:PORT or a path.

LISTEN `-` is this terminal. TLS is a folder with cert.pem and key.pem: what comes is decrypted.
"""

import asyncio
import socket
import ssl
import sys
from pathlib import Path

IP_FREEBIND = 15


async def _connect(target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if target.startswith("/"):
        return await asyncio.open_unix_connection(target)
    host, _, port = target.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
        else:
            # By TLS an end is an end both ways.
            sink.close()
    except OSError:
        sink.close()


async def _serve(listen: str, target: str, tls: ssl.SSLContext | None) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await _connect(target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pass(reader, far_writer), _pass(far_reader, writer))
        far_writer.close()
        writer.close()

    if listen.startswith("/"):
        Path(listen).unlink(missing_ok=True)
        server = await asyncio.start_unix_server(serve, listen)
    else:
        host, _, port = listen.rpartition(":")
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # The address of a network comes and goes with its machines.
        listening.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        listening.bind((host, int(port)))
        server = await asyncio.start_server(serve, sock=listening, ssl=tls)
    await server.serve_forever()


async def _terminal(target: str) -> None:
    loop = asyncio.get_running_loop()
    far_reader, far_writer = await _connect(target)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, sys.stdout
    )
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    upward = asyncio.create_task(_pass(reader, far_writer))
    await _pass(far_reader, writer)
    upward.cancel()


def _decrypting(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


if __name__ == "__main__":
    LISTEN, TARGET, *FOLDER = sys.argv[1:]
    CONTEXT = _decrypting(Path(FOLDER[0])) if FOLDER else None
    asyncio.run(_terminal(TARGET) if LISTEN == "-" else _serve(LISTEN, TARGET, CONTEXT))
