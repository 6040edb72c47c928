"""The page at `/`: only when asked for, and with headers under which nothing but its own parts would run."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re

from harness.gateway.settings import parse
from harness.wire import codec
from harness.wire.messages import StartTranscription


async def get(port: int, path: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of a plain HTTP request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: gateway\r\n\r\n".encode())
    async with asyncio.timeout(5):
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    status, *lines = head.split("\r\n")
    return int(status.split()[1]), {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}, body


def digest(part: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"


async def test_there_is_no_page_unless_it_is_asked_for(gateway):
    """A gateway as it comes answers a plain request to `/` with what websockets says: an upgrade is required."""
    assert (await get((await gateway()).port, "/"))[0] == 426


async def test_the_page_is_one_file_that_reaches_for_nothing(gateway):
    """No address but its own socket's, no handler in an attribute, and no mark left of its assembly."""
    status, headers, body = await get((await gateway(page=True)).port, "/?from=somewhere")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert int(headers["content-length"]) == len(body.encode())
    assert re.findall(r"(?:src|href|action)=\"(.*?)\"", body) == ["data:,"]
    assert not re.search(r"<[^>]* (?:on[a-z]+|style)=", body.partition("<script")[0])
    assert "{{" not in body


async def test_the_policy_names_the_digests_of_what_is_in_the_page(gateway):
    """The one script that runs and the one style are allowed by digest; what else got in would not run."""
    _, headers, body = await get((await gateway(page=True)).port, "/")
    policy = dict(rule.strip().partition(" ")[::2] for rule in headers["content-security-policy"].split(";"))
    script, style = (re.findall(rf"<{name}>(.*?)</{name}>", body, re.DOTALL) for name in ("script", "style"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == f"{digest(*script)} blob:"
    assert policy["style-src"] == digest(*style)
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


async def test_other_paths_and_websockets_are_what_they_were(gateway, connect):
    """A client that opens its WebSocket at `/` is greeted, page or not."""
    here = await gateway(page=True)
    assert (await get(here.port, "/page.js"))[0] == 426
    assert (await connect(here)).greeting is not None


async def test_what_the_page_says_is_what_the_contract_has(gateway):
    """Each message in the script's own text, read by the gateway's decoder, is a start that may be served."""
    _, _, body = await get((await gateway(page=True)).port, "/")
    said = re.search(r"say\(\{\s*(type: \"start_transcription\".*?)\}\)", body, re.DOTALL)
    assert said
    keys = set(re.findall(r"(\w+):", said[1]))
    assert keys <= set(
        codec.pairs_of(StartTranscription(sample_rate_hz=1, encoding="", word_time_offsets=True, stream_id=""))
    )


def test_a_flag_or_a_variable_asks_for_it():
    """Either is enough, and neither is the default."""
    assert [parse(*told).page for told in (([], {}), (["--page"], {}), ([], {"GATEWAY_PAGE": "true"}))] == [
        False,
        True,
        True,
    ]
