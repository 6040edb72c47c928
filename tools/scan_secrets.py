"""Secrets in the tracked files and in every line the history ever added: 0 none, 1 some. `nox -s secrets` runs it.

detect-secrets finds them, by their shapes and by the names they are given; not by entropy, for the corpus is full of
digests. What is known to be none stands in `known_secrets.json`, by the SHA-256 of its text, with the reason.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings

KNOWN = Path(__file__).with_name("known_secrets.json")
DETECTORS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "KeywordDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)
FILTERS = (  # what looks like a reference to a secret, a call or a placeholder
    "is_indirect_reference",
    "is_likely_id_string",
    "is_not_alphanumeric_string",
    "is_prefixed_with_dollar_sign",
    "is_sequential_string",
    "is_templated_secret",
)
LONGEST_LINE = 4000


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode(errors="replace")


def lines(root: Path) -> Iterator[tuple[str, str]]:
    """(where, line): the tracked files as they are on disk, then what each commit of any branch added."""
    for name in git(root, "ls-files", "-z").split("\0"):
        path = root / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
                yield f"{name}:{number}", line
    commit = name = ""
    for line in git(root, "log", "--all", "-p", "-m", "-U0", "--no-color", "--no-ext-diff", "--format=commit %h").split(
        "\n"
    ):
        if line.startswith("commit "):
            commit = line.removeprefix("commit ")
        elif line.startswith("+++ "):
            name = line.removeprefix("+++ ").removeprefix("b/")
        elif line.startswith("+"):
            yield f"{commit}:{name}", line[1:]


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def scan(root: Path, known: frozenset[str] = frozenset()) -> list[tuple[str, str, str]]:
    """(where, kind, digest) of each secret, at the first place it stands; its text is never shown."""
    settings = {
        "plugins_used": [{"name": name} for name in DETECTORS],
        "filters_used": [{"path": f"detect_secrets.filters.heuristic.{name}"} for name in FILTERS],
    }
    first: dict[str, str] = {}
    for where, line in lines(root):
        first.setdefault(line[:LONGEST_LINE], where)
    found: dict[str, tuple[str, str, str]] = {}
    with transient_settings(settings):
        for line, where in first.items():
            for secret in scan_line(line):
                key = digest(secret.secret_value or "")
                if key not in known:
                    found.setdefault(key, (where, secret.type, key))
    return list(found.values())


def main(root: Path) -> int:
    found = scan(root, frozenset(json.loads(KNOWN.read_text(encoding="utf-8"))))
    for where, kind, key in found:
        print(f"{where}: {kind}, sha256 {key}")
    if found:
        print(f"{len(found)} that look like secrets. Withdraw what is one; what is none goes into {KNOWN.name}.")
        return 1
    print("No secret in the tracked files or their history.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1]))
