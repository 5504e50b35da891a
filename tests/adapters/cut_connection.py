"""A line to a server that a test can cut: what stands behind it goes on, but cannot be reached."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator


class Line:
    """Forwards a port of its own on loopback to another. `cut`: nobody answers; `hold`: somebody does, but says nothing."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._open: list[socket.socket] = []
        self._is_cut = self._is_held = self._is_over = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        self._is_cut = True
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        self._is_held = True

    def mend(self) -> None:
        self._is_cut = self._is_held = False

    def close(self) -> None:
        self._is_over = True
        self._thread.join()
        for end in [self._door, *self._open]:
            end.close()

    def _serve(self) -> None:
        while not self._is_over:
            if select.select([self._door], [], [], 0.02)[0]:
                near, _ = self._door.accept()
                if self._is_cut:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._behind))
                self._open += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := source.recv(65_536):
                while self._is_held and not self._is_cut:
                    threading.Event().wait(0.02)
                target.sendall(content)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def line_to(port: int) -> Iterator[Line]:
    line = Line(port)
    try:
        yield line
    finally:
        line.cut()
        line.close()
