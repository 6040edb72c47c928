"""Locust as a library: imported once without patching sockets and threads under the tests of everything else."""

from __future__ import annotations

import os

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
import locust

del os.environ["LOCUST_SKIP_MONKEY_PATCH"]  # processes that tests start must patch
assert locust
