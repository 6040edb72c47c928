"""JSON Web Tokens: which let their bearer in, and what rotation does."""

from __future__ import annotations

import asyncio
import base64
import json
import time

import pytest
from websockets.exceptions import InvalidStatus

jwt = pytest.importorskip("jwt")
ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")

from harness.errors import UsageError  # noqa: E402  after the optional imports
from harness.gateway.admission import AdmissionLimits  # noqa: E402
from harness.gateway.security import SecuritySettings, TokenSettings  # noqa: E402
from harness.gateway.tokens import Bearer, TokenError, Tokens  # noqa: E402
from harness.riva.environment import Environment  # noqa: E402
from harness.wire.messages import StartTranscription  # noqa: E402

AUDIENCE = "gateway"


class Issuer:
    """Signs tokens; `jwk` is its public key."""

    def __init__(self, name="k1"):
        self.name = name
        self.key = ec.generate_private_key(ec.SECP256R1())
        public = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        self.jwk = {**public, "kid": name, "alg": "ES256", "use": "sig"}

    def token(self, key=None, algorithm="ES256", headers=None, **claims):
        now = time.time()
        known = {"sub": "alice", "aud": AUDIENCE, "exp": now + 60, "iss": "me", **claims}
        kept = {name: value for name, value in known.items() if value is not None}
        return jwt.encode(
            kept, key or self.key, algorithm, headers={**({"kid": self.name} if self.name else {}), **(headers or {})}
        )


def write(path, *keys):
    path.write_text(json.dumps({"keys": list(keys)}), encoding="utf-8")
    return path


@pytest.fixture
def issuer():
    return Issuer()


@pytest.fixture
def told(issuer, tmp_path):
    return TokenSettings(jwks_file=write(tmp_path / "jwks", issuer.jwk), audience=AUDIENCE, issuer="me", leeway_s=0)


async def test_a_good_token_names_its_bearer(issuer, told):
    """Subject and end; with or without a key id where there is one key."""
    tokens = Tokens(told)
    assert (await tokens.check(issuer.token())).subject == "alice"
    assert (await tokens.check(issuer.token(exp=2_000_000_000))) == Bearer("alice", 2_000_000_000)
    issuer.name = None
    assert (await tokens.check(issuer.token())).subject == "alice"


def unsigned(issuer):
    return jwt.encode({"sub": "a", "aud": AUDIENCE, "exp": time.time() + 60, "iss": "me"}, None, "none")


def forged_with_the_public_key(issuer):
    """The classic: HMAC with what everybody knows."""
    known = json.dumps(issuer.jwk).encode()
    return issuer.token(base64.b64encode(known).decode(), algorithm="HS256")


@pytest.mark.parametrize(
    "bad",
    [
        lambda _: "",
        lambda _: "a.b.c",
        lambda _: "x" * 5000,
        lambda issuer: issuer.token(exp=time.time() - 5),
        lambda issuer: issuer.token(exp=None),
        lambda issuer: issuer.token(exp="soon"),
        lambda issuer: issuer.token(nbf=time.time() + 50),
        lambda issuer: issuer.token(aud="another"),
        lambda issuer: issuer.token(aud=None),
        lambda issuer: issuer.token(iss="another"),
        lambda issuer: issuer.token(iss=None),
        lambda issuer: issuer.token(sub=None),
        lambda issuer: issuer.token(headers={"kid": "k2"}),
        lambda issuer: issuer.token(key=Issuer().key),
        lambda issuer: issuer.token()[:-4] + "AAAA",
        unsigned,
        forged_with_the_public_key,
    ],
)
async def test_a_bad_token_does_not(issuer, told, bad):
    """Whatever is wrong with it: one answer, and never another exception."""
    with pytest.raises(TokenError) as caught:
        await Tokens(told).check(bad(issuer))
    assert caught.value.code == "unauthenticated"


async def test_keys_are_rotated_with_their_file(issuer, told):
    """A new key counts at once, a withdrawn one no longer; a broken file changes nothing."""
    tokens, new = Tokens(told), Issuer("k2")
    write(told.jwks_file, issuer.jwk, new.jwk)
    assert (await tokens.check(new.token())).subject == "alice"
    write(told.jwks_file, new.jwk)
    with pytest.raises(TokenError):
        await tokens.check(issuer.token())
    told.jwks_file.write_text("half a fi", encoding="utf-8")
    assert (await tokens.check(new.token())).subject == "alice"


