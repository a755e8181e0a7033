"""A maker for tests who has all set up that laws ask for, and what may be done to a file that was stamped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from countermark import keyring
from countermark.auditing import audit_file
from countermark.disclosure.duties.audit import Row
from countermark.disclosure.duties.profile import chosen
from countermark.media import EncodeSettings, encode, frames, probe, transcode
from countermark.provenance import Facts, IngredientFacts, describe, new_manifest_id, sign, trust
from countermark.settings import Settings
from countermark.stamp import Encoding, Stamped, facts, stamp
from tests import recipes
from tests.disclosure.declarations.files import MANIFEST_BOX
from tests.keyring.authority import Authority as Issuer
from tests.keyring.authority import key_file
from tests.provenance.authorities import Authority, TimeServer

SIZE, SECONDS, RATE = (640, 480), 2.0, 25
DAY = date(2027, 6, 1)  # all but what comes in 2029 is in force
PRODUCER = "001191110102MAD55U9H0F10002"
PLATFORM = EncodeSettings(scale=0.75, crf=28, preset="veryfast")
Picture = NDArray[np.uint8]
Rows = dict[tuple[str, str], Row]  # by law and duty


@dataclass(frozen=True)
class Maker:
    """Someone with a home, and settings that lack nothing."""

    home: Path
    options: Settings

    def facts(self, **changed: Any) -> Facts:
        return facts(**{"model": "acme-video", "model_version": "3", "provider": self.options.provider, **changed})

    def stamp(self, source: Path, name: str, said: Facts | None = None, **settings: object) -> Stamped:
        """Stamp into the home, by these settings with some changed."""
        options = self.options.model_copy(update=settings)
        fast = Encoding(preset="veryfast")
        return stamp(source, self.home / name, facts=said or self.facts(), encoding=fast, options=options)

    def sign(
        self,
        source: Path,
        name: str,
        said: Facts,
        change: Callable[[dict[str, Any]], None] | None = None,
        *,
        timed: bool = True,
    ) -> Path:
        """Sign what is in no registry, by a description with something changed."""
        described = describe(said, new_manifest_id(), "0123456789abcdef", "own-1")
        if change is not None:
            change(described)
        target, identity = self.home / name, keyring.load(self.home)
        time = self.options.tsa if timed else None
        anchors = trust.load(self.home)
        sign(source, target, described, identity, anchors, ingredients=said.ingredients, timestamp=time)
        return target

    def audit(self, path: Path, laws: str, **settings: object) -> Rows:
        found = audit_file(path, chosen(laws), self.options.model_copy(update=settings), DAY)
        return {(one.profile, row.duty): row for one in found.audits for row in one.rows}


@contextmanager
def maker(home: Path, *, development: bool = False) -> Iterator[Maker]:
    """Set someone up; a timestamp authority answers meanwhile, and is trusted there."""
    clock = Authority("A time authority")
    trust_in(home, "time", clock.pem, "timestamps")
    if development:
        keyring.init_development(home)
    else:
        issuer = Issuer()
        key, public = key_file(home)
        keyring.import_chain(home, issuer.chain(home, public), key)
        trust_in(home, "acme", issuer.trusted_root(), "signing")
    with TimeServer(clock) as server:
        yield Maker(
            home,
            Settings(
                home=home,
                provider="Acme Video",
                tsa=server.url,
                contact="labels@acme.example",
                public_record="https://acme.example/records/{id}",
                aigc_producer=PRODUCER,
                sound="recorded",
            ),
        )


@dataclass(frozen=True)
class World:
    """A maker, and what was stamped there; each file is made when it is first asked for."""

    maker: Maker
    beginner: Maker  # who has a development identity
    made: dict[str, Any]

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]

    def count(self) -> int:
        """A number that no file has yet."""
        return len(list(self.maker.home.iterdir()))

    def path(self, name: str) -> Path:
        return self.maker.home / name

    @cached_property
    def clip(self) -> Path:
        return recipes.clip(self.path("clip.mp4"), size=SIZE, seconds=SECONDS, audio=True)

    @cached_property
    def still(self) -> IngredientFacts:
        target = self.path("still.png")
        cv2.imwrite(str(target), next(recipes.pictures(1, (160, 120))))
        return IngredientFacts(target)

    def facts(self, **changed: Any) -> Facts:
        return replace(self.maker.facts(title="clip", **changed), ingredients=(self.still,))

    def stamped(self, laws: str) -> Stamped:
        """The clip, stamped for these laws."""

        def make() -> Stamped:
            return self.maker.stamp(self.clip, f"{laws}.mp4", self.facts(), profile=laws)

        return self.once(f"stamped {laws}", make)

    def said(self, laws: str, **changed: Any) -> Facts:
        """What a manifest says that is signed by hand."""
        known = {"when": "2026-11-21T10:00:00Z", "sound": "recorded", "labels": self.stamped(laws).labels}
        return replace(self.facts(), **{**known, **changed})

    def bare(self, laws: str) -> Path:
        """What was stamped, without its manifest: mark, visible labels and metadata are as they were."""
        name = f"{laws}.bare.mp4"
        return self.once(name, lambda: without_box(self.stamped(laws).path, self.path(name)))

    def signed(self, laws: str) -> Path:
        """The same signed again by hand: nothing is broken yet."""
        name = f"{laws}.signed.mp4"
        return self.once(name, lambda: self.maker.sign(self.bare(laws), name, self.said(laws)))

    def copy(self, laws: str) -> Path:
        name = f"{laws}.copy.mp4"
        return self.once(name, lambda: platform_copy(self.stamped(laws).path, self.path(name), self.maker.options))

    def audit(self, path: Path, laws: str, *, alone: bool = False) -> Rows:
        """Audit it; `alone`: where nothing is registered."""
        changed = {"database": f"sqlite:///{self.path('nothing.sqlite')}"} if alone else {}
        name = f"audit of {path.name} for {laws}{', alone' if alone else ''}"
        return self.once(name, lambda: self.maker.audit(path, laws, **changed))


def trust_in(home: Path, name: str, pem: str, purpose: Any) -> None:
    file = home / f"{name}.pem"
    file.write_text(pem)
    trust.add(home, name, file, purpose)


# What may be done to a file -------------------------------------------------------------------------------------------


def edited(source: Path, target: Path, old: bytes, new: bytes) -> Path:
    """Change bytes that stand there once; all that follows stays where it is."""
    content = source.read_bytes()
    assert content.count(old) == 1 and len(new) <= len(old), (old, content.count(old))
    target.write_bytes(content.replace(old, new + b" " * (len(old) - len(new))))
    return target


def without_box(source: Path, target: Path, identifier: bytes = MANIFEST_BOX) -> Path:
    """Make free room of a box, in place."""
    return edited(source, target, b"uuid" + identifier, b"free" + bytes(16))


def platform_copy(source: Path, target: Path, options: Settings) -> Path:
    transcode(probe(source, options.limits), target, PLATFORM, keep="none")
    return target


def changed_copy(source: Path, target: Path, change: Callable[[Picture], Picture], options: Settings) -> Path:
    """A platform's copy, without sound, with something done to its pictures before."""
    moments = frames(source, limits=options.limits)
    made = (np.ascontiguousarray(change(moment.frame.to_ndarray(format="rgb24"))) for moment in moments)
    first = next(made)
    size = first.shape[1], first.shape[0]
    encode(chain([first], made), target, size=size, frame_rate=RATE, settings=PLATFORM)
    return target
