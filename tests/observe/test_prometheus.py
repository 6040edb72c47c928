"""Pages as Triton, a NIM, the reference gateway and others write them."""

from __future__ import annotations

import pytest

from harness.observe.prometheus import figures

TRITON = """\
# HELP nv_inference_request_success Number of successful inference requests, all batch sizes
# TYPE nv_inference_request_success counter
nv_inference_request_success{model="parakeet-rnnt-streaming",version="1"} 4211
# TYPE nv_inference_queue_duration_us counter
nv_inference_queue_duration_us{version="1",model="parakeet-rnnt-streaming"} 9182736
nv_inference_queue_duration_us{version="1",model="silero"} 0
# TYPE nv_gpu_utilization gauge
nv_gpu_utilization{gpu_uuid="GPU-8d3f"} 0.870000
nv_gpu_memory_used_bytes{gpu_uuid="GPU-8d3f"} 17391681536.000000
nv_gpu_power_usage{gpu_uuid="GPU-8d3f"} 61.2
"""

GATEWAY = """\
# HELP gateway_active_sessions Sessions open.
# TYPE gateway_active_sessions gauge
gateway_active_sessions 12.0
# TYPE gateway_sessions_total counter
gateway_sessions_total 40.0
# TYPE gateway_final_latency_seconds histogram
gateway_final_latency_seconds_bucket{le="0.3"} 9.0
gateway_final_latency_seconds_bucket{le="+Inf"} 31.0
gateway_final_latency_seconds_count 31.0
gateway_final_latency_seconds_sum 12.25
gateway_final_latency_seconds_created 1.7637e+09
python_gc_objects_collected_total{generation="0"} 1044.0
"""


def test_tritons_series_are_kept_under_their_own_names() -> None:
    """A counter of Triton does not end in _total, and stays so; what nobody reads is left out."""
    assert figures(TRITON) == (
        ('nv_inference_request_success{model="parakeet-rnnt-streaming",version="1"}', 4211.0),
        ('nv_inference_queue_duration_us{model="parakeet-rnnt-streaming",version="1"}', 9182736.0),
        ('nv_inference_queue_duration_us{model="silero",version="1"}', 0.0),
        ('nv_gpu_utilization{gpu_uuid="GPU-8d3f"}', 0.87),
        ('nv_gpu_memory_used_bytes{gpu_uuid="GPU-8d3f"}', 17391681536.0),
    )


def test_the_gateways_series_are_kept_without_their_buckets() -> None:
    """Sum and count of a histogram say what a run needs; sixteen buckets a second would not."""
    assert figures(GATEWAY) == (
        ("gateway_active_sessions", 12.0),
        ("gateway_sessions_total", 40.0),
        ("gateway_final_latency_seconds_count", 31.0),
        ("gateway_final_latency_seconds_sum", 12.25),
    )


def test_a_target_file_can_keep_more() -> None:
    """By the whole name, a bucket's too."""
    names = ("python_gc_objects_collected_total", "gateway_final_latency_seconds_bucket", "nv_gpu")
    kept = dict(figures(GATEWAY + TRITON, names))
    assert kept['python_gc_objects_collected_total{generation="0"}'] == 1044.0
    assert kept['gateway_final_latency_seconds_bucket{le="+Inf"}'] == 31.0
    assert not any(name.startswith("nv_gpu_power") for name in kept)


def test_what_has_no_figure_is_not_measured_and_not_zero() -> None:
    """A GPU that does not tell its utilisation says NaN."""
    page = 'nv_gpu_utilization{gpu_uuid="a"} NaN\nnv_gpu_utilization{gpu_uuid="b"} +Inf\ngpu_utilization 0\n'
    assert figures(page) == (("gpu_utilization", 0.0),)


def test_labels_keep_what_they_escape_and_timestamps_are_passed_over() -> None:
    """The series' name is one that Prometheus would read again."""
    page = 'nv_gpu_utilization{gpu_uuid="a \\"b\\" \\\\ c\\nd",x="1, 2"} 0.5 1763700000000\n'
    assert figures(page) == (('nv_gpu_utilization{gpu_uuid="a \\"b\\" \\\\ c\\nd",x="1, 2"}', 0.5),)
    assert figures(figures(page)[0][0] + " 1\n")[0][0] == figures(page)[0][0]


@pytest.mark.parametrize("page", ["<html>Please log in</html>", '{"up": 1}', "nv_gpu_utilization{a=3} 3\n"])
def test_what_is_no_page_of_metrics_is_said(page: str) -> None:
    """A proxy's login page is not an idle GPU."""
    with pytest.raises(ValueError):  # noqa: PT011  the last one's words are the parser's
        figures(page)


def test_an_empty_page_has_no_figures() -> None:
    """A server that has just started."""
    assert figures("") == figures("# nothing yet\n\n") == ()
