"""What is shared: a film that a service made and signed, a home with keys, and every service on this machine."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path

import pytest

from countermark import keyring
from countermark.generator import hosted
from countermark.generator.hosted.waiting import Patience
from countermark.generator.maker import Maker, Running
from countermark.provenance import trust
from countermark.settings import Settings
from tests import recipes
from tests.generator.hosted.studio import Studio, open_studio
from tests.provenance.signed import Studio as Signer

QUICK = Patience(first_s=0.01, most_s=0.02, total_s=300.0, request_s=60.0, pause_s=0.01, tries=4)
KEYS = {
    "veo": {"GOOGLE_API_KEY": "key-of-google"},
    "runway": {"RUNWAYML_API_SECRET": "key-of-runway"},
    "luma": {"LUMAAI_API_KEY": "key-of-luma"},
    "kling": {"KLING_ACCESS_KEY": "access-of-kling", "KLING_SECRET_KEY": "secret-of-kling"},
    "pika": {"FAL_KEY": "key-of-fal"},
    "leonardo": {"LEONARDO_API_KEY": "key-of-leonardo"},
    "heygen": {"HEYGEN_API_KEY": "key-of-heygen"},
    "synthesia": {"SYNTHESIA_API_KEY": "key-of-synthesia"},
}
ADDRESSES = {"veo": "GOOGLE_VERTEX_BASE_URL", "runway": "RUNWAYML_BASE_URL", "luma": "LUMAAI_BASE_URL"}
ROOTS = {"luma": "/dream-machine/v1"}


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("hosted-home")
    keyring.init_development(home)
    return Settings(home=home)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A plain film, as most services give it."""
    path = recipes.clip(tmp_path_factory.mktemp("film") / "plain.mp4", seconds=1, size=(320, 240))
    return path.read_bytes()


@pytest.fixture(scope="session")
def signed_film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A film with a manifest of its provider's, whom nobody here knows."""
    folder = tmp_path_factory.mktemp("provider")
    source = recipes.clip(folder / "plain.mp4", seconds=1, size=(320, 240))
    identity = keyring.init_development(folder / "home")
    path, _ = Signer(folder, source, identity, trust.load(folder / "home")).sign("theirs.mp4", title="as they made it")
    return path.read_bytes()


@pytest.fixture
def studio(film: bytes) -> Iterator[Callable[[str], Studio]]:
    """Open services by name; they close at the end."""
    with ExitStack() as stack:
        yield lambda name, content=film: stack.enter_context(open_studio(name, content))


@pytest.fixture
def maker(options: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Studio, str], Maker]:
    """Open the maker for a service on this machine, its key in the environment, its cost approved."""

    def opened(studio: Studio, name: str, approve: bool = True, patience: Patience = QUICK) -> Maker:
        for variable, value in KEYS[name].items():
            monkeypatch.setenv(variable, value)
        if name in ADDRESSES:
            monkeypatch.setenv(ADDRESSES[name], studio.url + ROOTS.get(name, ""))
        called = name if name in ADDRESSES else f"http:{described(name, studio.url, tmp_path)}"
        return hosted.open(called, options, Running(approve_cost=approve), patience)

    return opened


def described(name: str, base: str, folder: Path) -> Path:
    """Copy one of our descriptions, with another address."""
    text = files(hosted).joinpath("adapters", f"{name}.toml").read_text()
    path = folder / f"{name}.toml"
    path.write_text(re.sub(r'^base = ".*"$', f'base = "{base}"', text, flags=re.MULTILINE))
    return path
