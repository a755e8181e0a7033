"""What is opened asks no hub, and leaves the process as it was; weights are read by the classes of diffusers."""

from __future__ import annotations

import os
import socket

import pytest

from countermark.generator import Request, families
from countermark.generator.families.folder import read
from countermark.generator.families.loading import loaded, offline
from countermark.generator.families.machine import Choice
from countermark.settings import Settings
from tests.generator.families.conftest import Weights


def test_no_hub_is_asked_meanwhile_and_every_one_may_be_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import OfflineModeIsEnabled

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        api = HfApi(endpoint=f"http://127.0.0.1:{server.getsockname()[1]}")
        with offline(), pytest.raises(OfflineModeIsEnabled):
            api.model_info("someone/something", timeout=0.1)
        with pytest.raises(BlockingIOError):
            server.accept()
        with pytest.raises(Exception, match="(?i)time"):
            api.model_info("someone/something", timeout=0.1)
        server.accept()[0].close()


def test_a_process_that_opened_weights_is_as_it_was(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    before = _told()
    families.open(str(weights("wan")), Settings()).plan(Request("a ball, " * 100))
    loaded(read(weights("wan")), "WanPipeline", Choice("cpu", "float32"))
    assert constants.HF_HUB_OFFLINE is False
    assert _told() == before


def _told() -> dict[str, str]:
    """Give what the environment tells the hub's own client."""
    return {name: value for name, value in os.environ.items() if name.startswith("HF_")}
