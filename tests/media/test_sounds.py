"""Sound of a stranger's file becomes plain samples, decoded elsewhere."""

import wave
from pathlib import Path

import pytest

from countermark.errors import UnreadableVideo
from countermark.media.sounds import RATE, take_sound
from countermark.settings import Limits
from tests import recipes


def test_sound_is_written_plainly_and_no_longer_than_asked(tmp_path: Path) -> None:
    clip = recipes.clip(tmp_path / "clip.mp4", audio=True)
    lengths = []
    for seconds in (0.25, 60.0):
        take_sound(clip, tmp_path / "a.wav", Limits(), seconds)
        with wave.open(str(tmp_path / "a.wav")) as heard:
            assert (heard.getframerate(), heard.getsampwidth()) == (RATE, 2) and any(heard.readframes(RATE))
            lengths.append(heard.getnframes())
    assert lengths[0] == RATE // 4 < lengths[1]


def test_what_has_no_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableVideo, match="no sound"):
        take_sound(recipes.clip(tmp_path / "clip.mp4"), tmp_path / "a.wav", Limits())
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
