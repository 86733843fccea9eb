"""Small HTTP servers of the tests' own."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

END_S = 0.01
"""How soon a server notices that it is to end, in seconds; half a second where nothing is said."""


@contextmanager
def serve(handler: Callable[..., http.server.BaseHTTPRequestHandler] | Any) -> Iterator[str]:
    """Answer requests on a port of this machine until the end of the block; give the address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, in_thread(server):
        yield f"http://127.0.0.1:{server.server_port}"


@contextmanager
def in_thread(server: http.server.HTTPServer) -> Iterator[None]:
    """Have a server answer until the end of the block."""
    thread = threading.Thread(target=server.serve_forever, args=(END_S,), name="test-server", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
