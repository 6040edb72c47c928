"""The page of a load campaign: one self-contained file, the same bytes for the same campaign."""

from __future__ import annotations

from harness.model.campaign import Campaign
from harness.report import campaign, ladder_plot
from harness.report.html import environment, without_blank_lines, words


def render(found: Campaign) -> str:
    """The whole page; its links lead to the parts' reports beside it."""
    page = campaign.build(found)
    text = (
        environment()
        .get_template("campaign.html")
        .render(
            page=page,
            about="This campaign",
            outcome=page.banner.outcome.value.lower(),
            ladder=ladder_plot.figure,
            **words(),
        )
    )
    return without_blank_lines(text)
