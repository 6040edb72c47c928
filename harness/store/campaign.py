"""A campaign's folder: a journal, a folder for each of its runs, and what the judge makes of them together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness.errors import FolderError
from harness.model.journal import Entry, Journal
from harness.store import codec
from harness.store.whole import write_whole

JOURNAL: Final = "campaign.json"


def is_campaign(path: Path) -> bool:
    """Whether it is the folder of several runs, and not of one."""
    return (path / JOURNAL).is_file()


@dataclass(frozen=True, slots=True)
class CampaignFolder:
    """A campaign on disk. The journal is written anew after each run, so what a crash leaves can be judged."""

    path: Path

    @classmethod
    def create(cls, root: Path, journal: Journal) -> CampaignFolder:
        """Raises FolderError where that place is taken or not writable."""
        path = root / journal.campaign_id
        try:
            path.mkdir(parents=True)
        except OSError as error:
            raise FolderError(str(path), f"cannot be made ({error.strerror})", "choose another --out") from error
        folder = cls(path)
        folder.write_text(JOURNAL, codec.dumps(journal))
        return folder

    def journal(self) -> Journal:
        """Raises FolderError where it is missing or damaged."""
        try:
            return codec.loads(Journal, (self.path / JOURNAL).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise FolderError(str(self.path / JOURNAL), f"cannot be read ({error})", "name a whole folder") from error

    def note(self, entry: Entry) -> None:
        """One more run is over."""
        journal = self.journal()
        self.write_text(JOURNAL, codec.dumps(replace(journal, parts=(*journal.parts, entry))))

    def write_text(self, name: str, text: str) -> None:
        write_whole(self.path / name, text)

    def standing(self, name: str) -> str | None:
        """What stands there already."""
        file = self.path / name
        return file.read_text(encoding="utf-8") if file.is_file() else None
