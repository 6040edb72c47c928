"""`harness corpus`: bring your own audio, check what is there, and listen to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from harness.cli.options import corpus_here
from harness.errors import CorpusError

app = typer.Typer(help="Bring your own audio, check the corpus, and confirm it by ear.", no_args_is_help=True)

CorpusOption = Annotated[
    Optional[Path],  # noqa: UP045  typer reads the annotation at run time
    typer.Option("--corpus", help="The folder that holds golden/ and fixtures/; found here or above by default."),
]
_Text = Optional[str]  # noqa: UP045


@app.command("add")
def add(
    recording: Annotated[Path, typer.Argument(help="A sound file of any rate: WAV, FLAC, OGG, MP3, AIFF …")],
    text: Annotated[str, typer.Option(help="What is said, word for word; left out for silence.")] = "",
    condition: Annotated[
        str,
        typer.Option(help="clean, fast, accented, noisy, music, silence, long or line (8 kHz only)."),
    ] = "clean",
    clip_id: Annotated[_Text, typer.Option("--id", help="The clip's name; condition and file name by default.")] = None,
    speaker: Annotated[_Text, typer.Option(help="Who speaks; unknown by default.")] = None,
    source: Annotated[_Text, typer.Option(help="The recording it is from; the file's name by default.")] = None,
    channel: Annotated[
        Optional[Literal["left", "right", "mix"]],  # noqa: UP045
        typer.Option(help="What to take of a stereo file."),
    ] = None,
    licence: Annotated[_Text, typer.Option(help="Under which licence the audio may be passed on.")] = None,
    pronounce: Annotated[
        list[str],
        typer.Option(help="A word the dictionary lacks, as 'riva=R IY V AH'; may be repeated."),
    ] = [],  # noqa: B006  typer copies it
    corpus: CorpusOption = None,
    *,
    level: Annotated[bool, typer.Option("--level", help="Bring the speech to -26 dBFS, as the corpus has it.")] = False,
    accept_clipping: Annotated[bool, typer.Option("--accept-clipping", help="Take clipped audio as it is.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Instead of a clip you added under that name.")] = False,
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Mark the speech as synthetic.")] = False,
) -> None:
    """Add a recording with its transcript: 16 kHz, 8 kHz as VoIP carries it, word times, digests."""
    from harness.corpus.audit import audit_clip
    from harness.corpus.own import Request
    from harness.corpus.own import add as add_clip

    request = Request(
        recording=recording,
        text=text,
        condition=condition,
        clip_id=clip_id,
        source=source,
        speaker=speaker,
        synthetic=synthetic,
        channel=channel,
        level=level,
        accept_clipping=accept_clipping,
        replace=replace,
        licence=licence,
        pronounce=dict(_phones(entry) for entry in pronounce),
    )
    root = corpus_here(corpus)
    added = add_clip(root, request)
    record = added.record
    rates = " and ".join(f"{int(rate) // 1000} kHz" for rate in record["audio"])
    typer.echo(f"{record['clip_id']}  {record['duration_ms'] / 1000:.1f} s, {len(record['words'])} words, {rates}")
    if (recorded_hz := added.recorded_hz) < 16_000 and "16000" in record["audio"]:
        typer.echo(
            f"note  the recording has {recorded_hz / 1000:g} kHz, so the 16 kHz clip holds nothing above "
            f"{recorded_hz / 2000:g} kHz; --rate 8000 plays only the other one, --condition line makes no 16 kHz"
        )
    typer.echo(f"record  {added.golden}")
    if added.advice:
        typer.echo(added.advice)
    for doubt in audit_clip(root, added.golden)[1]:
        typer.echo(f"doubtful  {doubt}")
    typer.echo(f"run it  harness run scenarios/golden.yaml --clip {record['clip_id']}")


@app.command("check")
def check(corpus: CorpusOption = None) -> None:
    """Look for digests, rates, levels, clipping, times, texts and licences that cannot be right."""
    from harness.corpus.audit import audit

    found = audit(corpus_here(corpus))
    for problem in found.problems:
        typer.echo(str(problem))
    said = "no problem" if not found.problems else _count(len(found.problems), "problem")
    typer.echo(
        f"{_count(found.clips, 'clip')}, {_count(found.files, 'audio file')}: {said}; "
        f"{found.confirmed or 'none'} confirmed by ear"
    )
    raise typer.Exit(2 if found.problems else 0)


@app.command("page")
def page(
    corpus: CorpusOption = None,
    out: Annotated[Path, typer.Option(help="Where the page goes.")] = Path("corpus.html"),
) -> None:
    """Write one HTML page on which a person listens to each clip and confirms or corrects its words."""
    from harness.cli.listen import write_page

    for line in write_page(corpus_here(corpus), out):
        typer.echo(line)


@app.command("confirm")
def confirm(
    answers: Annotated[Path, typer.Argument(help="The file of answers that the page let you download.")],
    corpus: CorpusOption = None,
) -> None:
    """Write into the corpus who confirmed which clip by ear; list the corrections, for a person to act on."""
    from harness.corpus.confirm import confirm as write_answers
    from harness.corpus.confirm import read_answers

    given = read_answers(answers)
    corrections = write_answers(corpus_here(corpus), given)
    typer.echo(f"{_count(len(given) - len(corrections), 'clip')} confirmed by ear")
    if corrections:
        typer.echo(f"{_count(len(corrections), 'correction')}; nothing was changed, somebody has to look:")
    for one in corrections:
        typer.echo(f"  {one.clip}: {one.who} heard {one.text!r} for {one.reference!r}" + _noted(one.note))


def _noted(note: str) -> str:
    return f" ({note})" if note else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _phones(entry: str) -> tuple[str, str]:
    word, equals, phones = entry.partition("=")
    if not (word.strip() and equals and phones.strip()):
        raise CorpusError(f"--pronounce {entry!r}", "is no word with its phones", "write 'riva=R IY V AH'")
    return word.strip().lower(), phones.strip().upper()
