"""What the user's files are to a film that is made from them: its parent or an input, and what kind of film it then is.

A film made from a picture or a clip that shows the world is no film of an algorithm's alone, and its manifest says so.
A file that Countermark released here, wholly synthetic by its own signed word, leaves it one.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..outputs import check_input
from ..settings import Settings
from .digests import content
from .request import Request

if TYPE_CHECKING:
    from ..provenance import IngredientFacts

# IPTC's words. What rules drew has none for this: its composites are those with elements of generative AI.
_WITH_FOOTAGE = {"trainedAlgorithmicMedia": "compositeWithTrainedAlgorithmicMedia"}
_WHOLLY_MADE = {"trainedAlgorithmicMedia", "algorithmicMedia"}
_LABEL = "digitalCreation"  # what a label for people is, drawn over whatever else there is


def ingredients(request: Request, *, opened: bool) -> tuple[IngredientFacts, ...]:
    """Name every file once: the clip that is made over or goes on is the parent, if it is `opened`; others are inputs.

    Where a service makes the file, that file is what was opened here, and the clip was given to the service.
    """
    from ..provenance import IngredientFacts

    parent = (request.video or request.extend) if opened else None
    first = (IngredientFacts(parent, "parentOf"),) if parent else ()
    return (*first, *(IngredientFacts(path) for path in dict.fromkeys(request.inputs) if path != parent))


def source_type(own: str, given: Iterable[Path], options: Settings) -> str:
    """Give IPTC's word for what a model makes of pictures and clips; `own`: of words alone."""
    if own not in _WITH_FOOTAGE or all(_wholly_made(path, options) for path in given):
        return own
    return _WITH_FOOTAGE[own]


def _wholly_made(path: Path, options: Settings) -> bool:
    """Say whether these very bytes were released as synthetic, by somebody trusted here, with nothing else in them."""
    from ..evidence.sources import source_of
    from ..provenance import Registry, read_store, trust

    check_input(path)
    record = Registry(options.database_url).by_digest(content(path))
    if record is None or record.status != "live":
        return False
    said = read_store(record.manifest_store, trust.load(options.home))
    sources = (source_of(uri).source for uri in said.source_types)
    kinds = {source.code if source else "" for source in sources} - {_LABEL}
    return said.trust == "trusted" and bool(kinds) and kinds <= _WHOLLY_MADE
