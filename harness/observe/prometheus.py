"""A page of Prometheus metrics as figures to keep. Pure: text in, figures out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Final

ALWAYS: Final = frozenset(
    {
        # Triton's own page, which is Riva's (:8002/metrics)
        *("nv_gpu_utilization", "nv_gpu_memory_used_bytes", "nv_gpu_memory_total_bytes", "nv_inference_count"),
        *("nv_inference_queue_duration_us", "nv_inference_request_success", "nv_inference_request_failure"),
        *("nv_cpu_utilization", "nv_cpu_memory_used_bytes"),
        # a NIM's (:9000/v1/metrics), which has Triton's beside them
        *("gpu_utilization", "gpu_memory_used_bytes", "gpu_memory_total_bytes", "request_count_total"),
        *("process_cpu_seconds_total", "process_resident_memory_bytes"),
    }
)
OURS: Final = "gateway_"  # every series of the reference gateway, but for the buckets of its histograms
_NOT_OF_OURS: Final = ("_bucket", "_created")
_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")

Figure = tuple[str, float]
"""A series as its page names it, labels in order (`nv_gpu_utilization{gpu_uuid="GPU-0"}`), and its value."""


def figures(text: str, keep: Iterable[str] = ()) -> tuple[Figure, ...]:
    """The figures to keep: those of Triton, NIM and the gateway, and those that `keep` names.

    NaN and infinity are left out: a page says so where it has no figure. Raises ValueError for what is no such text.
    """
    from prometheus_client.parser import text_string_to_metric_families  # noqa: PLC0415  only for targets that have one

    names = ALWAYS | set(keep)
    # Without the lines that declare a type: the parser would rename counters that do not end in _total, as Triton's.
    kept = "".join(f"{line}\n" for line in _lines(text) if _is_kept(line, names))
    return tuple(
        (_series(sample.name, sample.labels), sample.value)
        for family in text_string_to_metric_families(kept)
        for sample in family.samples
        if math.isfinite(sample.value)
    )


def _lines(text: str) -> Iterator[str]:
    """The page's samples. Raises ValueError where it is something else, such as a login page."""
    for line in text.split("\n"):
        if line.strip() and not line.startswith("#"):
            if not _NAME.match(line.strip()):
                raise ValueError("what it answers is no page of Prometheus metrics")
            yield line.strip()


def _is_kept(line: str, names: frozenset[str]) -> bool:
    found = _NAME.match(line)
    name = found[0] if found else ""
    return name in names or (name.startswith(OURS) and not name.endswith(_NOT_OF_OURS))


def _series(name: str, labels: dict[str, str]) -> str:
    inside = ",".join(f'{key}="{_escaped(value)}"' for key, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
