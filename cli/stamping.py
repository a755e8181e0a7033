"""The commands whose output leaves labelled: stamp, generate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .app import app
from .report import StampItem
from .session import Force, Inputs, Json, Quiet, Session, Verbose, inputs, one_line, own_output, progress

if TYPE_CHECKING:
    from ..settings import Settings
    from ..stamp import Stamped

Profile = Annotated[
    str | None, typer.Option(help="Laws whose duties it is to fulfil, by commas: eu-ai-act-50, ca-sb-942 ...")
]
Label = Annotated[
    list[str] | None, typer.Option(help="Visible label: eu, cn, in, kr, ca, or a text; may be given again; none.")
]
NO_LABEL = "none"
Sound = Annotated[str | None, typer.Option(help="What the sound is: synthetic, recorded or unsaid.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Where to write.")]


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
    profile: Profile = None,
    label: Label = None,
    captions: Annotated[
        bool, typer.Option("--captions", help="Write the labels beside it, as captions and an icon, not into it.")
    ] = False,
    machine_labels: Annotated[
        str | None, typer.Option(help="Unsigned labels in the file: xmp, tags, aigc, by commas; or none.")
    ] = None,
    keep_metadata: Annotated[
        str | None, typer.Option(help="What stays of the input's metadata: labels, all or none.")
    ] = None,
    sound: Sound = None,
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
    """Mark, sign and register a synthetic video: IN becomes IN.stamped.EXT beside it.

    With --profile it is labelled as those laws ask, and audited; a duty of theirs that is not met ends it with 1.
    """
    from ..disclosing import profiles_of
    from ..stamp import Encoding, facts
    from ..stamp import stamp as make
    from .auditing import hold
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
    options = _overridden(
        mark_key=mark_key,
        profile=profile,
        label=_labels(label),
        machine_labels=machine_labels,
        keep_metadata=keep_metadata,
        sound=sound,
    )
    asked = {"facts": described, "encoding": encoding, "force": force, "remark": remark, "captions": captions}
    for name in names:
        with session.shield(name), progress(f"stamping {Path(name).name}", session) as bar:
            check_name(name)
            others = [Path(other) for other in names]
            done = make(Path(name), output, beside=others, progress=bar, options=options, **asked)
            words = [f"{done.path}: marked (key {done.mark_key}), signed and registered as {done.manifest_id}"]
            words += _disclosed(done)
            words += [f"  not carried over: {what}" for what in done.not_carried]
            words += [f"  {remark}" for remark in done.remarks]
            session.add(_stamped(name, done), "\n".join(map(one_line, words)))
            if profiles := profiles_of(options):
                hold(session, str(done.path), profiles)
    session.end()


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help="What to show, in a few plain words.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to write.")] = Path("generated.mp4"),
    seconds: Annotated[float, typer.Option(min=0.5, max=600.0, help="Length.")] = 5.0,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT.")] = "854x480",
    fps: Annotated[str, typer.Option(help="Frames per second: 24, or 30000/1001.")] = "24",
    seed: Annotated[int, typer.Option(help="The same seed gives the same pictures.")] = 0,
    profile: Profile = None,
    label: Label = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a video from a prompt; it leaves only marked, signed and registered.

    Until a model of our own exists, a procedural renderer draws the pictures, and the manifest says so.
    """
    from ..disclosing import profiles_of
    from ..generator import Request
    from ..generator.release import generate as make
    from .auditing import hold
    from .judging import parse_rate, parse_size

    session = Session("generate", json, quiet, verbose)
    wide_high, rate = parse_size(size), parse_rate(fps)
    with session.shield(prompt), progress("generating", session) as bar:
        request = Request(prompt, size=wide_high, seconds=seconds, frame_rate=rate, seed=seed)
        options = _overridden(profile=profile, label=_labels(label))
        done = make(request, output, force=force, progress=bar, options=options)
        words = [*done.remarks, f"{done.path}: made, marked, signed and registered as {done.manifest_id}"]
        words += _disclosed(done)
        session.add(_stamped(prompt, done), "\n".join(words))
        if profiles := profiles_of(options):
            hold(session, str(done.path), profiles)
    session.end()


def _labels(given: list[str] | None) -> str | None:
    """Put labels together as the settings have them, one a line; `none` alone is none, whatever the settings say."""
    if given is None or given == [NO_LABEL]:
        return None if given is None else ""
    for one in given:
        if one == NO_LABEL:
            raise typer.BadParameter(f"--label {NO_LABEL} goes alone")
        if not one.strip():
            raise typer.BadParameter(f"a label needs a text; --label {NO_LABEL} is for none")
        if "\n" in one:
            raise typer.BadParameter("a label is one line; for several, give --label again")
    return "\n".join(given)


def _overridden(**given: str | None) -> Settings:
    """Give the settings, with what was said on the command line in their place."""
    from pydantic import ValidationError

    from ..settings import Settings, settings

    said = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings.model_validate({**settings().model_dump(), **said})
    except ValidationError as error:
        wrong = error.errors()[0]
        raise typer.BadParameter(f"{wrong['loc'][0]}: {wrong['msg'].lower()}") from None


def _asked(make: Any, **given: Any) -> Any:
    """Build a checked value from options; what it refuses is a matter of usage."""
    try:
        return make(**{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _disclosed(done: Stamped) -> list[str]:
    """Say what people see, and what the input said of itself."""
    words = [f"  label {one.text!r}: drawn from {one.span}, {one.region}" for one in done.labels]
    words += [f"  written beside it: {path}" for path in done.beside]
    return words + [f"  the input declared: {what}" for what in done.declared]


def _stamped(given: str, done: Stamped) -> StampItem:
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
        labels=done.labels,
        written=done.written,
        declared=done.declared,
        beside=tuple(str(path) for path in done.beside),
        remarks=done.remarks,
    )
