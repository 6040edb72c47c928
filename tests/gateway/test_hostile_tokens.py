"""Tokens that must not let anybody in: 401 before the upgrade, and nothing else of them anywhere."""

from __future__ import annotations

import base64
import json
import time

import pytest
from doubles.hostile_client import request
from doubles.hostile_setting import hostile_setting

from harness.gateway.security import SecuritySettings, TokenSettings

jwt = pytest.importorskip("jwt")
rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")

AUDIENCE, ISSUER = "gateway", "https://issuer.example"
OURS, THEIRS, SECOND = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3))
PUBLIC_PEM = OURS.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def jwk(key, key_id):
    return {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "alg": "RS256"}


def claims(**changed):
    whole = {"sub": "caller", "aud": AUDIENCE, "iss": ISSUER, "exp": int(time.time()) + 600, **changed}
    return {name: value for name, value in whole.items() if value is not None}


def packed(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=")


def signed(body=None, key=OURS, headers=None):
    """Signed as ours are, byte for byte, whatever is in it."""
    head = {"alg": "RS256", "kid": "ours", "typ": "JWT", **(headers or {})}
    text = packed(head) + b"." + packed(claims() if body is None else body)
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(text, key)
    return (text + b"." + packed(signature)).decode()


def shared_secret(secret):
    text = packed({"alg": "HS256", "kid": "ours"}) + b"." + packed(claims())
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(text, secret)
    return (text + b"." + packed(signature)).decode()


HEAD, BODY, SIGNATURE = signed().split(".")
BEARERS = {
    "expired": signed(claims(exp=int(time.time()) - 5)),
    "not-yet-valid": signed(claims(nbf=int(time.time()) + 600)),
    "issued-tomorrow": signed(claims(iat=int(time.time()) + 86_400)),
    "other-audience": signed(claims(aud="other")),
    "no-audience": signed(claims(aud=None)),
    "audience-number": signed(claims(aud=1)),
    "other-issuer": signed(claims(iss="https://evil.example")),
    "no-issuer": signed(claims(iss=None)),
    "no-end": signed(claims(exp=None)),
    "end-text": signed(claims(exp="never")),
    "end-list": signed(claims(exp=[1])),
    "end-object": signed(claims(exp={})),
    "end-infinite": signed(claims(exp=float("inf"))),
    "end-nan": signed(claims(exp=float("nan"))),
    "end-beyond-floats": signed(claims(exp=10**400)),
    "no-subject": signed(claims(sub=None)),
    "subject-number": signed(claims(sub=7)),
    "subject-object": signed(claims(sub={"admin": True})),
    "claims-list": signed([1]),
    "claims-nested": signed(b"[" * 4000),
    "alg-none": f"{packed({'alg': 'none', 'kid': 'ours'}).decode()}.{BODY}.",
    "alg-None": f"{packed({'alg': 'None', 'kid': 'ours'}).decode()}.{BODY}.{SIGNATURE}",
    "alg-none-second-key-id": f"{packed({'alg': 'none', 'kid': 'second'}).decode()}.{BODY}.{SIGNATURE}",
    "alg-missing": f"{packed({'kid': 'ours'}).decode()}.{BODY}.{SIGNATURE}",
    "alg-list": f"{packed({'alg': ['RS256'], 'kid': 'ours'}).decode()}.{BODY}.{SIGNATURE}",
    "alg-HS256-by-our-public-key": shared_secret(PUBLIC_PEM),
    "alg-HS256-by-our-modulus": shared_secret(jwk(OURS, "ours")["n"].encode()),
    "alg-HS256-by-the-oct-key": shared_secret(b"k" * 32).replace(HEAD, HEAD),
    "alg-PS256": signed(headers={"alg": "PS256"}),
    "other-key": signed(key=THEIRS),
    "other-key-brought-along": signed(key=THEIRS, headers={"jwk": jwk(THEIRS, "ours")}),
    "other-key-at-an-address": signed(key=THEIRS, headers={"jku": "http://127.0.0.1:1/keys"}),
    "second-key-under-the-first-id": signed(key=SECOND),
    "unknown-key-id": signed(headers={"kid": "unknown"}),
    "symmetric-key-id": signed(headers={"kid": "symmetric"}),
    "no-key-id": signed(headers={"kid": None}),
    "key-id-number": signed(headers={"kid": 7}),
    "key-id-list": signed(headers={"kid": ["ours"]}),
    "key-id-path": signed(headers={"kid": "../../../dev/null"}),
    "crit-unknown": signed(headers={"crit": ["unheard-of"], "unheard-of": 1}),
    "payload-swapped": f"{HEAD}.{packed(claims(sub='admin')).decode()}.{SIGNATURE}",
    "no-signature": f"{HEAD}.{BODY}.",
    "two-parts": f"{HEAD}.{BODY}",
    "four-parts": f"{HEAD}.{BODY}.{SIGNATURE}.{SIGNATURE}",
    "garbage": "garbage",
    "dots": "..",
    "not-base64": "!!!.???.###",
    "not-ascii": "\xff\xfe.\xff.\xff",
    "not-ascii-in-the-signature": f"{HEAD}.{BODY}.\xff",
    "header-not-json": f"{packed(b'no json').decode()}.{BODY}.{SIGNATURE}",
    "header-not-utf-8": f"{packed(bytes([255, 254])).decode()}.{BODY}.{SIGNATURE}",
    "header-list": f"{packed([]).decode()}.{BODY}.{SIGNATURE}",
    "header-nested": f"{packed(b'[' * 5000).decode()}.{BODY}.{SIGNATURE}",
    "empty": "",
}


def security(tmp_path):
    symmetric = {"kty": "oct", "kid": "symmetric", "alg": "HS256", "k": packed(b"k" * 32).decode()}
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [jwk(OURS, "ours"), jwk(SECOND, "second"), symmetric]}), encoding="utf-8")
    return SecuritySettings(tokens=TokenSettings(jwks_file=keys, audience=AUDIENCE, issuer=ISSUER, leeway_s=0))


