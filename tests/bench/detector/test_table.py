"""Tables of clips that can be read, and every way in which one cannot."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from countermark.bench.detector.table import Clip, check_splits, models_for, read_folds, read_table, read_tables
from countermark.errors import ClipTableInvalid, InputMissing, InputUnreadable
from tests.needs import data

HEAD = "path\tlabel\tgroup\tkind\n"
GOOD = HEAD + "a/one.mp4\treal\tcam\tcamera\nb/two.mp4\tsynthetic\tgen\tdiffusion\n"


def table(folder: Path, content: str | bytes) -> Path:
    path = folder / "clips.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_paths_are_relative_to_the_table(tmp_path: Path) -> None:
    one, two = read_table(table(tmp_path, GOOD))
    assert one == Clip("a/one.mp4", tmp_path / "a" / "one.mp4", "real", "cam", "camera")
    assert (two.synthetic, one.synthetic) == (True, False)


def test_three_columns_are_enough_in_any_order_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    content = "\ufeffgroup\tpath\tlabel\r\n\r\ncam\tone.mp4\treal\r\ngen\ttwo.mp4\tsynthetic\r\n"
    assert [(clip.name, clip.group, clip.kind) for clip in read_table(table(tmp_path, content))] == [
        ("one.mp4", "cam", ""),
        ("two.mp4", "gen", ""),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1: no column path, label, group"),
        ("path,label,group\na,real,b\n", "line 1: no column path, label, group"),
        ("path\tlabel\na\treal\n", "line 1: no column group"),
        (GOOD + "c.mp4\treal\n", "line 4: 2 cells under 4 columns"),
        (GOOD + "c.mp4\treal\tcam\tcamera\tmore\n", "line 4: 5 cells"),
        (GOOD + "c.mp4\tfake\tgen\t\n", "line 4: label 'fake'"),
        (GOOD + "\treal\tcam\tcamera\n", "line 4: path is empty"),
        (GOOD + "c.mp4\treal\t \t\n", "line 4: group is empty"),
        (GOOD + "\n\na/one.mp4\treal\tcam\t\n", "line 6: a/one.mp4 stands there already"),
        (HEAD + "c.mp4\treal\tcam\t\n", "no clip is synthetic"),
        (HEAD + "c.mp4\tsynthetic\tgen\t\n", "no clip is real"),
        (b"path\tlabel\tgroup\n\xff\xfe\treal\tcam\n", "not a table"),
        (HEAD + '"c.mp4"d\treal\tcam\t\n', "not a table"),
    ],
)
def test_a_wrong_table_names_its_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(ClipTableInvalid, match=said):
        read_table(table(tmp_path, content))


def test_no_table_is_no_input(tmp_path: Path) -> None:
    with pytest.raises(InputMissing):
        read_table(tmp_path / "none.tsv")


def clip(name: str, group: str) -> Clip:
    return Clip(name, Path(name), "real", group)


def test_each_clip_is_judged_by_the_fold_that_holds_its_group_out() -> None:
    clips = (clip("a", "cam"), clip("b", "gen"))
    assert models_for(clips, {"cam": 3, "gen": 0, "other": 1}) == {"a": "fold-3", "b": "fold-0"}
    assert set(models_for(clips, None).values()) == {"release"}


def test_what_lies_in_no_fold_is_judged_by_the_released_weights_but_not_everything() -> None:
    clips = (clip("a", "cam"), clip("b", "gen"))
    assert models_for(clips, {"cam": 3}) == {"a": "fold-3", "b": "release"}
    with pytest.raises(ClipTableInvalid, match="no fold holds out any of these groups"):
        models_for(clips, {"other": 3})
    with pytest.raises(ClipTableInvalid, match="no fold holds out any"):
        models_for((clips[0], replace(clips[1], beside=True)), {"gen": 3})


def test_no_file_is_on_both_sides_of_a_split() -> None:
    clips = (clip("a", "cam"), clip("b", "gen"), clip("c", "cam"))
    models = models_for(clips, {"cam": 0, "gen": 1})
    check_splits({"a": "1", "b": "2", "c": "1"}, clips, models)
    with pytest.raises(ClipTableInvalid, match="b is the same file as a"):
        check_splits({"a": "1", "b": "1", "c": "3"}, clips, models)
    with pytest.raises(ClipTableInvalid, match="b is the same file as a"):
        check_splits({"a": "1", "b": "1", "c": "3"}, clips, models_for(clips, {"cam": 0}))


def beside(folder: Path, rows: str) -> Path:
    folder.mkdir()
    (folder / "clips.tsv").write_text("path\tlabel\tgroup\tkind\tmaker\n" + rows)
    return folder / "clips.tsv"


def test_tables_beside_bear_their_folders_names_and_may_have_one_label(tmp_path: Path) -> None:
    made = beside(tmp_path / "made", "a/one.mp4\treal\town-game\tscreen\t\nb.mp4\tsynthetic\tx\town-decoder\tf8\n")
    first, _, third, fourth = read_tables(table(tmp_path, GOOD), [made])
    assert (first.name, first.beside, first.pooled) == ("a/one.mp4", False, True)
    assert (third.name, third.path) == ("made/a/one.mp4", tmp_path / "made" / "a" / "one.mp4")
    assert (third.beside, third.pooled, third.maker, fourth.maker) == (True, False, "", "f8")


def test_a_table_beside_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    main = table(tmp_path, GOOD)
    strange = beside(tmp_path / "strange", "b.mp4\tsynthetic\tgen\tdiffusion\t\n")
    with pytest.raises(ClipTableInvalid, match="b.mp4 has kind 'diffusion'"):
        read_tables(main, [strange])
    made = beside(tmp_path / "made", "b.mp4\treal\tcam\tscreen\t\n")
    with pytest.raises(ClipTableInvalid, match="made/b.mp4 stands there already"):
        read_tables(main, [made, made])


@pytest.mark.parametrize("content", ["[]", '{"cam": "0"}', "{"])
def test_folds_that_are_none_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "folds.json"
    path.write_text(content)
    with pytest.raises(InputUnreadable):
        read_folds(path)
    path.write_text(json.dumps({"cam": 0}))
    assert read_folds(path) == {"cam": 0}


def test_the_clips_beside_the_project_are_a_table() -> None:
    clips = read_table(data("clips") / "clips.tsv")
    assert len({one.name for one in clips}) == len(clips) > 100
    assert all(one.path.is_file() for one in clips)
