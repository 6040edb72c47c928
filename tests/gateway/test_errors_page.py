"""docs/errors.md is drawn from the tables that decide; this holds them together."""

from __future__ import annotations

import os
from pathlib import Path

from harness.gateway.answers import ANSWERS, CLOSE_CODES, Answer, close_code_of
from harness.riva.failures import MEANINGS, TEXTS, Meaning

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
HEAD = """\
# Errors: what fails, what we do about it, what a client is told

Every error message of the gateway has `error` (for people), `code` (stable: act on it), `retryable`, `retry_after_ms`
where coming again may help, and `stream_id`. It is sent before the close frame. This page is drawn from the tables in
`harness/riva/failures.py` and `harness/gateway/answers.py`; a test fails when they differ
(`UPDATE_GOLDEN=1 pytest tests/gateway/test_errors_page.py` draws it again).

## Failures of Riva, and of the way to it

- **kind**: a transient failure passes by itself, a fatal one needs somebody to mend something.
- **we try again**: on any endpoint, only on another one, or not at all; and only before anything was delivered, or
  from the last final where `GATEWAY_RESUME` is on. For `GATEWAY_RETRY_WINDOW_MS` the client then hears nothing.
- **breaker**: whether it counts as the endpoint's failure. A wrong request and a full server are not.
- Texts are looked for in the status's details before the status alone decides, whatever their case.

| gRPC status | Riva's text | code | kind | we try again | breaker | the client is told | may come again | close |
|---|---|---|---|---|---|---|---|---|
"""
OWN = """
## The gateway's own answers

Where there is an HTTP status, a connection may be refused with it before the WebSocket opens; the body is the same
error message, and `Retry-After` says when to come again.

| code | the client is told | may come again | close | HTTP |
|---|---|---|---|---|
"""


def row(status: str, pattern: str, meaning: Meaning) -> str:
    cells = (
        status,
        " or ".join(f"`{part}`" for part in pattern.split("|")) if pattern else "",
        f"`{meaning.code}`",
        "transient" if meaning.transient else "fatal",
        meaning.again,
        "counts" if meaning.counts else "",
        meaning.text + (": *Riva's text*" if meaning.tell_details else ""),
        "yes" if meaning.retryable else "no",
        str(close_code_of(meaning.code)),
    )
    return f"| {' | '.join(cells)} |\n"


def own_row(code: str, answer: Answer) -> str:
    close = "" if answer.close_code is None and answer.status else answer.close_code or "stays open"
    again = "yes" if answer.retryable else "no"
    return f"| `{code}` | {answer.text} | {again} | {close} | {answer.status.value if answer.status else ''} |\n"


def page() -> str:
    known = "".join(row(known.status, known.pattern, known.meaning) for known in TEXTS)
    plain = "".join(row(status, "", meaning) for status, meaning in MEANINGS.items())
    own = "".join(own_row(code, answer) for code, answer in ANSWERS.items())
    return HEAD + known + plain + OWN + own


def test_the_page_shows_the_tables_as_they_are() -> None:
    """A row that changes in the code changes in the manual."""
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_close_codes_are_of_codes_that_exist() -> None:
    """No close code is kept for an error that nobody gives."""
    codes = {meaning.code for meaning in (*MEANINGS.values(), *(known.meaning for known in TEXTS))}
    assert set(CLOSE_CODES) <= codes
