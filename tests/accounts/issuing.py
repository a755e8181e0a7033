"""A real issuer of OpenID Connect on this machine: npm's oidc-provider, and somebody who signs in there."""

from __future__ import annotations

import html
import http.client
import http.cookiejar
import json
import re
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest

from countermark.tests.needs import lacking, program

HERE = Path(__file__).parent
PACKAGE = "oidc-provider@9"
SECRET = "a secret/of: tests+%"
SECONDS = 60.0


@dataclass(frozen=True)
class Issuing:
    """Where it is, and where it sends people back."""

    url: str
    redirect: str


def packages(config: pytest.Config) -> Path:
    """Install the provider, once for all runs: npm keeps it beside what pytest keeps."""
    program("node", "nodejs")
    folder = config.cache.mkdir("oidc-provider-9")
    if not (folder / "node_modules" / "oidc-provider" / "package.json").is_file():
        (folder / "package.json").write_text('{"private": true}')
        options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            npm = [program("npm", "npm"), "install", *options, PACKAGE]
            subprocess.run(npm, cwd=folder, check=True, capture_output=True, timeout=120)
        except (subprocess.SubprocessError, OSError):
            lacking(PACKAGE, "let npm reach its registry")
    return folder


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def signing_key(kid: str) -> dict[str, object]:
    from joserfc.jwk import RSAKey

    return {**RSAKey.generate_key(2048, private=True).as_dict(private=True), "kid": kid, "use": "sig", "alg": "RS256"}


@contextmanager
def issuing(
    folder: Path, redirect: str, *, port: int | None = None, kid: str = "first", spare: bool = False
) -> Iterator[Issuing]:
    """Run an issuer; on a port that another ran on, it is the same with another key.

    spare: its tokens name the subject alone.
    """
    port = port or free_port()
    ways = ["client_secret_basic", "client_secret_post", "none"]
    options = {"port": port, "redirect": redirect, "secret": SECRET, "spare": spare, "ways": ways}
    options["jwks"] = {"keys": [signing_key(kid)]}
    command = ["node", str(HERE / "provider.mjs"), str(folder), json.dumps(options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stderr is not None
            if "listening" not in process.stdout.readline():
                raise AssertionError(process.stderr.read())
            yield Issuing(f"http://127.0.0.1:{port}", redirect)
        finally:
            process.terminate()
            process.communicate(timeout=30)


class Browser:
    """As much of a browser as signing in takes: cookies, forms, redirects; it never leaves for `stop`."""

    def __init__(self, stop: str) -> None:
        jar = http.cookiejar.CookieJar()
        self.stop, self.jar = stop, jar
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), _Still())

    def get(self, url: str, form: Mapping[str, str] | None = None) -> tuple[str, str]:
        """Go there, follow redirects; give where that led, and the page (none where it led to `stop`)."""
        body = None if form is None else urlencode(form).encode()
        for _ in range(20):
            try:
                answer: http.client.HTTPResponse = self._opener.open(url, body, SECONDS)
                return url, answer.read().decode()
            except urllib.error.HTTPError as error:
                if error.code not in (301, 302, 303):
                    raise
                url, body = urljoin(url, error.headers["Location"]), None
            if url.startswith(self.stop):
                return url, ""
        raise AssertionError("it goes round and round")

    def sign_in(self, url: str, login: str, *, refuse: bool = False) -> dict[str, str]:
        """Go where the service sends people, sign in there; give what the issuer sends back with them."""
        at, page = self.get(url)
        if refuse:
            at, page = self.get(urljoin(at, html.unescape(re.findall(r'href="([^"]*/abort)"', page)[0])))
        while page:
            action = urljoin(at, html.unescape(re.findall(r'action="([^"]+)"', page)[0]))
            prompt = re.findall(r'name="prompt" value="(\w+)"', page)[0]
            at, page = self.get(action, {"prompt": prompt, "login": login, "password": "any"})
        return {name: values[0] for name, values in parse_qs(urlsplit(at).query).items()}


class _Still(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None
