"""The IPTC's vocabulary of digital sources, and what each code says. A table; knows no file.

From cv.iptc.org/newscodes/digitalsourcetype, as of its release of September 2024, and two codes that C2PA adds.
What a code says is our reading of its definition:

- synthetic: the whole or a part was made by a model or by another algorithm;
- captured: it was sampled from real life, or digitised from something that was, and no generative tool took part;
- other: something of how it was made that is neither. A composite "of elements" need not have a synthetic one in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .declarations import Says

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
C2PA = "http://c2pa.org/digitalsourcetype/"


@dataclass(frozen=True)
class Source:
    """One code."""

    code: str
    says: Says
    name: str
    base: str = IPTC
    retired: bool = False

    @property
    def uri(self) -> str:
        """As it belongs into metadata.

        >>> source_of("trainedAlgorithmicMedia").source.uri
        'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'
        """
        return self.base + self.code


SOURCES: tuple[Source, ...] = (
    Source("trainedAlgorithmicMedia", "synthetic", "made by generative AI"),
    Source("compositeWithTrainedAlgorithmicMedia", "synthetic", "edited by generative AI"),
    Source("compositeSynthetic", "synthetic", "a composite with elements of generative AI"),
    Source("algorithmicMedia", "synthetic", "made by an algorithm alone, without training data"),
    Source("trainedAlgorithmicData", "synthetic", "data made by generative AI", C2PA),
    Source("digitalCapture", "captured", "captured from real life"),
    Source("computationalCapture", "captured", "captured from real life in several frames, merged"),
    Source("compositeCapture", "captured", "a composite of captured elements"),
    Source("negativeFilm", "captured", "digitised from a negative"),
    Source("positiveFilm", "captured", "digitised from a positive"),
    Source("print", "other", "digitised from a print, whatever that shows"),
    Source("humanEdits", "other", "edited by people, without generative tools"),
    Source("minorHumanEdits", "other", "edited a little by people", retired=True),
    Source("algorithmicallyEnhanced", "other", "altered by an algorithm that generates nothing"),
    Source("digitalCreation", "other", "made by people with digital tools"),
    Source("digitalArt", "other", "made by people with digital tools", retired=True),
    Source("dataDrivenMedia", "other", "drawn from data"),
    Source("virtualRecording", "other", "a recording of a virtual event"),
    Source("screenCapture", "other", "a recording of a screen"),
    Source("composite", "other", "a composite of elements"),
    Source("softwareImage", "other", "made by software", retired=True),
    Source("empty", "other", "nothing in it yet", C2PA),
)

_BY_CODE = {source.code: source for source in SOURCES}
_BY_FOLDED = {source.code.casefold(): source for source in SOURCES}
_PREFIX = "digsrctype:"  # the form that NewsML gives such codes


@dataclass(frozen=True)
class Looked:
    """What came of a value that should be such a code: the code, where it is one, and each way in which it is off."""

    source: Source | None
    problems: tuple[str, ...] = ()


def says_of(uri: str) -> Says | None:
    """Give what a whole and right URI says, written with http or https; nothing for any other text."""
    looked = source_of(uri)
    return looked.source.says if looked.source and not looked.problems else None


def source_of(value: str) -> Looked:
    """Look a value up, by its URI or its bare code.

    >>> source_of("https://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture").source.says
    'captured'
    >>> source_of("DigitalCapture").problems
    ('a bare code where the whole URI belongs', 'it is spelt digitalCapture')
    """
    bare = value.strip().rstrip("/")
    base, _, code = bare.removeprefix(_PREFIX).rpartition("/")
    source = _BY_CODE.get(code) or _BY_FOLDED.get(code.casefold())
    if source is None:
        return Looked(None, ("no code of the vocabulary",))
    problems = []
    where = f"{base}/".casefold().replace("https://", "http://", 1)  # makers write both, and mean one
    if not base:
        problems.append("a bare code where the whole URI belongs")
    elif where != source.base:
        problems.append(f"a URI that does not begin with {source.base}")
    if code != source.code:
        problems.append(f"it is spelt {source.code}")
    return Looked(source, tuple(problems))
