"""The commands that work on video: stamp, verify, generate, watermark extract, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NoReturn, get_args

import typer

from ..outputs import check_output, write_whole
from .app import app
from .report import ExtractItem, StampItem, VerifyItem
from .session import Force, Json, Quiet, Session, Verbose, inputs, one_line, own_output, progress

Inputs = Annotated[list[str], typer.Argument(help="Files, or patterns such as 'folder/*.mp4'.", metavar="IN...")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Where to write.")]
ReportTo = Annotated[Path | None, typer.Option("-o", "--output", help="Write the JSON report there; - is stdout.")]

watermark = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at the invisible mark alone.")
bench = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Measure on clips of your own.")
app.add_typer(watermark, name="watermark")
app.add_typer(bench, name="bench")


@app.command()
def verify(
    given: Annotated[list[str], typer.Argument(help="Files, patterns, or one URL each.", metavar="IN...")],
    fail_on: Annotated[str, typer.Option(help="Verdicts, by commas, that end with exit code 1.")] = "",
    against: Annotated[Path | None, typer.Option(help="An original to hold it to, region by region.")] = None,
    heat_map: Annotated[Path | None, typer.Option(help="Draw there, as PNG, where it differs.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="Its manifest store, where that is a file of its own.")] = None,
    fragments: Annotated[
        list[str] | None, typer.Option(help="Fragments that follow an init segment, or a pattern of them.")
    ] = None,
    remote: Annotated[bool, typer.Option("--remote", help="Fetch a manifest that lies elsewhere.")] = False,
    crjson: Annotated[bool, typer.Option("--crjson", help="Give the conformance program's form instead.")] = False,
    output: ReportTo = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Judge video from anywhere: what is proven, what is likely, what is unknown, and why."""
    from ..verdict import Outcome
    from .judging import Beside, judged, words
    from .judging import heat_map as draw

    wanted = {name.strip() for name in fail_on.split(",") if name.strip()}
    if unknown := wanted - set(get_args(Outcome)):
        raise typer.BadParameter(
            f"no such verdict: {', '.join(sorted(unknown))}; there are {', '.join(get_args(Outcome))}"
        )
    session, names = Session("verify", json, quiet, verbose), inputs(given)
    if len(names) > 1 and (heat_map or manifest or fragments or crjson):
        raise typer.BadParameter("--heat-map, --manifest, --fragments and --crjson go with one input")
    beside = Beside(manifest, tuple(fragments or ()), against, remote)
    if crjson:
        _write_form(session, names[0], beside, output, force)
    session.report_to(output, names, force)
    if heat_map is not None:
        with session.shield(str(heat_map)):
            check_output(heat_map, [Path(name) for name in names], force)
        if session.failures:
            session.end()
    for name in names:
        with session.shield(name):
            verdict = judged(name, beside)
            session.add(VerifyItem(name, verdict), words(name, verdict, verbose))
            if verdict.outcome in wanted and not session.exit_code:
                session.exit_code = 1
            if heat_map is not None:
                draw(verdict, heat_map, force)
    session.end()


def _write_form(session: Session, name: str, beside: Any, output: Path | None, force: bool) -> NoReturn:
    """Write crJSON where it was asked for; it is no report of ours, and stands alone."""
    from ..provenance.reading.crjson import crjson_of
    from ..settings import settings
    from .judging import at_hand

    with session.shield(name), at_hand(name) as path:
        form = crjson_of(path, settings(), beside.given()) + "\n"
        if output is None or str(output) == "-":
            print(form, end="")
        else:
            check_output(output, [path], force)
            write_whole(output, form.encode(), force)
    raise SystemExit(session.exit_code)


