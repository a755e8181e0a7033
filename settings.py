"""One settings object: environment, then a file of the user's, then defaults; each value remembers its source.

The file is `~/.countermark/countermark.toml`, or what COUNTERMARK_FILE names; never one of the working folder, which
may be a stranger's: it could choose whom to trust.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote_plus, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from .errors import SettingsInvalid

PREFIX = "COUNTERMARK_"
DEFAULT_HOME = Path.home() / ".countermark"
FILE_VARIABLE = "COUNTERMARK_FILE"  # names the settings file; it is no setting itself


class Limits(BaseModel):
    """What an untrusted file may ask of this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: int = Field(default=16 << 30, gt=0, description="bytes of a file")
    max_pixels: int = Field(default=4096 * 2304, gt=0, description="pixels of a frame (above 4K, below 8K)")
    max_duration_s: float = Field(default=12 * 3600.0, gt=0, description="seconds of a video")
    max_frames: int = Field(default=3_000_000, gt=0, description="frames of a video")
    max_streams: int = Field(default=32, gt=0, description="streams of a container")
    child_memory_bytes: int = Field(
        default=2 << 30, gt=0, description="address space of the child that looks, plus pixels"
    )
    child_bytes_per_pixel: int = Field(default=320, ge=0, description="address space added for each pixel of a frame")
    child_cpu_s: int = Field(
        default=600, gt=0, description="CPU-seconds of the child that looks, plus a share of the duration"
    )
    child_silence_s: float = Field(
        default=120.0, gt=0, description="seconds without a sign of life before a child is ended"
    )
    child_answer_bytes: int = Field(default=16 << 20, gt=0, description="bytes that a child may answer")
    child_open_files: int = Field(default=64, gt=0, description="files that a child may hold open")
    fetch_bytes: int = Field(default=2 << 30, gt=0, description="bytes fetched from a URL")
    fetch_s: float = Field(default=300.0, gt=0, description="seconds that fetching a URL may take")


