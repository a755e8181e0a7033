"""The `threatexchange` package, to hold ours to: its signals, its matching, its own forms.

Its vPDQ imports a hasher in C++ that has no wheel. Nothing is hashed by it here, and matching asks only for its name.
"""

from __future__ import annotations

import importlib.util
import sys
import types

if importlib.util.find_spec("vpdq") is None:
    hasher = types.ModuleType("vpdq")
    hasher.VpdqFeature = object  # type: ignore[attr-defined]
    sys.modules["vpdq"] = hasher

from threatexchange.exchanges.impl.file_api import FileCollaborationConfig, LocalFileSignalExchangeAPI  # noqa: E402
from threatexchange.extensions.vpdq.vpdq import VPDQSignal  # noqa: E402
from threatexchange.extensions.vpdq.vpdq_index import VPDQIndex  # noqa: E402
from threatexchange.extensions.vpdq.vpdq_util import VpdqCompactFeature, json_to_vpdq, vpdq_to_json  # noqa: E402
from threatexchange.signal_type.pdq import PdqSignal  # noqa: E402
from threatexchange.signal_type.pdq.pdq_index import PDQIndex  # noqa: E402
from threatexchange.signal_type.sha256 import VideoSHA256Signal  # noqa: E402

__all__ = [
    "FileCollaborationConfig",
    "LocalFileSignalExchangeAPI",
    "PDQIndex",
    "PdqSignal",
    "VPDQIndex",
    "VPDQSignal",
    "VideoSHA256Signal",
    "VpdqCompactFeature",
    "json_to_vpdq",
    "vpdq_to_json",
]
