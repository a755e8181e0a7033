"""Which models there are, and which one a name means. Knows rooms, and runs none of their models.

A room is imported when a name may be its own: torch, and the clients of services, wait until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..errors import FeatureLacking, ModelMissing
from ..settings import Settings
from . import procedural
from .maker import AS_IT_COMES, Maker, Running
from .meant import nobody
from .request import Feature, Request

if TYPE_CHECKING:
    from .families.family import Hub

SKETCH = "sketch"
DEFAULT = SKETCH
_OWN, _RULES, _OPEN, _HOSTED = "our own, embedded", "drawn by rules", "open model", "hosted model"
_EXTRA = "`pip install 'countermark[models]'`, in a checkout `pip install '.[models]'`"


def find(name: str, options: Settings, running: Running = AS_IT_COMES) -> Maker:
    """Give the model of a name: one of ours, a service, or a family, a hub's name or a folder of weights."""
    if not name.strip():
        raise ModelMissing("a model without a name")
    if name == procedural.NAME:
        _check_running(name, running)
        return procedural.Procedural()
    if name == SKETCH:
        from .sketch import Sketch

        _check_running(name, running)
        return Sketch(options)
    from . import families, hosted

    if hosted.is_hosted(name) and not Path(name).is_dir():
        _check_running(name, running)
        return hosted.open(name, options, running)
    if _is_plain(name) and name not in families.names():
        raise nobody(name, kinds(), _known_as())
    return families.open(name, options, running)


def _is_plain(name: str) -> bool:
    """Say whether it is a word: no path, no name on a hub, and not the last part of one that is known."""
    from .families.registry import by_hub

    return not set(name) & set("/+") and not Path(name).expanduser().exists() and by_hub(name) is None


def _known_as() -> Mapping[str, tuple[str, ...]]:
    """Say what else the open models are called: in full, and by their weights."""
    from .families.registry import FAMILIES

    return {family.name: (family.title, *(hub.name for hub in family.hubs)) for family in FAMILIES}


def _check_running(name: str, running: Running) -> None:
    """Refuse what only open models heed; leave to spend, where nothing costs anything, does no harm."""
    unheeded = [field for field, value in asdict(replace(running, approve_cost=False)).items() if value]
    if unheeded:
        raise FeatureLacking(
            f"{name} takes no {', '.join(unheeded)}", advice="these are for open models run here; leave them out"
        )


def gives_files(maker: Maker) -> bool:
    """Say whether a model gives finished files, made elsewhere, rather than frames."""
    from .hosted import HostedMaker

    return isinstance(maker, HostedMaker)


def made_by(maker: Maker) -> tuple[object, ...]:
    """Say what would make other frames of the same request under the same name: this version, and the files of weights.

    Files are named by size and time: to read them all would take longer than many a request. A service keeps what was
    paid for, whatever version asks for it again.
    """
    from .families.model import OpenModel
    from .sketch import Sketch
    from .sketch.graphs import WEIGHTS

    if gives_files(maker):
        return ()
    folders: tuple[Path, ...] = (WEIGHTS,) if isinstance(maker, Sketch) else ()
    if isinstance(maker, OpenModel):
        folders = tuple(folder for checkpoint in maker.checkpoints for folder in checkpoint.folders)
    return (__version__, *((str(folder.resolve()), *_files(folder)) for folder in folders))


def version_of(maker: Maker) -> str | None:
    """Say which version of a model it will be, where that is known before anything is made: laws may ask for it."""
    from .families.model import OpenModel
    from .sketch import Sketch
    from .sketch.graphs import Graphs

    if isinstance(maker, Sketch):
        return Graphs.load().version
    if isinstance(maker, procedural.Procedural):
        return procedural.ORIGIN.version
    if isinstance(maker, OpenModel):
        return next((one.version for one in maker.checkpoints if one.version), None)
    return None


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Name what lies there: each file's name, size and time."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            facts = path.stat()
            yield str(path.relative_to(folder)), facts.st_size, facts.st_mtime_ns


def features_by_model() -> Mapping[str, frozenset[Feature]]:
    """Say of every model that has a name of its own what it can do."""
    from . import families, hosted
    from .sketch import Sketch

    own = {SKETCH: Sketch.features, procedural.NAME: procedural.Procedural.features}
    return {**own, **families.features_by_model(), **hosted.features_by_model()}


def described(name: str) -> tuple[str, frozenset[Feature]]:
    """Give one that has a name of its own, and what it can do."""
    known = features_by_model()
    if name not in known:
        raise nobody(name, kinds(), _known_as())
    return name, known[name]


def kinds() -> Mapping[str, str]:
    """Say of every model in a few words what it is."""
    from . import families, hosted

    found = {SKETCH: _OWN, procedural.NAME: _RULES}
    return found | dict.fromkeys(families.names(), _OPEN) | dict.fromkeys(hosted.names(), _HOSTED)


def needs() -> Mapping[str, str]:
    """Say of every model what has to be there before it can make anything; of open ones all weights that are known."""
    from . import hosted
    from .families.registry import FAMILIES

    found = {SKETCH: "nothing", procedural.NAME: "nothing"}
    found |= hosted.needs()
    for family in FAMILIES:
        packages = ", ".join(filter(None, ("torch", "diffusers", family.needs_package)))
        known = "; ".join(_weights(hub) for hub in family.hubs)
        weights = "weights in a folder" + (f", or in the hub's cache: {known}" if known else "")
        found[family.name] = f"{packages} ({_EXTRA}); {weights}"
    return found


def needs_in_short() -> Mapping[str, str]:
    """Say the same in a line each: of open models the first of their weights alone."""
    from .families.registry import FAMILIES

    short = {}
    for family in FAMILIES:
        rest = len(family.hubs) - 1
        others = f" or {rest} other{'s' * (rest > 1)}" if rest > 0 else ""
        known = f": {_weights(family.hubs[0])}{others}" if family.hubs else ""
        short[family.name] = f"countermark[models], and weights{known}"
    return {**needs(), **short}


def _weights(hub: Hub) -> str:
    return f"{hub.name} ({hub.weight}, {hub.licence or 'licence unknown'})"


def check_features(maker: Maker, request: Request) -> None:
    """Refuse what a model can't do, naming those that can."""
    lacking = request.needs - maker.features
    if not lacking:
        return
    able = [name for name, features in features_by_model().items() if request.needs <= features]
    raise FeatureLacking(
        f"{maker.name} can't do this: {', '.join(sorted(lacking))}",
        advice=f"these have all that was asked for: {', '.join(able)}" if able else "no model has all of it at once",
    )
