"""Which font draws which letter of a label. Knows the fonts of Pillow and of the system, no sizes and no pictures.

Pillow's own font has the letters of English; every other letter comes from the system's fonts. A letter that no font
has is an error that names it: a box in its place would be a label that nobody can read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import FontMissing
from .coverage import lacking

if TYPE_CHECKING:
    from PIL import ImageFont

_KINDS = (".ttf", ".otf", ".ttc", ".otc")
_MOST_FILES = 5000
_MOST_FACES = 24
_FINDING_S = 10
_EAST_ASIAN = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "BOPOMOFO", "KANGXI", "IDEOGRAPHIC", "HALFWIDTH", "FULLWIDTH")
# What a label should not look like, and what it should: the fonts that systems bring along, plain and strong.
_SHUNNED = ("serif", "mono", "italic", "oblique", "thin", "light", "black", "condensed", "display", "kufi", "nastaliq")
_LIKED = (
    "notosans",
    "sourcehan",
    "pingfang",
    "gothicneo",
    "msyh",
    "malgun",
    "nirmala",
    "segoeui",
    "dejavusans",
    "arial",
)


@dataclass(frozen=True)
class Face:
    """One font: a file and the number of the font in it; without a file, Pillow's own."""

    file: str = ""
    number: int = 0

    def __repr__(self) -> str:
        """Name the font, without the folder."""
        return f"Face({Path(self.file).name or 'built in'}, {self.number})"


BUILT_IN = Face()


@lru_cache(maxsize=64)
def sized(face: Face, pixels: int) -> ImageFont.FreeTypeFont:
    """Open a font in a size."""
    from PIL import ImageFont

    if face.file:
        return ImageFont.truetype(face.file, pixels, index=face.number)
    font = ImageFont.load_default(pixels)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise FontMissing("this Pillow was built without FreeType", advice="pip install --force-reinstall pillow")
    return font


def faces(text: str, files: tuple[Path, ...] | None = None) -> tuple[Face, ...]:
    """Give each character of a text its font; `files` stand in for the system's fonts."""
    if needs_shaping(text) and not can_shape():
        raise FontMissing(
            f"the letters of '{text}' must be joined or turned, and this machine lacks the library for it",
            advice="apt install libfribidi0",
        )
    one = _one_face(text, files)
    if one is not None:
        return (one,) * len(text)
    return _by_scripts(text, files)


def needs_shaping(text: str) -> bool:
    """Say whether letters change with their neighbours, or run from right to left."""
    turned = {"R", "AL", "AN"}
    return any(unicodedata.bidirectional(one) in turned or unicodedata.category(one)[0] == "M" for one in text)


def can_shape() -> bool:
    """Say whether Pillow can place such letters: it loads FriBiDi from the system."""
    from PIL import features

    return bool(features.check("raqm") and features.check("fribidi"))


def runs_to_left(text: str) -> bool:
    """Say whether a text starts at the right: its first letter decides."""
    directions = (unicodedata.bidirectional(one) for one in text)
    return next((one for one in directions if one in ("L", "R", "AL")), "L") != "L"


def _one_face(letters: Iterable[str], files: tuple[Path, ...] | None) -> Face | None:
    """Find one font that has all the letters."""
    wanted = set(letters)
    if not _lacking_built_in(wanted):
        return BUILT_IN
    for file in _system_files() if files is None else files:
        if not _file_lacks(file, wanted):
            return Face(str(file), _number(str(file), _language(wanted)))
    return None


def _by_scripts(text: str, files: tuple[Path, ...] | None) -> tuple[Face, ...]:
    """Give each script of a text its font; spaces and signs go with the letters before them where they can."""
    scripts: dict[str, set[str]] = {}
    for one in text:
        scripts.setdefault(_script(one), set()).add(one)
    signs = scripts.pop("", set())
    found = {name: _one_face(letters, files) for name, letters in scripts.items()}
    for one in signs:
        found[one] = _one_face(one, files)
    missing = [one for one in dict.fromkeys(text) if found[_script(one) or one] is None]
    missing = [one for one in missing if _one_face(one, files) is None] or missing
    if missing:
        raise _missing(missing)
    chosen: list[Face] = []
    for one in text:
        script = _script(one)
        before = chosen[-1] if chosen else None
        stays = not script and before is not None and _has(before, one)
        face = before if stays else found[script or one]
        assert face is not None  # those without were named above
        chosen.append(face)
    return tuple(chosen)


