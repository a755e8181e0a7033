import io
import json
import subprocess
from pathlib import Path

from PIL import Image

from countermark.disclosure.visible.captions import caption_contents, caption_files, icon_png, webvtt
from countermark.disclosure.visible.wanted import labels_for
from tests.needs import program

LABELS = labels_for(["eu,cn,in", "A <b> & --> x [from:1s 2s lower-middle]"])


def test_a_player_reads_the_captions(tmp_path: Path) -> None:
    file = tmp_path / "a.vtt"
    file.write_text(webvtt(LABELS, 3661.5), encoding="utf-8")
    asked = [program("ffprobe", "ffmpeg"), "-v", "error", "-show_packets", "-of", "json", str(file)]
    packets = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)["packets"]
    times = [(float(one["pts_time"]), float(one["duration_time"])) for one in packets]
    assert times == [(0, 3661.5), (0, 3.0), (0, 3661.5), (1.0, 2.0)]
    asked = [program("ffmpeg", "ffmpeg"), "-v", "error", "-i", str(file), "-f", "srt", "-"]
    told = subprocess.run(asked, check=True, capture_output=True).stdout.decode()
    assert all(text in told for text in ("AI generated", "AI生成", "एआई-जनित", "A <b> & --> x", "01:01:01,500"))


def test_cues_have_places_and_come_in_order() -> None:
    cues = webvtt(labels_for(["late [from:4s]", "early [upper-right]", "too late [from:60s]"]), 10.0).split("\n\n")
    assert cues[0] == "WEBVTT" and len(cues) == 3
    assert "line:5% position:95% align:right" in cues[1] and "early" in cues[1]
    assert "00:00:04.000 --> 00:00:10.000 line:88% position:5%" in cues[2]
    many = webvtt(labels_for([f"number {one}" for one in range(8)]), 10.0)
    assert all(5 <= int(part.split("%")[0]) <= 95 for part in many.split("line:")[1:])


def test_the_icon_is_a_png_with_transparency() -> None:
    picture = Image.open(io.BytesIO(icon_png(96)))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA", (96, 96))


def test_each_file_has_its_name_and_content() -> None:
    clip = Path("folder/clip.v2.mp4")
    (captions, text), (mark, picture) = caption_contents(clip, LABELS, 5.0)
    assert (captions, mark) == caption_files(clip) == (Path("folder/clip.v2.vtt"), Path("folder/clip.v2.ai.png"))
    assert text.decode() == webvtt(LABELS, 5.0) and picture == icon_png()
