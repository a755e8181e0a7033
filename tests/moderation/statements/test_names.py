"""Names in statements: found however they are written, and not seen where nobody is named."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.moderation import Held, Ruling
from countermark.moderation.statements import ItemFacts, built
from countermark.moderation.statements.language import LANGUAGES
from countermark.moderation.statements.names import holds
from countermark.moderation.statements.personal import kind_of
from countermark.tests.moderation.statements.cases import LABEL, TERMS, decision

NBSP, THIN, HARD, SOFT, JOINER, DASH = "\u00a0", "\u2009", "\u2011", "\u00ad", "\u200d", "\u2013"
FOUND = [
    ("Jean-Luc", "so says Jean Luc"),
    ("Jean Luc", "so says jean-luc."),
    ("Jean Luc", "so says JeanLuc."),
    ("Jean-Luc", f"so says Jean{HARD}Luc"),
    ("Jean Luc", f"so says Jean{NBSP}Luc"),
    ("Jean Luc", f"so says Jean{THIN}Luc"),
    ("Jean Luc", f"so says Jean {DASH} Luc"),
    ("Jean Luc", "so says jean_luc"),
    ("Lovelace", f"Love{SOFT}lace made it"),
    ("Lovelace", f"Love{JOINER}lace made it"),
    ("adalovelace", "made by Ada Lovelace"),
    ("ada.lovelace", "made by A D A  L O V E L A C E"),
    ("O'Neill", "made by O’Neill"),
    ("O’Neill", "made by ONeill"),
    ("O'Neill", "made by O`Neill"),
    ("Müller", "made by Muller"),
    ("Muller", "made by MÜLLER"),
    ("Groß", "made by GROSS"),
    ("Ångström", "made by Angstrom"),
    ("Ｊａｎｅ", "made by Jane"),
    ("Łukasz Żak", "made by Łukasz-Zak"),
    ("Łukasz", "made by Lukasz"),
    ("Soren", "made by Søren"),
    ("Großmann", "von GROẞMANN"),
    ("Anna", "in Annas Gesicht"),
    ("Müller", "Müllers Video"),
    ("Ada Lovelace", "by Lovelace, Ada"),
    ("Anna Schmidt", "von Anna B. Schmidt"),
    ("Hadan", "made by Hadan"),
    ("Bo Ed", "as told by Bo Ed."),
    ("Li", "made by Li"),
    ("Wu", "Wu made it"),
    ("wu", "made by Wu, they say"),
    ("An", "so sagt Frau An es"),
    ("Ed", "as Ed says"),
    ("48213", "of account 48213"),
    ("王明", "该视频由王明上传，被标记。"),
    ("王 小明", "该视频由王小明上传。"),
    ("山田太郎", "この動画は山田太郎さんが投稿しました。"),
    ("山田 太郎", "この動画は山田・太郎が投稿しました。"),
    ("さくら", "投稿者さくらの動画です。"),
    ("민수", "민수가 올린 영상입니다."),
    ("สมชาย", "วิดีโอนี้โพสต์โดยสมชายเมื่อวาน"),
    ("Jane", "该视频由Jane上传。"),
    ("jane_doe", "動画はJaneDoeさんの投稿です。"),
    ("Дмитрий", "Видео загрузил ДМИТРИЙ."),
    ("Ελένη", "Το βίντεο της Ελενη."),
    ("محمد", "نشره محمد أمس"),
]
STATEMENTS = {
    "en": "An item of an account in the EU was labelled. It is so, as our policy has it: no label, no ad. He or she "
    "may appeal. Is it AI? If so, we say so. By a proof, on 2 of 3 looks.",
    "de": "Er es im EU-Raum: Es wurde so erkannt. Am Anfang ist zu sehen, ob du da bist. In der Regel wird ein "
    "Label gesetzt.",
    "fr": "Il a été établi que la vidéo est synthétique. Le fichier ne porte pas de label. En UE, on le dit. Du "
    "reste, si un appel est fait, on va le lire.",
    "pl": "To wideo nie ma etykiety. My za to je oznaczamy. Po co? Na co to? Od dziś, do jutra, we Francji.",
    "it": "Il video è stato fatto da un modello. Lo si dice. Di chi è? Se no, si va al giudice. Li vediamo qui.",
    "zh": "该内容由人工智能生成，根据平台规则被添加标签。您可以申诉。",
    "ja": "この動画はAIによって作られたと判断され、規約に基づきラベルが付けられました。",
    "ko": "이 콘텐츠는 인공지능으로 만들어진 것으로 확인되어 표시되었습니다.",
}
NOBODY = (*"An er Il LE to Na in Se 是 - a 7 12 视频 動画 the Video Jean".split(), "", " ")


@pytest.mark.parametrize(("name", "text"), FOUND)
def test_a_name_is_found_however_it_is_written(name: str, text: str) -> None:
    assert holds(text, name)
    assert kind_of(text, (name,)) == "a name that the uploader is known by"


@pytest.mark.parametrize("language", STATEMENTS)
@pytest.mark.parametrize("name", NOBODY)
def test_a_statement_of_nobody_is_let_through(name: str, language: str) -> None:
    assert not holds(STATEMENTS[language], name)


CHOSEN = ("T.H.E", "t_h_e", "the platform", "theplatform", "a rule", "A. Rule", "by automated means", "this video")
SENTENCES = (
    "This video was found by automated means of the platform: a rule of it. "
    "The person looked, and the rule was applied."
)


@pytest.mark.parametrize("name", CHOSEN)
def test_nobody_keeps_statements_away_by_the_name_they_choose(name: str) -> None:
    """What statements say of every video is nobody's name, however it is put together."""
    assert not holds(SENTENCES, name)