@app.command()
def stamp(
    given: Inputs,
    output: Output = None,
    force: Force = False,
    title: Annotated[str | None, typer.Option(help="Title, for the manifest.")] = None,
    prompt: Annotated[str | None, typer.Option(help="Prompt; only a salted hash of it is written.")] = None,
    prompt_in_clear: Annotated[bool, typer.Option("--prompt-in-clear", help="Write the prompt itself.")] = False,
    model: Annotated[str | None, typer.Option(help="Name of the model that made it.")] = None,
    model_version: Annotated[str | None, typer.Option(help="Version of that model.")] = None,
    agent: Annotated[str | None, typer.Option(help="Software that ran the model.")] = None,
    provider: Annotated[str | None, typer.Option(help="Who provides it; default from the settings.")] = None,
    source_type: Annotated[
        str, typer.Option(help="trainedAlgorithmicMedia, compositeWithTrainedAlgorithmicMedia or algorithmicMedia.")
    ] = "trainedAlgorithmicMedia",
    training: Annotated[str | None, typer.Option(help="May others train on it: notAllowed, allowed or unsaid.")] = None,
    oversight: Annotated[
        str | None,
        typer.Option(help="What part people had in it: fully_autonomous, prompt_guided or human_validated."),
    ] = None,
    ingredient: Annotated[
        list[Path] | None, typer.Option(help="A picture or video that it was made from; may be given again.")
    ] = None,
    codec: Annotated[str | None, typer.Option(help="auto, h264, hevc, av1 or vp9.")] = None,
    crf: Annotated[float | None, typer.Option(help="Quality; lower is better and larger.")] = None,
    bitrate: Annotated[int | None, typer.Option(help="Bits per second, instead of --crf.")] = None,
    preset: Annotated[str | None, typer.Option(help="Preset of the encoder.")] = None,
    bit_depth: Annotated[int | None, typer.Option(help="8 or 10; default: as the input.")] = None,
    mark_key: Annotated[str | None, typer.Option(help="Key that marks; default: as `keys mark use` says.")] = None,
    remark: Annotated[bool, typer.Option("--remark", help="Mark anew what carries a mark already.")] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Mark, sign and register a synthetic video: IN becomes IN.stamped.EXT beside it."""
    from ..settings import settings
    from ..stamp import Encoding, facts
    from ..stamp import stamp as label
    from .judging import check_name

    session = Session("stamp", json, quiet, verbose)
    found = inputs(given)
    names = [name for name in found if name in given or not own_output(name, found)]
    for name in found:
        if name not in names:
            session.remark(f"{name}: passed over, since it is what stamping made of another input")
    if output is not None and len(names) > 1 and not output.is_dir():
        raise typer.BadParameter("with several inputs, -o names a folder that is there")
    described = _asked(
        facts,
        source_type=source_type,
        title=title,
        prompt=prompt,
        model=model,
        model_version=model_version,
        software_agent=agent,
        provider=provider,
        prompt_in_clear=prompt_in_clear,
        training_mining=training,
        oversight=oversight,
        ingredients=ingredient or (),
    )
    encoding = _asked(Encoding, codec=codec, crf=crf, bitrate=bitrate, preset=preset, bit_depth=bit_depth)
    asked = {"facts": described, "encoding": encoding, "force": force, "remark": remark}
    for name in names:
        with session.shield(name), progress(f"stamping {Path(name).name}", session) as bar:
            check_name(name)
            options = settings().model_copy(update={"mark_key": mark_key or settings().mark_key})
            others = [Path(other) for other in names]
            done = label(Path(name), output, beside=others, progress=bar, options=options, **asked)
            words = [f"{done.path}: marked (key {done.mark_key}), signed and registered as {done.manifest_id}"]
            words += [f"  not carried over: {what}" for what in done.not_carried]
            words += [f"  {remark}" for remark in done.remarks]
            session.add(_stamped(name, done), "\n".join(map(one_line, words)))
    session.end()


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help="What to show, in a few plain words.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to write.")] = Path("generated.mp4"),
    seconds: Annotated[float, typer.Option(min=0.5, max=600.0, help="Length.")] = 5.0,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT.")] = "854x480",
    fps: Annotated[str, typer.Option(help="Frames per second: 24, or 30000/1001.")] = "24",
    seed: Annotated[int, typer.Option(help="The same seed gives the same pictures.")] = 0,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a video from a prompt; it leaves only marked, signed and registered.

    Until a model of our own exists, a procedural renderer draws the pictures, and the manifest says so.
    """
    from ..generator import Request
    from ..generator.release import generate as make
    from .judging import parse_rate, parse_size

    session = Session("generate", json, quiet, verbose)
    wide_high, rate = parse_size(size), parse_rate(fps)
    with session.shield(prompt), progress("generating", session) as bar:
        request = Request(prompt, size=wide_high, seconds=seconds, frame_rate=rate, seed=seed)
        done = make(request, output, force=force, progress=bar)
        words = [*done.remarks, f"{done.path}: made, marked, signed and registered as {done.manifest_id}"]
        session.add(_stamped(prompt, done), "\n".join(words))
    session.end()


@watermark.command()
def extract(
    given: Inputs,
    key_file: Annotated[
        Path | None, typer.Option(help="Read with this exported key as well, without keeping it.")
    ] = None,
    output: ReportTo = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read the marks: payload, key, where in time and how in the picture they lie, and how sure that is."""
    from .extracting import extracted, readers

    session, names = Session("watermark extract", json, quiet, verbose), inputs(given)
    session.report_to(output, names, force)
    with session.shield(str(key_file) if key_file else None):
        keys, left_out = readers(key_file)
        for words in left_out:
            session.remark(f"not looked for: {words}")
        for name in names:
            with session.shield(name):
                evidence, words = extracted(name, keys)
                session.add(ExtractItem(name, evidence), words)
    session.end()


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("-o", "--output", help="Folder to write.")] = Path("demo"),
    prompt: Annotated[str, typer.Option(help="What to show.")] = "a sailing boat on the sea at sunset, slow pan right",
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run the whole chain once: generate, mark, sign, strip, recover, verify."""
    from .demo import run_demo

    session = Session("demo", json, quiet, verbose)
    run_demo(folder, prompt, force, session)
    session.end()


@bench.command("chain")
def bench_chain(
    clips: Annotated[Path, typer.Option(help="Folder of clips; they are only read.")],
    count: Annotated[int, typer.Option(min=1, help="How many, chosen by the digests of their names.")] = 24,
    scale: Annotated[float, typer.Option(min=0.1, max=2.0, help="Of the copy's width and height.")] = 0.75,
    crf: Annotated[float, typer.Option(min=0, max=51, help="Of the copy, x264.")] = 28.0,
    output: ReportTo = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Stamp clips of yours, copy them as a platform does, and count what comes back."""
    from .measuring import measured

    session = Session("bench chain", json, quiet, verbose)
    session.report_to(output, [], force)
    with session.shield(str(clips)), progress("measuring", session) as bar:
        item, words = measured(clips, count, scale, crf, bar)
        session.add(item, words)
    session.end()


@bench.command("watermark")
def bench_watermark(
    clips: Annotated[Path, typer.Option(help="Folder of clips THAT YOU TRUST, without marks; they are only read.")],
    out: Annotated[Path, typer.Option(help="Folder to write into; the same one again goes on where it was stopped.")],
    suite: Annotated[str, typer.Option(help="quick (minutes) or full (hours).")] = "quick",
    count: Annotated[int | None, typer.Option(min=1, help="How many clips; default: 4 or 12, by suite.")] = None,
    skip: Annotated[int, typer.Option(min=0, help="Pass over the first so many that would be chosen.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: as many as there are cores.")] = 0,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Mark clips of yours, attack them in many ways, and count what is read: JSON, a table and plots in the folder.

    ONLY CLIPS THAT YOU TRUST: every clip of the folder is decoded with your rights, outside the limited process in
    which verify and stamp open files of strangers.
    """
    from ..bench.watermark.run import SUITES, Asked
    from .measuring import measured_mark

    if suite not in SUITES:
        raise typer.BadParameter(f"no such suite: {suite}; there are {', '.join(SUITES)}")
    session = Session("bench watermark", json, quiet, verbose)
    with session.shield(str(clips)), progress("measuring", session) as bar:
        item, words = measured_mark(Asked(clips, out, SUITES[suite], count, skip, workers), bar)
        session.add(item, words)
    session.end()


def _asked(make: Any, **given: Any) -> Any:
    """Build a checked value from options; what it refuses is a matter of usage."""
    try:
        return make(**{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _stamped(given: str, done: Any) -> StampItem:
    return StampItem(
        input=given,
        output=str(done.path),
        manifest_id=done.manifest_id,
        payload=done.payload,
        mark_key=done.mark_key,
        margin_db=done.margin_db,
        digest=done.digest,
        frames=done.frames,
        codec=done.codec,
        embedded=done.embedded,
        development=done.development,
        not_carried=done.not_carried,
        remarks=done.remarks,
    )
