"""A real browser for tests: Debian's chromium, driven by playwright. It notes what a page does that it should not."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import needs

AXE = "axe-core@4.14.1"
WIDE, PHONE = (1280, 900), (390, 844)
_WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.refused.push(`${event.violatedDirective}: ${event.blockedURI}`));
window.alerts = [];
for (const name of ["alert", "confirm", "prompt"]) window[name] = (text) => window.alerts.push(String(text));
"""
_GRAVE = ("serious", "critical")


@dataclass
class Visit:
    """One page of a browser, and what went wrong in it so far."""

    page: Any
    base: str
    axe: Path
    wrong: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)  # what was asked of other hosts

    def open(self, path: str) -> Visit:
        self.page.goto(self.base + path)
        return self

    def sign_in(self, email: str, password: str) -> Visit:
        self.open("/sign-in?next=/checks")
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password]", password)
        self.page.click("main form button")
        self.page.wait_for_url("**/checks")
        return self

    def click(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).or_(
            self.page.get_by_role("link", name=name, exact=True)
        ).first.click()

    def text(self, of: str = "main") -> str:
        return str(self.page.inner_text(of))

    def grave(self) -> list[str]:
        """What axe finds that is serious or worse."""
        self.page.add_script_tag(path=str(self.axe)) if self.page.evaluate("!window.axe") else None
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:160]}"
            for one in found["violations"]
            if one["impact"] in _GRAVE
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def refused(self) -> list[str]:
        """What the policy refused on this page."""
        return list(self.page.evaluate("window.refused"))

    def alerts(self) -> list[str]:
        return list(self.page.evaluate("window.alerts"))

    def is_sound(self) -> None:
        assert self.refused() == [] and self.alerts() == [] and self.wrong == [] and self.elsewhere == []


@dataclass(frozen=True)
class Chromium:
    """A browser that runs."""

    browser: Any
    axe: Path

    @contextmanager
    def visit(
        self,
        base: str,
        *,
        size: tuple[int, int] = WIDE,
        theme: str = "light",
        script: bool = True,
        language: str = "en-GB",
        bypass: bool = False,
        scale: float = 1,
    ) -> Iterator[Visit]:
        """A visitor with cookies of their own. `bypass`: let axe, which a page's policy refuses, be put into it."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            java_script_enabled=script,
            locale=language,
            bypass_csp=bypass,
            device_scale_factor=scale,
        )
        try:
            context.set_default_timeout(20_000)
            if script:
                context.add_init_script(_WATCH)
            visit = Visit(context.new_page(), base, self.axe)
            visit.page.on("pageerror", lambda error: visit.wrong.append(str(error)))
            visit.page.on("request", lambda asked: _noted(visit, asked.url))
            yield visit
        finally:
            context.close()


def _noted(visit: Visit, url: str) -> None:
    if not url.startswith((visit.base, "data:", "about:")):
        visit.elsewhere.append(url)


@contextmanager
def chromium(config: pytest.Config) -> Iterator[Chromium]:
    """Start it; a machine without one skips, or in CI fails."""
    path, axe = needs.program("chromium", "chromium"), _axe(config)
    from playwright.sync_api import sync_playwright

    rootless = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=rootless)
        try:
            yield Chromium(browser, axe)
        finally:
            browser.close()


def _axe(config: pytest.Config) -> Path:
    """Install axe, once for all runs: npm keeps it beside what pytest keeps."""
    folder = config.cache.mkdir(AXE)
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        (folder / "package.json").write_text('{"private": true}')
        options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            npm = [needs.program("npm", "npm"), "install", *options, AXE]
            subprocess.run(npm, cwd=folder, check=True, capture_output=True, timeout=120)
        except (subprocess.SubprocessError, OSError):
            needs.lacking(AXE, "let npm reach its registry")
    return script
