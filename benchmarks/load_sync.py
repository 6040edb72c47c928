"""A locustfile: load_locust.py with websockets' threading client, which gevent makes greenlets of."""

from __future__ import annotations

from load_locust import URL, Streamer
from websockets.sync.client import ClientConnection, connect


class _Socket:
    def __init__(self, connection: ClientConnection) -> None:
        self.text = self.audio = connection.send
        self.read, self.close = connection.recv, connection.close


class SyncStreamer(Streamer):
    """Without compression and keepalive, which cost and do nothing here."""

    def connect(self) -> _Socket:
        return _Socket(connect(URL, compression=None, ping_interval=None))
