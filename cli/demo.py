"""The whole chain once, on a clip of our own; each step says its result. Knows the order, does no work itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import keyring
from ..errors import ChainBroken, NoKeys, OutputFolderMissing
from ..evidence import CredentialDetails, RecordDetails
from ..outputs import check_output, release, staged, translated, write_whole
from ..settings import Settings, settings
from ..verdict import Verdict
from ..verify import verify
from .report import DemoItem, Report, VerifyItem
from .session import Session, one_line, progress

if TYPE_CHECKING:
    from ..generator import Request

SCALE, CRF = 0.75, 28.0  # what the pretended platform does to a clip


def run_demo(folder: Path, prompt: str, force: bool, session: Session) -> None:
    """Write clip.mp4, platform-copy.mp4, both verdicts as JSON, and contact-sheet.png into `folder`."""
    from ..generator import Request

    with session.shield(str(folder)):
        request = Request(prompt)  # refuses, before anything is made, what nothing can be drawn from
        _make_folder(folder)
        own = {"home": (folder / "home").absolute(), "database": None, "mark_key": None, "signer": "file", "tsa": None}
        options = settings().model_copy(update=own)
        clip, copy, sheet = folder / "clip.mp4", folder / "platform-copy.mp4", folder / "contact-sheet.png"
        for target in (clip, copy, sheet):
            check_output(target, (), force)
        _identity(options, session)
        payload = _generate(request, clip, options, force, session)
        signed = _verify("verify", clip, options, session)
        _strip(clip, copy, options, force, session)
        recovered = _verify("recover and verify", copy, options, session)
        _draw(prompt, payload, clip, copy, (signed, recovered), sheet, options, session)
        _judge(payload, signed, recovered)
        said = "the copy had lost its manifest; its mark led back to it, and the content fits: the chain holds"
        session.add(DemoItem("done", said, (str(folder),)), f"done      {said}\n          look into {folder}/")


def _make_folder(folder: Path) -> None:
    if not folder.parent.is_dir():
        raise OutputFolderMissing(f"{folder.parent}: no such folder")
    with translated(folder):
        folder.mkdir(exist_ok=True)


def _identity(options: Settings, session: Session) -> None:
    try:
        identity = keyring.load(options.home)
        said = f"{identity.name}, from an earlier run"
    except NoKeys:
        identity = keyring.init_development(options.home)
        said = f"{identity.name}, made on the spot: for development only"
    session.add(DemoItem("keys", said), f"keys      {said}")


def _generate(request: Request, clip: Path, options: Settings, force: bool, session: Session) -> str:
    from ..generator.door import generate

    with progress("generating", session) as bar:
        done = generate(request, clip, force=force, progress=bar, options=options)
    session.add(
        DemoItem("generate, mark, sign", f"{request.prompt}; {'; '.join(done.remarks)}", (str(clip),)),
        f"generate  {clip}: {done.frames} frames of “{request.prompt}”\n"
        + "".join(f"          {remark}\n" for remark in done.remarks)
        + f"mark      {done.payload}, 64 bits in the pictures, read back before release\n"
        + f"sign      {done.manifest_id}, registered",
    )
    return done.payload


def _strip(clip: Path, copy: Path, options: Settings, force: bool, session: Session) -> None:
    """Do what a platform does to an upload; the source is a file of our own, so no child is needed."""
    from ..media import EncodeSettings, probe, transcode

    settings_ = EncodeSettings(scale=SCALE, crf=CRF)
    with staged(copy) as name, progress("re-encoding as a platform does", session) as bar:
        part = name(copy.suffix)
        written = transcode(probe(clip, options.limits), part, settings_, keep="none", progress=bar)
        release(part, copy, force)
    size = f"{written.geometry.width}x{written.geometry.height}"
    shrunk = copy.stat().st_size / clip.stat().st_size
    said = f"scaled to {size}, {written.settings}, manifest and tags gone, {shrunk:.0%} of the bytes"
    session.add(DemoItem("strip", said, (str(copy),)), f"strip     {copy}: {said}")


def _verify(step: str, path: Path, options: Settings, session: Session) -> Verdict:
    verdict = verify(path, options=options)
    report = path.with_name(f"{path.stem}.verdict.json")
    write_whole(report, (Report("verify", 0, (VerifyItem(str(path), verdict),), ()).to_json() + "\n").encode())
    because = "".join(f"          {one_line(reason)}\n" for reason in verdict.reasons)
    session.add(
        DemoItem(step, f"{verdict.outcome} ({verdict.sureness})", (str(report),)),
        f"{'recover' if 'recover' in step else 'verify':9} {path}: {verdict.outcome} ({verdict.sureness})\n"
        + because.rstrip("\n"),
    )
    return verdict


def _draw(
    prompt: str,
    payload: str,
    clip: Path,
    copy: Path,
    verdicts: tuple[Verdict, Verdict],
    sheet: Path,
    options: Settings,
    session: Session,
) -> None:
    from .sheet import contact_sheet

    write_whole(sheet, contact_sheet(prompt, payload, clip, copy, verdicts, options.limits))
    said = "frames of the original, of the copy, and the mark between them, amplified"
    session.add(DemoItem("contact sheet", said, (str(sheet),)), f"sheet     {sheet}: {said}")


def _judge(payload: str, signed: Verdict, recovered: Verdict) -> None:
    """Fail unless each link did its part: a demo that can't fail shows nothing."""
    if signed.outcome != "ai_generated" or "signed" not in signed.basis:
        raise ChainBroken(f"the stamped clip reads {signed.outcome}, not as signed")
    if any(isinstance(e.details, CredentialDetails) for e in recovered.evidence):
        raise ChainBroken("the platform's copy still carries a manifest, so nothing was recovered")
    records = [e.details for e in recovered.evidence if isinstance(e.details, RecordDetails)]
    if recovered.outcome != "ai_generated" or not {"mark", "recovered"} <= set(recovered.basis):
        raise ChainBroken(f"the platform's copy reads {recovered.outcome}, not as recovered")
    if [record.payload for record in records] != [payload]:
        raise ChainBroken("the platform's copy led to another record")
