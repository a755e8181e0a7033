"""`generate` and `models`: a prompt becomes a video, which leaves labelled; and who can make one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .app import app
from .asking import Asked
from .batching import make_batch
from .planning import show_plan
from .report_generating import ModelItem
from .session import Force, Json, Quiet, Session, Verbose, one_line, progress
from .stamping import Label, Profile, asked_for, disclosed_words, labels_of, overridden, stamped_item

if TYPE_CHECKING:
    from ..generator import Request

USUAL = Path("generated.mp4")


@app.command()
def generate(
    prompt: Annotated[str | None, typer.Argument(help="What to show, in a few plain words.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to write; default generated.mp4.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Name (`countermark models`), or a folder of weights; default: our own.")
    ] = None,
    image: Annotated[Path | None, typer.Option(help="Picture that it begins with.")] = None,
    last_frame: Annotated[Path | None, typer.Option(help="Picture that it ends with.")] = None,
    keyframe: Annotated[
        list[str] | None, typer.Option(help="SECONDS=FILE: a picture on the way; may be given again.")
    ] = None,
    video: Annotated[Path | None, typer.Option(help="Video that is made over.")] = None,
    extend: Annotated[Path | None, typer.Option(help="Video that goes on.")] = None,
    strength: Annotated[float | None, typer.Option(help="How far from --video it may go: 0 to 1.")] = None,
    camera: Annotated[str | None, typer.Option(help="still, pan-left, tilt-up, zoom-in, orbit-left ...")] = None,
    brush: Annotated[str | None, typer.Option(help="MASK:DIRECTION: what is white goes left, right, up, down.")] = None,
    negative: Annotated[str | None, typer.Option(help="What is not to be seen.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Length; default by model.")] = None,
    size: Annotated[str | None, typer.Option(help="WIDTHxHEIGHT; default by model.")] = None,
    fps: Annotated[str | None, typer.Option(help="Frames per second: 24, or 30000/1001; default by model.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same pictures.")] = 0,
    steps: Annotated[int | None, typer.Option(help="Steps of the model; more take longer.")] = None,
    guidance: Annotated[float | None, typer.Option(help="How closely it keeps to the prompt.")] = None,
    sound: Annotated[bool, typer.Option("--sound", help="Have the model make sound, too.")] = False,
    audio: Annotated[Path | None, typer.Option(help="Sound of yours that goes with the pictures.")] = None,
    audio_is: Annotated[str, typer.Option(help="What it is: synthetic, recorded or unsaid.")] = "unsaid",
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1, mps.")] = None,
    dtype: Annotated[str | None, typer.Option(help="float32, float16, bfloat16.")] = None,
    offload: Annotated[str | None, typer.Option(help="none, model, sequential, group.")] = None,
    quantise: Annotated[str | None, typer.Option(help="none, bitsandbytes:8, bitsandbytes:4.")] = None,
    allow_pickle: Annotated[
        str | None, typer.Option(help="PART/FILE: the one pickle that may be read; it can run what it likes.")
    ] = None,
    consent: Annotated[
        bool, typer.Option("--i-have-consent", help="All who are shown agree; the manifest says that you said so.")
    ] = False,
    approve_cost: Annotated[
        bool, typer.Option("--approve-cost", help="A service may charge what --plan says.")
    ] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Say how it would be made, and make nothing.")] = False,
    prompts: Annotated[Path | None, typer.Option(help="JSON lines, a request each; -o names a folder.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many of --prompts at once; default: as memory allows.")
    ] = None,
    codec: Annotated[
        str | None, typer.Option(help="auto, h264, hevc, av1 or vp9; default: as the container takes.")
    ] = None,
    crf: Annotated[float | None, typer.Option(help="Quality; lower is better and larger.")] = None,
    profile: Profile = None,
    label: Label = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a video from a prompt; it leaves only marked, signed and registered.

    What was killed goes on where it was, when the same command is given again.
    """
    from ..generator import Running
    from ..stamp import Encoding

    _one_or_many(prompt, prompts, workers)
    asked = Asked(
        model, image, last_frame, tuple(keyframe or ()), video, extend, strength, camera, brush, negative,
        seconds, size, fps, seed, steps, guidance, sound, audio, audio_is,
    )  # fmt: skip
    running = Running(device, dtype, offload, quantise, allow_pickle, approve_cost)
    options = overridden(profile=profile, label=labels_of(label))
    session = Session("generate", json, quiet, verbose)
    how: dict[str, Any] = {"running": running, "consent": consent, "force": force, "options": options}
    how["encoding"] = asked_for(Encoding, codec=codec, crf=crf)
    track = asked.track()
    with session.shield(prompt or str(prompts)):
        if prompts is not None:
            make_batch(session, prompts, output or Path(), asked, workers, how, plan=plan)
        else:
            act = _plan if plan else _make
            act(session, asked.request(prompt or ""), output or USUAL, model, {**how, "audio": track})
    session.end()


def _one_or_many(prompt: str | None, prompts: Path | None, workers: int | None) -> None:
    """Refuse what asks for both, or for neither."""
    if (prompt is None) == (prompts is None):
        raise typer.BadParameter("give a prompt, or a file of them by --prompts")
    if workers is not None and prompts is None:
        raise typer.BadParameter("--workers is for --prompts")


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="One of them, with all that it needs.")] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List who can make a video, what each can do, and what it needs."""
    from ..generator import models as known

    session = Session("models", json, quiet, verbose)
    made_of, needs = known.kinds(), known.needs()
    said = known.needs_in_short() if name is None else needs
    with session.shield(name):
        for one, features in known.features_by_model().items() if name is None else [known.described(name)]:
            able = tuple(sorted(features))
            item = ModelItem(one, made_of[one], able, needs[one])
            session.add(item, f"{one}: {item.made_of}; needs {said[one]}\n  does {', '.join(able)}\n")
    if name is None:
        session.remark("`generate --model NAME` asks one of them, `countermark models NAME` says all that it needs")
    session.end()


def _plan(session: Session, request: Request, output: Path, model: str | None, how: dict[str, Any]) -> None:
    from ..generator.door import DEFAULT, foresee

    name = DEFAULT if model is None else model
    show_plan(session, request.prompt, name, foresee(request, output, model=name, **how))


def _make(session: Session, request: Request, output: Path, model: str | None, how: dict[str, Any]) -> None:
    from ..disclosing import profiles_of
    from ..generator.door import DEFAULT
    from ..generator.door import generate as make
    from .auditing import hold

    with progress("generating", session) as bar:
        done = make(request, output, model=DEFAULT if model is None else model, progress=bar, **how)
    words = [*done.remarks, f"{done.path}: made, marked, signed and registered as {done.manifest_id}"]
    words += disclosed_words(done)
    session.add(stamped_item(request.prompt, done), "\n".join(map(one_line, words)))
    if profiles := profiles_of(how["options"]):
        hold(session, str(done.path), profiles)
