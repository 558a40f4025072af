"""A server on this machine, for downloads that go well and downloads that do not."""

from __future__ import annotations

import contextlib
import http.server
import socket
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def server(
    content: bytes | None,
    announced: int | None = None,
    before_end: Callable[[], None] = lambda: None,
) -> Iterator[str]:
    """Serve the same bytes to every request, 404 for None. Yields the address.

    announced: the length that the header claims, if it is not the true one.
    before_end: is called when the content is sent and the connection still open.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802 (the name that the base class calls)
            if content is None:
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Length", str(announced or len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()
            return before_end()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{running.server_port}"
        finally:
            running.shutdown()


def closed() -> str:
    """Give an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"
