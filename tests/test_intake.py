"""What is asked of an input before it is marked."""

from pathlib import Path

import pytest

from countermark import keyring, mark_keys
from countermark.errors import CountermarkError, NoPictures, TooSmall, UnreadableVideo
from countermark.intake import admit
from countermark.settings import Settings
from countermark.stamp import facts, stamp
from tests import recipes


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    mark_keys.make(home, "acme")
    return Settings(home=home)


def test_an_input_that_says_nothing_of_itself(tmp_path: Path, options: Settings) -> None:
    admitted = admit(recipes.make("turned.mp4", tmp_path), options)
    assert (admitted.carries_manifest, admitted.marks) == (False, ())
    assert admitted.video.geometry.display_size == (180, 320)


@pytest.mark.parametrize("key", ["open", "acme"])
def test_an_input_that_is_labelled(tmp_path: Path, options: Settings, key: str) -> None:
    marking = options.model_copy(update={"mark_key": key})
    done = stamp(recipes.clip(tmp_path / "a.mp4"), facts=facts(), options=marking)
    admitted = admit(done.path, options)
    assert (admitted.carries_manifest, admitted.marks) == (True, ((done.payload, key),))


@pytest.mark.parametrize(
    ("name", "error"), [("small.mp4", TooSmall), ("sound.mp4", NoPictures), ("text.mp4", UnreadableVideo)]
)
def test_an_input_that_cannot_be_stamped(
    tmp_path: Path, options: Settings, name: str, error: type[CountermarkError]
) -> None:
    match name:
        case "small.mp4":
            recipes.clip(tmp_path / name, size=(96, 64))
        case "sound.mp4":
            recipes.sound_only(tmp_path / name)
        case _:
            (tmp_path / name).write_text("no video\n" * 100)
    with pytest.raises(error):
        admit(tmp_path / name, options)
