"""A proxy on loopback for tests: HTTP or SOCKS5, connecting everybody to one port here."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading

from tests.waiting import join


class Relay:
    """A proxy of either kind that connects everybody to `port` here, and notes where they wanted to go."""

    def __init__(self, port: int, kind: str) -> None:
        self.port, self.kind = port, kind
        self.wanted: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"{kind}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._sockets: list[socket.socket] = []
        self._threads[0].start()

    def close(self) -> None:
        for opened in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()
        for thread in self._threads:
            join(thread)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            self._start(self._serve, client)

    def _start(self, run: object, *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.port))
        self._sockets.append(server)
        if self.kind == "http":
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(65536)
            self.wanted.append(head.split(b" ")[1].decode())
            if head.startswith(b"CONNECT"):
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                server.sendall(_without_host(head))
        else:
            client.recv(1024)
            client.sendall(b"\x05\x00")
            asked = client.recv(1024)
            self.wanted.append(asked[5 : 5 + asked[4]].decode())
            client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00" + struct.pack("!H", 0))
        self._start(self._pump, server, client)
        self._pump(client, server)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(_without_host(data))
        except OSError:
            pass
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _without_host(data: bytes) -> bytes:
    """Requests as the server behind a proxy gets them."""
    return re.sub(rb"^(GET|POST) http://[a-z.0-9:-]+/", rb"\1 /", data)