async def knock(here, headers):
    """Status, headers and the error's code of a request that should be refused."""
    client = await here.dial()
    await client.send(request(headers))
    status, answered, body = await client.response()
    return status, answered, json.loads(body)


@pytest.mark.parametrize("bearer", BEARERS.values(), ids=BEARERS)
async def test_a_bad_token_is_401(riva, caplog, tmp_path, bearer):
    """The contract's error, the scheme to use, and not a piece of the token."""
    good = {"Authorization": f"Bearer {signed()}"}
    async with hostile_setting(riva, caplog, headers=good, security=security(tmp_path)) as here:
        status, headers, error = await knock(here, {"Authorization": f"Bearer {bearer}"})
        assert (status, error["code"], error["retryable"]) == (401, "unauthenticated", False)
        assert headers["www-authenticate"] == "Bearer"
        assert error["error"] == "a valid token is required"
        await here.good_session(good)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": signed()},
        {"Authorization": f"Basic {signed()}"},
        {"Authorization": "Bearer"},
        {"Cookie": f"token={signed()}"},
        {"Sec-WebSocket-Protocol": signed()},
        {"Sec-WebSocket-Protocol": "bearer."},
        {"Authorization": "Bearer x", "authorization": f"Bearer {signed()}"},
    ],
    ids=["none", "no-scheme", "basic", "scheme-alone", "cookie", "protocol", "protocol-empty", "second-of-two"],
)
async def test_a_token_in_the_wrong_place_is_none(riva, caplog, tmp_path, headers):
    """Only the first Authorization header and the subprotocol for browsers count."""
    good = {"Authorization": f"Bearer {signed()}"}
    async with hostile_setting(riva, caplog, headers=good, security=security(tmp_path)) as here:
        status, _, error = await knock(here, headers)
        assert (status, error["code"]) == (401, "unauthenticated")


async def test_a_token_beyond_what_a_header_may_hold_is_refused(riva, caplog, tmp_path):
    """A line over 8 KiB is not read to its end: 431, whatever it would have proved."""
    good = {"Authorization": f"Bearer {signed()}"}
    async with hostile_setting(riva, caplog, headers=good, security=security(tmp_path)) as here:
        client = await here.dial()
        await client.send(request({"Authorization": "Bearer " + "x" * 100_000}))
        assert (await client.response())[0] == 431
