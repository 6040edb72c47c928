"""Throw-away certificates for tests, made by the openssl command on the day they are used."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_FOR_LOOPBACK = "subjectAltName=IP:127.0.0.1,DNS:localhost"


class Authority:
    """A certificate authority in a folder; `ca` is its certificate."""

    def __init__(self, folder: Path, name: str) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("the openssl command is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.ca, self._key = folder, folder / f"{name}.pem", folder / f"{name}.key"
        _openssl("req", "-x509", *_KEY, "-keyout", self._key, "-out", self.ca, "-days", "2", "-subj", f"/CN={name}")

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate for 127.0.0.1, for servers and clients alike, and its key."""
        cert, key, request = (self.folder / f"{name}.{end}" for end in ("crt", "key", "csr"))
        _openssl("req", *_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}", "-addext", _FOR_LOOPBACK)
        signed = ("-CA", self.ca, "-CAkey", self._key, "-CAcreateserial", "-days", "2", "-copy_extensions", "copy")
        _openssl("x509", "-req", "-in", request, "-out", cert, *signed)
        return cert, key


def install(source: Path, place: Path) -> None:
    """Put a file in a place in one step, as a rotation should."""
    fresh = place.with_name(f".{place.name}")
    shutil.copyfile(source, fresh)
    fresh.replace(place)


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
