"""`stamp`: a file leaves labelled. What it says of that, and how labels are asked for, `generate` says too."""

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
    from ..stamp import Encoding, facts

    session = Session("stamp", json, quiet, verbose)
    names = _to_stamp(session, given)
    if output is not None and len(names) > 1 and not output.is_dir():
        raise typer.BadParameter("with several inputs, -o names a folder that is there")
    described = asked_for(
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
    encoding = asked_for(Encoding, codec=codec, crf=crf, bitrate=bitrate, preset=preset, bit_depth=bit_depth)
    options = overridden(
        mark_key=mark_key,
        profile=profile,
        label=labels_of(label),
        machine_labels=machine_labels,
        keep_metadata=keep_metadata,
        sound=sound,
    )
    asked = {"facts": described, "encoding": encoding, "force": force, "remark": remark, "captions": captions}
    asked |= {"options": options, "beside": [Path(name) for name in names]}
    for name in names:
        _stamp(session, name, output, asked)
    session.end()


def _to_stamp(session: Session, given: list[str]) -> list[str]:
    """Give the inputs, less what stamping made of others among them, unless it was named."""
    found = inputs(given)
    names = [name for name in found if name in given or not own_output(name, found)]
    for name in found:
        if name not in names:
            session.remark(f"{name}: passed over, since it is what stamping made of another input")
    return names


def _stamp(session: Session, name: str, output: Path | None, asked: dict[str, Any]) -> None:
    """Stamp one input, say what became of it, and audit it where a law is named."""
    from ..disclosing import profiles_of
    from ..stamp import stamp as make
    from .auditing import hold
    from .judging import check_name

    with session.shield(name), progress(f"stamping {Path(name).name}", session) as bar:
        check_name(name)
        done = make(Path(name), output, progress=bar, **asked)
        words = [f"{done.path}: marked (key {done.mark_key}), signed and registered as {done.manifest_id}"]
        words += disclosed_words(done)
        words += [f"  not carried over: {what}" for what in done.not_carried]
        words += [f"  {remark}" for remark in done.remarks]
        session.add(stamped_item(name, done), "\n".join(map(one_line, words)))
        if profiles := profiles_of(asked["options"]):
            hold(session, str(done.path), profiles)


def labels_of(given: list[str] | None) -> str | None:
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


def overridden(**given: str | None) -> Settings:
    """Give the settings, with what was said on the command line in their place."""
    from pydantic import ValidationError

    from ..settings import Settings, settings

    said = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings.model_validate({**settings().model_dump(), **said})
    except ValidationError as error:
        wrong = error.errors()[0]
        raise typer.BadParameter(f"{wrong['loc'][0]}: {wrong['msg'].lower()}") from None


def asked_for(make: Any, **given: Any) -> Any:
    """Build a checked value from options; what it refuses is a matter of usage."""
    try:
        return make(**{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def disclosed_words(done: Stamped) -> list[str]:
    """Say what people see, and what the input said of itself."""
    words = [f"  label {one.text!r}: drawn from {one.span}, {one.region}" for one in done.labels]
    words += [f"  written beside it: {path}" for path in done.beside]
    return words + [f"  the input declared: {what}" for what in done.declared]


def stamped_item(given: str, done: Stamped) -> StampItem:
    """Say to a machine what was released."""
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
