"""`harness report`: draw a run's pages again, from its folder alone."""

from __future__ import annotations

import typer

from harness.cli.options import RunArgument


def command(run: RunArgument) -> None:
    """Recompute report.html and junit.xml from a run's folder."""
    from harness.cli.certify import JUNIT, REPORT, certify, write_pages
    from harness.store.folder import RunFolder

    folder = RunFolder.open(run)
    write_pages(certify(folder))
    typer.echo(f"{folder.path / REPORT}\n{folder.path / JUNIT}")
