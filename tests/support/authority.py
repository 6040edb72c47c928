"""Certificates for tests, made by the openssl command: an authority, and servers and clients of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
subjectAltName = {names}
"""
HERE = "DNS:localhost, IP:127.0.0.1"
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Pair(NamedTuple):
    """A certificate and its key, PEM."""

    cert: Path
    key: Path


class Authority:
    """Signs what tests ask for; `cert` is what its clients must know."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        if shutil.which("openssl") is None:
            pytest.skip("the openssl command is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._pair = self._new(name, HERE, "-x509", "-extensions", "authority", "-days", "30")
        self.cert = self._pair.cert

    def issue(self, name: str, *, names: str = HERE, days: int = 30) -> Pair:
        """A certificate for those names, for servers and clients alike; negative days make one that has expired."""
        asked = self._new(name, names)
        cert = self.folder / f"{name}.signed.pem"
        signer = ("-CA", self._pair.cert, "-CAkey", self._pair.key, "-CAcreateserial")
        terms = ("-days", str(days), "-extfile", self._config(name, names), "-extensions", "leaf")
        openssl("x509", "-req", "-in", asked.cert, *signer, *terms, "-out", cert)
        return Pair(cert, asked.key)

    def self_signed(self, name: str) -> Pair:
        """A certificate that nobody vouches for."""
        return self._new(name, HERE, "-x509", "-extensions", "leaf", "-days", "30")

    def _new(self, name: str, names: str, *flags: str) -> Pair:
        pair = Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        config = ("-config", self._config(name, names))
        openssl("req", "-new", *NEW_KEY, *config, *flags, "-keyout", pair.key, "-out", pair.cert)
        return pair

    def _config(self, name: str, names: str) -> Path:
        path = self.folder / f"{name}.cnf"
        path.write_text(CONFIG.format(name=name, names=names), encoding="utf-8")
        return path


def install(source: Path, place: Path) -> None:
    """Put a file in a place in one step, as a rotation should."""
    fresh = place.with_name(f".{place.name}")
    shutil.copyfile(source, fresh)
    fresh.replace(place)


def openssl(*arguments: str | Path) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