async def test_keys_come_from_a_url_and_a_flood_of_unknown_ids_does_not(issuer):
    """One fetch serves all; an unknown id asks again, but not each time."""
    fetched = []

    async def serve(reader, writer):
        fetched.append(await reader.readuntil(b"\r\n\r\n"))
        body = json.dumps({"keys": [issuer.jwk]}).encode()
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        tokens = Tokens(TokenSettings(jwks_url=f"http://127.0.0.1:{port}/", audience=AUDIENCE))
        assert [b.subject for b in await asyncio.gather(*(tokens.check(issuer.token()) for _ in range(5)))] == [
            "alice"
        ] * 5
        for _ in range(5):
            with pytest.raises(TokenError):
                await tokens.check(issuer.token(headers={"kid": "unknown"}))
    assert len(fetched) == 1
    assert (await tokens.check(issuer.token())).subject == "alice"


async def test_without_any_keys_nobody_is_let_in_and_may_come_again(free_port):
    """A URL that does not answer is our trouble, not the caller's."""
    tokens = Tokens(TokenSettings(jwks_url=f"http://127.0.0.1:{free_port}/", audience=AUDIENCE))
    with pytest.raises(TokenError) as caught:
        await tokens.check(Issuer().token())
    assert caught.value.code == "auth_unavailable"


@pytest.mark.parametrize("content", ["", "{}", '{"keys":[]}', '{"keys":[{"kty":"oct","k":"AAAA"}]}', '{"keys":[1]}'])
def test_a_file_without_public_keys_is_refused_at_the_start(tmp_path, content):
    """Shared secrets are no keys here."""
    (tmp_path / "jwks").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="GATEWAY_JWKS_FILE: it holds no"):
        Tokens(TokenSettings(jwks_file=tmp_path / "jwks", audience=AUDIENCE))


@pytest.mark.parametrize(
    ("env", "where"),
    [
        ({"GATEWAY_JWKS_URL": "http://keys.example/"}, "GATEWAY_JWKS_URL"),
        ({"GATEWAY_JWKS_URL": "https://keys.example/"}, "GATEWAY_JWT_AUDIENCE"),
        ({"GATEWAY_JWKS_URL": "https://k/", "GATEWAY_JWKS_FILE": __file__}, "GATEWAY_JWKS_FILE, GATEWAY_JWKS_URL"),
        ({"APP_SSL_CLIENT_CA": __file__}, "APP_SSL_CLIENT_CA"),
    ],
)
def test_settings_that_would_let_everybody_in_are_refused(env, where):
    """Keys over plain HTTP, tokens for anybody, client certificates without TLS."""
    with pytest.raises(UsageError) as caught:
        SecuritySettings.from_env(Environment(env))
    assert caught.value.where == where


async def test_the_door_asks_for_a_token(gateway, connect, issuer, told):
    """None or a bad one: 401. In the header or, for browsers, in a subprotocol that is not said back: welcome."""
    here = await gateway(security=SecuritySettings(tokens=told))
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {issuer.token()}"}):
        with pytest.raises(InvalidStatus) as refused:
            await connect(here, additional_headers=headers)
        response = refused.value.response
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert json.loads(response.body)["code"] == "unauthenticated"
    await connect(here, additional_headers={"Authorization": f"Bearer {issuer.token()}"})
    browser = await connect(here, subprotocols=["riva-gateway", f"bearer.{issuer.token()}"])
    assert browser.socket.subprotocol == "riva-gateway"


async def test_a_token_that_ends_begins_no_session(gateway, connect, issuer, told, monkeypatch):
    """An open connection outlives its token, its next session does not begin."""
    here = await gateway(security=SecuritySettings(tokens=told))
    talk = await connect(here, additional_headers={"Authorization": f"Bearer {issuer.token()}"})
    later = time.time() + 61
    monkeypatch.setattr("harness.gateway.caller.time.time", lambda: later)
    await talk.say(StartTranscription())
    assert (await talk.hear()).code == "unauthenticated"
    assert await talk.closed() == 1008


async def test_a_subject_has_its_quota(gateway, connect, issuer, told):
    """429 for the second connection of one caller, none for another's."""
    here = await gateway(security=SecuritySettings(tokens=told), admission=AdmissionLimits(connections_per_subject=1))

    def bearer(who):
        return {"Authorization": f"Bearer {issuer.token(sub=who)}"}

    await connect(here, additional_headers=bearer("a"))
    with pytest.raises(InvalidStatus) as refused:
        await connect(here, additional_headers=bearer("a"))
    assert refused.value.response.status_code == 429
    await connect(here, additional_headers=bearer("b"))
