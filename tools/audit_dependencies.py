"""Known vulnerabilities in this environment: 0 none, 1 some, 2 nobody could say. `nox -s audit` runs it.

pip-audit alone ends with 0 when its service knows no package at all, as behind a mirror that has no such service.
Here what was not audited is no pass. Arguments go on to pip-audit (`-s osv` asks the other service).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

AUDIT = [
    sys.executable,
    "-m",
    "pip_audit",
    "--format=json",
    "--progress-spinner=off",
    "--skip-editable",
    "--timeout=10",
]
OWN = "riva-slo-harness"
VULNERABLE, UNKNOWN = 1, 2


def verdict(dependencies: Sequence[dict[str, Any]]) -> tuple[int, list[str]]:
    """Exit code and what to say, of pip-audit's `dependencies`."""
    others = [found for found in dependencies if found["name"] != OWN]
    audited = [found for found in others if "skip_reason" not in found]
    said = [
        f"{found['name']} {found['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version'}"
        for found in audited
        for hole in found["vulns"]
    ]
    left = [found["name"] for found in others if "skip_reason" in found]
    if left:
        said.append(f"NOT AUDITED, the vulnerability service does not know them: {len(left)} of {len(others)}.")
        said.append(", ".join(left))
    if any(found["vulns"] for found in audited):
        return VULNERABLE, said
    if left or not audited:
        return UNKNOWN, [*said, "This is no pass: ask again where the service can be reached, or another (-- -s osv)."]
    return 0, [f"No known vulnerability in {len(audited)} packages."]


def main(argv: Sequence[str]) -> int:
    done = subprocess.run([*AUDIT, *argv], capture_output=True, text=True, check=False)
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        print(f"NOT AUDITED: the vulnerability service could not be reached, or pip-audit failed.\n{reason}")
        return UNKNOWN
    code, said = verdict(dependencies)
    print("\n".join(said))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
