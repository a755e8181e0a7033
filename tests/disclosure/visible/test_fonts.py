import io
import struct
from itertools import groupby
from pathlib import Path

import pytest

from countermark.disclosure.visible.coverage import lacking
from countermark.disclosure.visible.fonts import BUILT_IN, can_shape, faces, needs_shaping, sized
from countermark.errors import FontMissing
from tests.needs import lacking as needs

DEBIAN = Path("/usr/share/fonts")
CJK, DEVANAGARI = DEBIAN / "opentype/noto/NotoSansCJK-Bold.ttc", DEBIAN / "truetype/noto/NotoSansDevanagari-Bold.ttf"


def noto(file: Path) -> Path:
    if not file.exists():
        needs(file.name, "apt install fonts-noto-core fonts-noto-cjk")
    return file


def own_font() -> io.BytesIO:
    content = sized(BUILT_IN, 16).path
    assert isinstance(content, io.BytesIO)
    return io.BytesIO(content.getvalue())


def test_english_needs_no_font_of_the_system() -> None:
    assert set(faces("AI-generated · 100% (Acme & Co.)", files=())) == {BUILT_IN}


@pytest.mark.parametrize(
    ("text", "letters", "package"),
    [
        ("AI生成", "生 (U+751F), 成 (U+6210)", "fonts-noto-cjk"),
        ("AI 생성물", "U+C0DD", "fonts-noto-cjk"),
        ("Généré", "é (U+00E9)", "fonts-noto-core"),
        ("ИИ 生", "U+0418", "fonts-noto-core fonts-noto-cjk"),
        ("AI \U0001f916", "U+1F916", "leave out"),
    ],
)
def test_a_missing_letter_is_named_and_so_is_its_package(text: str, letters: str, package: str) -> None:
    with pytest.raises(FontMissing) as error:
        faces(text, files=())
    assert letters in str(error.value) and package in error.value.advice


def test_one_font_for_a_whole_text_in_the_form_of_its_language() -> None:
    files = (noto(CJK),)
    for text, language in (("AI生成", "SC"), ("AI 생성물", "KR"), ("AIが生成", "JP")):
        (face,) = set(faces(text, files))
        assert sized(face, 16).getname()[0] == f"Noto Sans CJK {language}"


def test_a_font_for_each_script() -> None:
    text = "AI-GENERATED · एआई-जनित 生成"
    if not can_shape():
        needs("FriBiDi", "apt install libfribidi0")
    found = faces(text, (noto(DEVANAGARI), noto(CJK)))
    parts = [
        "".join(one for one, _ in pairs) for _, pairs in groupby(zip(text, found, strict=True), lambda pair: pair[1])
    ]
    assert parts == ["AI-GENERATED · ", "एआई-जनित ", "生成"]


def test_which_texts_need_their_letters_joined_or_turned() -> None:
    assert [needs_shaping(one) for one in ("AI生成", "생성물", "Généré", "जनित", "مولد", "יוצר", "e\u0301")] == [
        False, False, False, True, True, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize("file", [CJK, DEVANAGARI, DEBIAN / "truetype/noto/NotoSansEgyptianHieroglyphs-Regular.ttf"])
def test_letters_are_those_that_another_reader_finds(file: Path) -> None:
    tables = pytest.importorskip("fontTools.ttLib")
    known = set(tables.TTFont(noto(file), fontNumber=0, lazy=True).getBestCmap())
    asked = {chr(code) for code in [*range(0x20, 0xD800, 7), *range(0xE000, 0x20000, 31), *list(known)[:3000]]}
    with file.open("rb") as content:
        assert lacking(content, asked) == {one for one in asked if ord(one) not in known}


def test_a_font_that_can_not_be_followed_has_no_letters() -> None:
    whole = own_font().getvalue()
    assert lacking(io.BytesIO(whole), "Aé") == {"é"}
    for broken in (b"", whole[:40], whole[:500], b"ttcf" + bytes(8) + b"\xff" * 8, whole[:4] + b"\xff\xff" + whole[6:]):
        assert lacking(io.BytesIO(broken), "A") == {"A"}
    at = whole.index(b"glyf", 0, 400)
    assert lacking(io.BytesIO(whole[:at] + b"CBDT" + whole[at + 4 :]), "A") == {"A"}  # pictures instead of outlines
    table = whole.index(b"cmap", 0, 400)
    (place,) = struct.unpack_from(">I", whole, table + 8)
    shattered = whole[: place + 4] + b"\xff" * 60 + whole[place + 64 :]
    assert lacking(io.BytesIO(shattered), "A") == {"A"}


def test_a_font_file_that_went_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "text.ttf").write_text("no font")
    with pytest.raises(FontMissing):
        faces("Я", (tmp_path / "gone.ttf", tmp_path / "text.ttf", tmp_path))
