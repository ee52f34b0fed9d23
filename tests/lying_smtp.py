"""An SMTP server on loopback that tells the truth until it is its turn to lie."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping

MOST_SENT = 256 * 1024 * 1024
Lie = bytes | Callable[[socket.socket], bytes]
"""What is said in place of the truth: bytes, or something that is done to the line and what is said
afterwards, b"" for nothing.
"""

_TRUTH = {
    "greeting": b"220 honest.example\r\n",
    "ehlo": b"250-honest.example\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    "helo": b"250 honest.example\r\n",
    "mail": b"250 sender ok\r\n",
    "rcpt": b"250 recipient ok\r\n",
    "data": b"354 go on\r\n",
    "text": b"250 queued\r\n",
    "rset": b"250 ok\r\n",
    "quit": b"221 bye\r\n",
}


class LyingServer:
    """Owns its threads and sockets; `close` ends them.

    texts: messages whose end was seen. begun: how many times a text was asked for. commands: first words
    heard. sent: bytes of lies that went out before the client had enough.
    """

    def __init__(self, lies: Mapping[str, Lie], *, times: int = 1_000_000) -> None:
        self.lies, self.times = dict(lies), times
        self.texts: list[bytes] = []
        self.commands: list[str] = []
        self.begun = self.sent = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        for line in self._open:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(line)
            thread = threading.Thread(target=self._serve, args=(line,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:
            self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        heard = line.makefile("rb")
        self._say(line, "greeting")
        while command := heard.readline():
            word = command[:4].decode("ascii", "replace").strip().lower()
            self.commands.append(word)
            self._say(line, word if word in _TRUTH else "quit")
            if word == "data":
                self.begun += 1
                if not self._take_text(line, heard):
                    return
            elif word == "quit":
                return

    def _take_text(self, line: socket.socket, heard: Iterator[bytes]) -> bool:
        text: list[bytes] = []
        if "early" in self.lies:
            next(heard, b"")
            self._say(line, "early")
        for part in heard:
            if part == b".\r\n":
                self.texts.append(b"".join(text))
                self._say(line, "text")
                return True
            text.append(part)
        return False

    def _say(self, line: socket.socket, stage: str) -> None:
        lie = self.lies.get(stage)
        if lie is None or self.times <= 0:
            line.sendall(_TRUTH.get(stage, b""))
            return
        if stage != "greeting" or len(self.lies) == 1:
            self.times -= 1
        said = lie(line) if callable(lie) else lie
        line.sendall(said)

    def pour(self, piece: bytes) -> Callable[[socket.socket], bytes]:
        """A lie without end: the same piece until the client hangs up."""

        def endless(line: socket.socket) -> bytes:
            while self.sent < MOST_SENT:
                line.sendall(piece)
                self.sent += len(piece)
            return b""

        return endless


def hang_up(line: socket.socket) -> bytes:
    """Close the line in an orderly way."""
    line.shutdown(socket.SHUT_RDWR)
    return b""


def reset(line: socket.socket) -> bytes:
    """Break the line off."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    line.close()
    return b""


def say_and_hang_up(words: bytes) -> Callable[[socket.socket], bytes]:
    """Say something and close the line."""

    def said(line: socket.socket) -> bytes:
        line.sendall(words)
        line.shutdown(socket.SHUT_WR)
        return b""

    return said


def in_pieces(words: bytes) -> Callable[[socket.socket], bytes]:
    """Say something a byte a packet, as a slow line brings it."""

    def said(line: socket.socket) -> bytes:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(words)):
            line.sendall(words[at : at + 1])
        return b""

    return said


def drip(line: socket.socket) -> bytes:
    """A sign of life now and then and never an answer, until the client hangs up."""
    line.settimeout(0.05)
    with contextlib.suppress(OSError):
        while True:
            line.sendall(b"2")
            try:
                if not line.recv(1):
                    break
            except TimeoutError:
                continue
    return b""
