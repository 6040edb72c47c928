"""JSON Web Tokens: who signed them, for whom, until when. Keys come from a JWKS file or URL and may be rotated.

Only asymmetric algorithms, and a key only with its own: a public key is no secret to sign with.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Final

import structlog

from harness.errors import HarnessError, UsageError
from harness.gateway.security import TokenSettings
from harness.riva.watched import Watched

_LOG = structlog.get_logger()
_FETCH_EVERY_S: Final = 300.0
_FETCH_AT_MOST_EVERY_S: Final = 10.0  # a flood of unknown key ids must not become one of requests
_FETCH_WITHIN_S: Final = 5.0
_LARGEST_SET: Final = 2**20
_SYMMETRIC: Final = "oct"


class TokenError(HarnessError):
    """A token that does not let its bearer in. `code` of the answers; what is wrong with it is for our log."""

    def __init__(self, problem: str, code: str = "unauthenticated") -> None:
        super().__init__(problem)
        self.code = code


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token it is, and its end (Unix time)."""

    subject: str
    until_s: float


class Tokens:
    """Raises UsageError where the library is missing, or the file holds no keys."""

    def __init__(self, told: TokenSettings) -> None:
        try:
            import jwt  # noqa: PLC0415  an optional extra
        except ImportError:
            where = "GATEWAY_JWKS_FILE" if told.jwks_file else "GATEWAY_JWKS_URL"
            remedy = "pip install 'riva-slo-harness[gateway]'"
            raise UsageError(where, "tokens need PyJWT and cryptography, which are not installed", remedy) from None
        self._jwt = jwt
        self._told = told
        self._keys: dict[str, Any] = {}
        self._watched = Watched(told.jwks_file)
        self._fetching = asyncio.Lock()
        self._tried_at: float | None = None
        if told.jwks_file is not None:
            self._keys = self._from_file()

    async def check(self, token: str) -> Bearer:
        """Raises TokenError."""
        jwt = self._jwt
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            key = await self._key(key_id)
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._told.audience,
                issuer=self._told.issuer,
                leeway=self._told.leeway_s,
                options={"require": ["exp", "aud", "sub", *(["iss"] if self._told.issuer else [])]},
            )
            return Bearer(claims["sub"], float(claims["exp"]) + self._told.leeway_s)
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            # what no parser was made for is no token either; and its text may hold parts of one
            raise TokenError(type(error).__name__) from None

    async def _key(self, key_id: object) -> Any:
        await self._refresh(known=key_id in self._keys if isinstance(key_id, str) else bool(self._keys))
        if not self._keys:
            raise TokenError("no keys could be had", "auth_unavailable")
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if not isinstance(key_id, str) or key_id not in self._keys:
            raise TokenError("no key of the set signed it")
        return self._keys[key_id]

    async def _refresh(self, *, known: bool) -> None:
        if self._told.jwks_file is not None:
            if self._watched.changed():
                self._reread()
            return
        if self._fresh(known=known) and (known or not self._fetching.locked()):
            return
        async with self._fetching:
            if not self._fresh(known=known):  # another caller may have fetched meanwhile
                await self._fetch(str(self._told.jwks_url))

    def _fresh(self, *, known: bool) -> bool:
        if self._tried_at is None:
            return False
        age_s = time.monotonic() - self._tried_at
        return age_s < (_FETCH_EVERY_S if known else _FETCH_AT_MOST_EVERY_S)

    async def _fetch(self, url: str) -> None:
        self._tried_at = time.monotonic()
        try:
            self._keys = self._parse(await asyncio.to_thread(_download, url), "GATEWAY_JWKS_URL")
        except (OSError, UsageError) as error:
            _LOG.error("keys cannot be fetched, the old ones stay", problem=str(error))

    def _reread(self) -> None:
        try:
            self._keys = self._from_file()
        except UsageError as error:
            _LOG.error("keys cannot be read, the old ones stay", problem=str(error))
        else:
            _LOG.info("keys changed", keys=len(self._keys))

    def _from_file(self) -> dict[str, Any]:
        path = self._told.jwks_file
        try:
            content = path.read_bytes() if path is not None else b""
        except OSError as error:
            raise UsageError(
                "GATEWAY_JWKS_FILE", f"it cannot be read ({error.strerror})", "give a JWKS file"
            ) from error
        return self._parse(content, "GATEWAY_JWKS_FILE")

    def _parse(self, content: bytes, where: str) -> dict[str, Any]:
        try:
            listed = [key for key in json.loads(content)["keys"] if key.get("kty") != _SYMMETRIC]
            made = {str(key.get("kid", at)): self._jwt.PyJWK(key) for at, key in enumerate(listed)}
        except (ValueError, LookupError, TypeError, AttributeError, self._jwt.PyJWTError) as error:
            raise UsageError(where, f"it holds no JSON Web Key Set ({type(error).__name__})", "give one") from error
        if not made:
            raise UsageError(where, "it holds no public key", "put the issuer's public keys there")
        return made


def _download(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=_FETCH_WITHIN_S) as response:  # noqa: S310  the settings take https alone
        content: bytes = response.read(_LARGEST_SET)
    return content
