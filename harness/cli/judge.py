"""`harness judge`: reach a run's verdict again, from its folder alone."""

from __future__ import annotations

import typer

from harness.cli.options import RunArgument


def command(run: RunArgument) -> None:
    """Recompute verdicts.json and certificate.json from a run's folder, and say whether they are the same.

    Where they are not, the pages are drawn again too. The exit code is the verdict's.
    """
    from harness.cli.certify import REPORT, VERDICTS, certify, write_pages, write_verdicts
    from harness.cli.display import print_summary
    from harness.store.campaign import CampaignFolder, is_campaign
    from harness.store.folder import RunFolder

    if is_campaign(run):
        from harness.cli.campaign import rejudge

        rejudge(CampaignFolder(run))
    folder = RunFolder.open(run)
    stood = (folder.path / VERDICTS).exists()
    certified = certify(folder)
    same = write_verdicts(certified)
    if not same:  # a page beside it that says something else would be believed
        write_pages(certified)
    print_summary(certified.record, certified.measured, certified.judgement, folder.path / REPORT)
    if stood:
        typer.echo(f"verdicts.json and certificate.json {'are identical' if same else 'CHANGED and were rewritten'}")
    raise typer.Exit(certified.judgement.exit_code)