class Service(BaseModel):
    """What the verification service keeps to, and what it says of whoever runs it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    public_url: str = Field(default="http://127.0.0.1:8000", description="where people reach the service")
    operator: str = Field(default="", description="who runs the service, as every page says")
    operator_contact: str = Field(default="", description="where people reach the operator: an address or a page")
    terms_url: str = Field(default="", description="page with the terms of use")
    privacy_url: str = Field(default="", description="page that says what is kept of visitors and for how long")
    objects: str | None = Field(
        default=None, description="URL of the store of media, such as s3://bucket/prefix; default: a folder in home"
    )
    jobs: str | None = Field(
        default=None, description="URL of the queue's database; default: `database` if PostgreSQL, else SQLite in home"
    )
    queue_workers: int = Field(default=1, ge=1, description="checks that one process looks at at a time")
    executor: str = Field(default="", description="stable name of this worker, unlike all others; default: this host")
    upload_bytes: int = Field(default=2 << 30, gt=0, description="bytes of an upload")
    upload_s: float = Field(default=3600.0, gt=0, description="seconds that one request may take to bring its body")
    upload_kept_s: float = Field(default=24 * 3600.0, gt=0, description="seconds that an unfinished upload is kept")
    standing_bytes: int = Field(default=64 << 30, gt=0, description="bytes of uploads and media that a tenant has here")
    anonymous_standing_bytes: int = Field(
        default=16 << 30, gt=0, description="the same of all together who ask without a key"
    )
    address_standing_bytes: int = Field(default=4 << 30, gt=0, description="the same of one address among those")
    disk_free_bytes: int = Field(
        default=2 << 30, ge=0, description="bytes that uploads leave free of the disk of home; at most 5 % of it"
    )
    media_kept_s: float = Field(default=3600.0, ge=0, description="seconds that media is kept after its result")
    record_kept_days: float = Field(default=30.0, gt=0, description="days that the record of a check is kept")
    enforcement_kept_days: float = Field(default=184.0, ge=184, description="days that enforcement records are kept")
    anonymous: bool = Field(default=True, description="whether anybody may check a file without a key")
    anonymous_checks: int = Field(default=20, ge=1, description="checks an hour from one address without a key")
    anonymous_requests: int = Field(default=300, ge=1, description="requests a minute from one address without a key")
    key_requests: int = Field(default=1200, ge=1, description="requests a minute with one key")
    key_checks: int = Field(default=3600, ge=1, description="checks an hour with one key")
    tenant_requests: int = Field(default=6000, ge=1, description="requests a minute of a tenant's keys and people")
    tenant_checks: int = Field(default=20_000, ge=1, description="checks an hour of a tenant's keys and people")
    proxies: str = Field(default="", description="addresses of proxies whose X-Forwarded-For is believed, by commas")
    unsafe_private_addresses: bool = Field(
        default=False, description="let URLs and callbacks reach machines inside; only where none is to be guarded"
    )
    shadow: str = Field(
        default="",
        description="a detector that looks beside the live one, and counts nowhere: a name, a folder, or head:NAME",
    )
    shadow_share: float = Field(default=0.05, ge=0, le=1, description="share of checks at which it looks too")
    object_roots: str = Field(
        default="",
        description="objects that tenants may submit over HTTP, by commas: TENANT=s3://bucket/prefix; of others, none",
    )
    most_waiting: int = Field(
        default=10_000, ge=1, description="bulk checks that may wait before submissions over HTTP are put off"
    )
    posts: bool = Field(default=False, description="resolve the URLs of posts by yt-dlp (extra: posts)")
    statements: bool = Field(
        default=False, description="lay down statements of reasons, as online platforms in the EU owe them"
    )
    kafka: str = Field(default="", description="brokers of Kafka that take events too: host:port, by commas")
    kafka_topic: str = Field(default="countermark.events", description="topic there")
    kafka_file: Path | None = Field(
        default=None,
        description="file (mode 600) of more properties of librdkafka, such as passwords: name=value lines",
    )
    hma: str = Field(
        default="",
        description="a server that speaks Hasher-Matcher-Actioner's API: what each video is like is asked there, too",
    )
    hma_banks: str = Field(default="", description="its banks that policies may ask for, by commas: bank.NAME.matched")
    hma_token_file: Path | None = Field(default=None, description="file (mode 600) with the token that it takes")
    coop: str = Field(default="", description="address of ROOST's Coop, which reports and appeals may be sent to")
    coop_file: Path | None = Field(
        default=None, description="file (mode 600) with its key, and how it calls types, actions and policies: JSON"
    )
    oidc_issuer: str = Field(default="", description="issuer of OpenID Connect that people sign in with")
    oidc_client: str = Field(default="", description="this service's client id there")
    oidc_secret_file: Path | None = Field(default=None, description="file (mode 600) with the client's secret")
    oidc_role_claim: str = Field(default="countermark_role", description="claim of the id token that names the role")
    oidc_open: bool = Field(
        default=False, description="let everybody whom the issuer signs in be a viewer, also without that claim"
    )
    session_s: float = Field(default=12 * 3600.0, gt=0, description="seconds that a sign-in lasts")
    traces: str = Field(default="", description="URL that takes OpenTelemetry traces over HTTP; empty: none are sent")
    metrics_from: str = Field(
        default="", description="addresses beside this machine's that may read /metrics, by commas: 10.0.0.0/8"
    )
    log_format: Literal["json", "text"] = Field(default="json", description="how the service logs")


class Settings(BaseModel):
    """All knobs of the product. Unknown names are errors, not silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default=DEFAULT_HOME, description="keys, trust anchors and the registry")
    database: str | None = Field(default=None, description="URL of the registry; default: SQLite in home")
    provider: str = Field(
        default="Countermark development", description="who is named as the provider of what is stamped"
    )
    mark_key: str | None = Field(
        default=None, description="key that marks what is stamped; default: as `keys mark use` says, else open"
    )
    spec_version: Literal["2.4", "2.2"] = Field(default="2.4", description="version of the C2PA specification to write")
    soft_binding: Literal["unbound", "bound"] = Field(
        default="unbound", description="bound: name the mark in c2pa.soft-binding, once its algorithm is listed"
    )
    training_mining: Literal["notAllowed", "allowed", "unsaid"] = Field(
        default="unsaid", description="what manifests say of training and data mining on what is stamped"
    )
    signer: Literal["file", "command", "kms"] = Field(default="file", description="where the signing key is used")
    passphrase_file: Path | None = Field(
        default=None, description="file (mode 600) with the passphrase of the signing key"
    )
    signer_command: str | None = Field(
        default=None, description="program that signs: bytes on standard input, the raw signature on standard output"
    )
    signer_kms_key: str | None = Field(default=None, description="id or ARN of the signing key in AWS KMS")
    signer_kms_region: str | None = Field(default=None, description="region of that key")
    signer_kms_endpoint: str | None = Field(default=None, description="URL of a KMS other than AWS's own")
    tsa: str | None = Field(default=None, description="URL of an RFC 3161 timestamp authority")
    tsa_when_down: Literal["refuse", "later"] = Field(
        default="refuse", description="later: sign without a timestamp, and list the file for `keys retimestamp`"
    )
    remote_manifests: bool = Field(default=False, description="fetch manifests that a file says lie elsewhere")
    resolvers: str = Field(default="", description="URLs of Soft Binding Resolution APIs to ask, by commas")
    profile: str = Field(default="", description="laws whose duties every stamp fulfils, by commas: eu-ai-act-50 ...")
    label: str = Field(
        default="", description="visible label of what is stamped: eu, cn, in, kr, ca by commas, or a text"
    )
    machine_labels: str = Field(default="xmp", description="unsigned labels to write: xmp, tags, aigc, by commas")
    keep_metadata: Literal["labels", "all", "none"] = Field(
        default="labels", description="what stays of an input's metadata; labels: of the work, and what declares AI"
    )
    contact: str | None = Field(default=None, description="where people reach the provider: an address or a page")
    public_record: str | None = Field(
        default=None, description="permanent public page of a record; {id} stands for the manifest's id"
    )
    aigc_producer: str | None = Field(default=None, description="code of the provider, for China's AIGC record")
    sound: Literal["synthetic", "recorded", "unsaid"] = Field(
        default="unsaid", description="what manifests say of the sound of what is stamped"
    )
    codec: Literal["auto", "h264", "hevc", "av1", "vp9"] = Field(
        default="auto", description="of stamped video; auto: as input"
    )
    crf: float | None = Field(default=None, ge=0, le=63, description="quality of stamped video; default by codec")
    preset: str | None = Field(default=None, description="preset of the encoder; default by codec")
    detector: Literal["unproven", "always", "never"] = Field(
        default="unproven", description="when `verify` asks the detector; unproven: unless a trusted signature says AI"
    )
    detector_head: str = Field(default="", description="an adapted head that `verify` and `detect` ask too, by name")
    consent_rules: Path | None = Field(
        default=None, description="file of rules that `generate` asks before it makes anything; default: those shipped"
    )
    limits: Limits = Limits()
    service: Service = Service()

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @property
    def database_url(self) -> str:
        """The registry's URL, the default made from home."""
        return self.database or f"sqlite:///{self.home / 'registry.sqlite'}"

    @property
    def jobs_url(self) -> str:
        """The queue's database, the default made from the registry's."""
        if self.service.jobs:
            return self.service.jobs
        return self.database_url if _is_server(self.database_url) else f"sqlite:///{self.home / 'jobs.sqlite'}"

    @property
    def objects_url(self) -> str:
        """The store of media, the default made from home."""
        return self.service.objects or (self.home / "objects").as_uri()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Load once, when first asked."""
    return load(os.environ)[0]


def load(environment: Mapping[str, str]) -> tuple[Settings, dict[str, str]]:
    """Give the settings, and where each value came from ('limits.max_pixels' for nested ones)."""
    file = Path(environment.get(FILE_VARIABLE) or DEFAULT_HOME / "countermark.toml")
    values: dict[str, object] = {}
    source = dict.fromkeys(_names(), "default")
    if file.is_file():
        _take_file(file, values, source)
    elif FILE_VARIABLE in environment:
        raise SettingsInvalid(f"{FILE_VARIABLE} names {file}, which is not there", advice="make it, or unset it")
    for variable in sorted(environment):
        if variable.startswith(PREFIX) and variable != FILE_VARIABLE and environment[variable] != "":
            name = variable.removeprefix(PREFIX).lower().replace("__", ".", 1)
            _put(values, name, environment[variable])
            source[name] = variable
    try:
        return Settings.model_validate(values), source
    except ValidationError as error:
        raise SettingsInvalid(_first(error, source)) from None


class Row(NamedTuple):
    """One setting as a person sees it."""

    name: str
    value: str
    source: str
    meaning: str


def describe(environment: Mapping[str, str]) -> list[Row]:
    """Every setting with its value and where that came from; what may hold a password is shown in part."""
    values, source = load(environment)
    rows = []
    for name in _names():
        group, _, inner = name.rpartition(".")
        holder: BaseModel = getattr(values, group) if group else values
        meaning = type(holder).model_fields[inner].description or ""
        value = getattr(values, _DERIVED[name]) if name in _DERIVED else getattr(holder, inner)
        shown = _SHOWN.get(name, str)
        rows.append(Row(name, str(value) if value is None else shown(str(value)), source[name], meaning))
    return rows


def without_secrets(url: str) -> str:
    """Hide the password of a database's URL, wherever it stands in it; rather too much than too little.

    >>> without_secrets("postgresql://me:secret@db/marks?sslpassword=more&sslmode=require")
    'postgresql://me:***@db/marks?sslpassword=***&sslmode=require'
    """
    if "://" not in url:
        return _NO_URL
    front, mark, query = re.sub(r"(://(?!/)[^:]*:).*@", r"\1***@", url, flags=re.DOTALL).partition("?")
    parts = (part.partition("=") for part in query.split("&"))
    return front + mark + "&".join(f"{name}{sign}{'***' if is_secret(name) else value}" for name, sign, value in parts)


def is_secret(name: str) -> bool:
    """Say whether the parameter of a URL holds what nobody may see, by its name."""
    return bool(_SECRET.search(unquote_plus(name)))


def address_of(url: str) -> str:
    """Give a URL as it may be shown: what comes before the host, and after the path, may be somebody's token.

    >>> address_of("https://me:secret@tsa.example/time?token=7")
    'https://tsa.example/time'
    """
    scheme, _, rest = url.strip().partition("://")
    bare = f"{scheme}://{re.split('[?#]', rest)[0].rpartition('@')[2]}"
    try:
        host, _ = urlsplit(bare).hostname, urlsplit(bare).port
    except ValueError:
        host = None  # what can't be parsed may hold a password anywhere
    return bare if host else _NO_URL


def _addresses_of(urls: str) -> str:
    return ", ".join(address_of(url) for url in urls.split(",") if url.strip())


def _program_of(command: str) -> str:
    """Give a command's program: what it is called with may be a secret."""
    program, *rest = command.split() or [""]
    return "..." if set(program) & set("='\"") else " ".join([program, *(["..."] if rest else [])])