def _script(one: str) -> str:
    """Name the script of a letter; signs, digits and marks have none of their own.

    >>> _script("A"), _script("한"), _script("·")
    ('LATIN', 'HANGUL', '')
    """
    return unicodedata.name(one, "").split(" ")[0].split("-")[0] if unicodedata.category(one)[0] == "L" else ""


def _missing(letters: list[str]) -> FontMissing:
    named = ", ".join(f"{one} (U+{ord(one):04X})" for one in letters[:6])
    east = {unicodedata.name(one, "").startswith(_EAST_ASIAN) for one in letters if _script(one)}
    packages = [name for name, which in (("fonts-noto-core", False), ("fonts-noto-cjk", True)) if which in east]
    advice = f"apt install {' '.join(packages)} (elsewhere: any font with these letters)"
    return FontMissing(
        f"no font on this machine has {named}{' and more' if len(letters) > 6 else ''}",
        advice=advice if packages else "leave out what is no letter, or install a font that draws it in outlines",
    )


def _has(face: Face, letter: str) -> bool:
    if not face.file:
        return not _lacking_built_in({letter})
    return not _file_lacks(Path(face.file), {letter})


def _lacking_built_in(letters: set[str]) -> set[str]:
    """Say what Pillow's own font lacks; a Pillow that keeps it elsewhere is only asked for plain English."""
    content = sized(BUILT_IN, 16).path
    if isinstance(content, BytesIO):
        return lacking(BytesIO(content.getvalue()), letters)
    return {one for one in letters if not " " <= one <= "~"}


def _file_lacks(file: Path, letters: set[str]) -> set[str]:
    try:
        with file.open("rb") as content:
            return lacking(content, letters)
    except OSError:
        return letters


@lru_cache(maxsize=1)
def _system_files() -> tuple[Path, ...]:
    """List the system's font files, those first that suit a label."""
    listed = _by_fontconfig() or _in_folders()
    return tuple(sorted(islice(listed, _MOST_FILES), key=_unsuited))


def _by_fontconfig() -> list[Path]:
    program = shutil.which("fc-list")
    if program is None:
        return []
    try:
        asked = [program, "--format", "%{file}\\n"]
        done = subprocess.run(asked, capture_output=True, timeout=_FINDING_S, stdin=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    names = dict.fromkeys(done.stdout.decode(errors="surrogateescape").splitlines())
    return [Path(name) for name in names if name.lower().endswith(_KINDS)]


def _in_folders() -> Iterator[Path]:
    home = Path.home()
    if sys.platform == "darwin":
        folders = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    elif sys.platform == "win32":
        own = os.environ.get("LOCALAPPDATA", str(home / "AppData/Local"))
        folders = [Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts", Path(own) / "Microsoft/Windows/Fonts"]
    else:
        own = os.environ.get("XDG_DATA_HOME", str(home / ".local/share"))
        folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path(own) / "fonts", home / ".fonts"]
    for folder in folders:
        for place, _, names in os.walk(folder):
            yield from (Path(place) / name for name in sorted(names) if name.lower().endswith(_KINDS))


def _unsuited(file: Path) -> tuple[int, int, int, str]:
    name = file.stem.lower().replace("-", "").replace(" ", "").replace("_", "")
    liked = next((place for place, one in enumerate(_LIKED) if one in name), len(_LIKED))
    return sum(one in name for one in _SHUNNED) + ("cjk" in name), liked, "bold" not in name, str(file)


def _language(letters: set[str]) -> str:
    """Name the language whose form of the Han letters is meant: one code stands for several forms."""
    scripts = {_script(one) for one in letters}
    return "KR" if "HANGUL" in scripts else "JP" if scripts & {"HIRAGANA", "KATAKANA"} else "SC"


@lru_cache(maxsize=64)
def _number(file: str, language: str) -> int:
    """Choose among the fonts of one file: by language, then proportional before fixed, then strong before plain."""
    from PIL import ImageFont

    ranked = []
    for number in range(_MOST_FACES if file.lower().endswith("c") else 1):
        try:
            family, style = ImageFont.truetype(file, 16, index=number).getname()
        except OSError:  # there are no more
            break
        words = (family or "").split()
        ranked.append((language not in words, "Mono" in words, "Bold" not in (style or ""), number))
    return min(ranked)[-1] if ranked else 0