def test_no_words_of_our_own_sentences_are_a_name_together() -> None:
    for language in LANGUAGES:
        for source in ("article_16", "trusted_flagger", "voluntary"):
            of = decision(by="service", ruling=Ruling((Held("r", "§ 4", (LABEL,)),), (), (LABEL,), None), uploader={})
            said = built(of, TERMS, ItemFacts(source=source, found=("1",)), language).decision_facts
            words = re.findall(r"[^\W_]+", said)
            for count in (1, 2, 3):
                for at in range(len(words) - count + 1):
                    for joint in (" ", "", "."):
                        name = joint.join(words[at : at + count])
                        assert not holds(said, name), name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Jean", "as jeans go"),
        ("Ann", "an annex of Hanna's"),
        ("Li", "living lions"),
        ("Wu", "wunderbar"),
        ("Max", "maximal"),
        ("Lee", "it fleed"),
        ("Jane", "该视频由Janet上传。"),
        ("Jean Luc", "Jean, that is to say Luc"),
        ("Ada Lovelace", "Lovelace wrote, and Ada"),
        ("Ada Lovelace", "of Ada alone"),
        ("48213", "in 482130 frames"),
    ],
)
def test_what_is_like_a_name_is_none(name: str, text: str) -> None:
    assert not holds(text, name)


WORDS = st.lists(st.sampled_from(STATEMENTS["en"].split()), min_size=1, max_size=20)
LETTERS = st.text(alphabet="bcdfghjklmnpqrstvwxz", min_size=3, max_size=9)  # without vowels: no word of the text


@given(
    WORDS,
    st.integers(0, 20),
    LETTERS,
    LETTERS,
    st.sampled_from(["", " ", "-", NBSP, THIN, HARD, DASH, "’", " - ", SOFT]),
)
@settings(max_examples=200, deadline=None)
def test_a_name_is_found_wherever_it_stands(words: list[str], at: int, first: str, last: str, between: str) -> None:
    name = f"{first.title()} {last.title()}"
    assert not holds(" ".join(words), name)
    written = [*words[:at], f"{first}{between}{last}", *words[at:]]
    assert holds(" ".join(written), name)


@pytest.mark.parametrize("unit", ["j", "j ", "j-", "je", "jean ", "jean -", " ", "_", "an ", "An "])
@pytest.mark.parametrize("name", ["Jean-Luc Picard", "jjjjjjjj", "j j j j j j j j", "An"])
def test_twice_the_text_takes_no_more_than_some_three_times_as_long(unit: str, name: str) -> None:
    def took(count: int) -> float:
        text, best = (unit * count)[:count], 9.0
        for _ in range(3):
            begun = time.perf_counter()
            holds(text, name)
            best = min(best, time.perf_counter() - begun)
        return best

    holds("", name)
    assert took(40_000) < 3.5 * took(20_000) + 0.02
