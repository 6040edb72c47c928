"""A locustfile: load_locust.py with websocket-client."""

from __future__ import annotations

import websocket
from load_locust import URL, Streamer


class _Socket:
    def __init__(self, connection: websocket.WebSocket) -> None:
        self.text, self.audio = connection.send, connection.send_binary
        self.read, self.close = connection.recv, connection.close


class ClientStreamer(Streamer):
    """One greenlet writes and one reads, so a lock for each suffices."""

    def connect(self) -> _Socket:
        return _Socket(websocket.create_connection(URL, enable_multithread=True))