def _is_server(url: str) -> bool:
    return url.startswith("postgresql")


_NO_URL = "(no URL)"
_GROUPS: dict[str, type[BaseModel]] = {"limits": Limits, "service": Service}
_DERIVED = {"database": "database_url", "service.jobs": "jobs_url", "service.objects": "objects_url"}
_SECRET = re.compile("pass|pwd|secret|token|key|credential|signature", re.IGNORECASE)
_SHOWN: dict[str, Callable[[str], str]] = {
    "database": without_secrets,
    "tsa": address_of,
    "signer_kms_endpoint": address_of,
    "resolvers": _addresses_of,
    "signer_command": _program_of,
    "service.jobs": without_secrets,
    "service.objects": lambda url: url if url.startswith("file:") else address_of(url),
    "service.oidc_issuer": address_of,
    "service.traces": address_of,
}


def _take_file(file: Path, values: dict[str, object], source: dict[str, str]) -> None:
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(f"{file}: {error}", advice="mend the file; it is TOML") from None
    for name, value in given.items():
        if isinstance(value, dict):
            for inner, deep in value.items():
                _put(values, f"{name}.{inner}", deep)
                source[f"{name}.{inner}"] = str(file)
        else:
            _put(values, name, value)
            source[name] = str(file)


def _put(values: dict[str, object], name: str, value: object) -> None:
    outer, _, inner = name.partition(".")
    if not inner:
        values[outer] = value
        return
    nested = values.setdefault(outer, {})
    if not isinstance(nested, dict):
        raise SettingsInvalid(f"{name}: {outer} is no group of settings")
    nested[inner] = value


def _names() -> list[str]:
    plain = [name for name in Settings.model_fields if name not in _GROUPS]
    return plain + [f"{group}.{name}" for group, of in _GROUPS.items() for name in of.model_fields]


def _first(error: ValidationError, source: Mapping[str, str]) -> str:
    """One line for the first thing wrong: its name, what is wrong, and where it was set."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    where = source.get(name, "?")
    if first["type"] == "extra_forbidden":
        return f"no setting is called {name!r} (from {where})"
    return f"{name}: {first['msg'].lower()} (from {where})"
