"""Names that generators write into tags: a table as data, and what must stand around a name before it counts.

A name counts where it is the whole of a tag that names software, or where a note says that the file was made with it:
a title, a song or a camera of the same name must not declare anything. That is why some names stand here in their long
form alone: Veo is a camera too, Synthesia and Sora are older programs, Luma sells an editor, Runway, Pika and CapCut
also cut what cameras took, and everything that went through Google's servers has "Google" for its encoder.

Where the rows come from: [T] seen in real files, as the lists of signals in the documentation of public checkers say
(remove-ai-watermarks, sd-metadata); [N] no file was seen: the product's own name, should it stand there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SOFTWARE = frozenset(
    "encoder encodedby encodingtool too software swr isft creatortool writingapp muxingapp generator tool source "
    "producer handlername vendor".split()
)
_NOTES = frozenset("comment cmt icmt description desc des usercomment imagedescription information inf credit".split())
MOST_LOOKED_AT = 400  # characters; who names a generator does so at once


@dataclass(frozen=True)
class Generator:
    """One generator, and what it is called in tags."""

    name: str
    called: str  # a pattern, in lower case; it takes in no words that could be of a person


@dataclass(frozen=True)
class Named:
    """What a tag tells of a generator."""

    generator: str  # empty where it says AI, and no name
    words: str  # that say so, and nothing else of the tag


GENERATORS: tuple[Generator, ...] = (
    # Video
    Generator("Kling", r"kling(?: ?ai)?|可灵(?: ?ai)?"),  # N
    Generator("Doubao", r"doubao(?: ?ai)?|豆包(?: ?ai)?"),  # T: bare in the AIGC record
    Generator("Jimeng / Dreamina", r"jimeng(?: ?ai)?|即梦(?: ?ai)?|dreamina(?: ?ai)?|seedance|seedream"),  # N
    Generator("Qwen / Wan", r"qwen(?:-image|-video)?|千问(?: ?ai)?|通义(?:万相|千问)|tongyi wanxiang|wan ?ai"),  # N
    Generator("Hailuo / MiniMax", r"hailuo(?: ?ai)?|海螺(?: ?ai)?|minimax(?:[ -](?:hailuo|video))?"),  # N
    Generator("Vidu", r"vidu(?: ?ai)"),  # N
    Generator("Hunyuan", r"hunyuan(?:[ -]?video)?|腾讯?混元(?: ?ai)?"),  # N
    Generator("Runway", r"runway(?:ml)? (?:gen-?\d[\w.-]*|(?:video|image) generation)"),  # T: the agent it signs as
    Generator("Luma", r"luma ai(?:'s [\w.-]+ model)?|luma dream machine|lumalabs"),  # T
    Generator("Pika", r"pika (?:labs|ai|art)"),  # N
    Generator("Sora", r"openai sora|sora by openai|sora 2|sora turbo"),  # N
    Generator(
        "Veo", r"google veo|veo by google|veo-\d(?:\.\d)?-(?:fast-)?generate[\w.-]*"
    ),  # N: the last, its API's name
    Generator(
        "Google AI",
        r"google ai|google gemini|google flow|imagen"
        r"|gemini [\d.]+ (?:flash|pro)(?:[ -](?:image|preview|lite|exp(?:erimental)?|\d[\w.]*)){0,4}",
    ),  # T: credit
    Generator("Adobe Firefly", r"adobe[ _]firefly|firefly (?:video|image)(?: model)?"),  # T
    Generator("HeyGen", r"hey ?gen(?: ?ai)?"),  # N
    Generator("Synthesia", r"synthesia\.io|synthesia studio|synthesia ai(?: avatar)?"),  # N
    Generator("D-ID", r"d-id (?:creative reality(?: studio)?|studio|ai)"),  # N
    Generator("Grok Imagine", r"(?:xai )?grok[ _-]imagine"),  # T: its claim generator
    Generator("Stable Video Diffusion", r"stable[ _-]video[ _-]diffusion"),  # N
    Generator("CogVideoX", r"cogvideox?(?:-[\w.]+)?"),  # N
    Generator("LTX", r"ltx[ -](?:video|studio)"),  # N
    # Pictures
    Generator("Stable Diffusion", r"stable[ _-]?diffusion(?: xl)?|sdxl|dreamstudio"),  # T
    Generator("AUTOMATIC1111", r"automatic1111|(?:stable[ _-]diffusion[ _-])?webui forge"),  # T
    Generator("ComfyUI", r"comfyui"),  # T
    Generator("InvokeAI", r"invoke ?ai"),  # T
    Generator("Fooocus", r"(?:ruined ?)?fooocus"),  # T
    Generator("SwarmUI", r"(?:stable)?swarmui"),  # T
    Generator("NovelAI", r"novelai(?: diffusion)?"),  # T
    Generator("Draw Things", r"draw things"),  # T
    Generator("Midjourney", r"midjourney"),  # T
    Generator("OpenAI", r"dall[-·e]?e|gpt-image(?:-[\w.]+)?|openai (?:chatgpt|gpt-image|dall[-·]?e)"),  # T
    Generator(
        "FLUX",
        r"black forest labs|flux\.[12](?:[ .-]?(?:dev|pro|schnell|kontext|krea|fill|max|flex|klein|ultra|raw|canny"
        r"|depth|redux|v?\d[\d.]*)){0,4}",
    ),  # T
    Generator("Ideogram", r"ideogram(?: ai)?"),  # T
    Generator("Leonardo", r"leonardo\.?ai|leonardo ai"),  # T
    Generator("Recraft", r"recraft(?:\.ai| ai)"),  # T
    Generator("NightCafe", r"nightcafe(?: studio| creator)?"),  # T
    Generator("Apple", r"apple image playground|apple photos (?:clean up|generative edit)"),  # T
    Generator("fal.ai", r"fal[-.]ai"),  # T
)

_VERSION = r"(?:[ /:_-]*v?\d[\w.\-]{0,30})?"
_REST = r"(?: ?\([^()]{0,80}\))?\.?"
_MADE = (
    r"(?:ai[- ])?(?:generated|created|made|produced|edited|synthesi[sz]ed)(?: \w+)? (?:with|by|using|in|on|through) "
)
_SAID = r"(?:this (?:video|image|clip|content|media) (?:was|is|has been) )?"
_AFTER = r"(?![\w-])"
_CHINESE = r"\s?(?:生成|合成|制作|创作)"
_PATTERNS = tuple(
    (
        one,
        re.compile(rf"((?:{one.called}){_VERSION}){_REST}", re.IGNORECASE),
        re.compile(rf"({_SAID}{_MADE}(?:{one.called}){_AFTER}|(?:由|使用|用)?\s?(?:{one.called}){_CHINESE})", re.I),
    )
    for one in GENERATORS
)
# What says so without a name. The whole note, so that a sentence about AI is none.
_NAMELESS = re.compile(
    rf"{_SAID}(?:ai[- ]generated(?: (?:content|video|image|media))?|(?:made|generated|created) (?:with|by|using) ai)\.?"
    r"|(?:本(?:视频|内容|作品)|该视频|内容|视频)?(?:由|为)?(?:ai|人工智能)(?:辅助)?(?:生成|合成|生成合成)(?:的?(?:内容|视频))?[。.]?",
    re.IGNORECASE,
)

# What apps of one family write beside their exports, in JSON: only flags that say AI count, not the product's name. [T]
_PRODUCT = re.compile(r'"product"\s*:\s*"([a-z0-9_]{1,40})"')
_EXPORT = re.compile(r'"exporttype"\s*:\s*"generation"')
_FLAG = re.compile(r'("aigc_label_type"\s*:\s*"?[12]"?|"aigc_type"\s*:\s*"?1"?)\s*[,}]')


def generator_of(tag: str, text: str) -> Named | None:
    """Name the generator of which a tag tells. `tag`: see words.tag_of.

    >>> generator_of("encoder", "Kling AI 2.1 (Jane's)"), generator_of("comment", "Made with Google AI by Jane")
    (Named(generator='Kling', words='Kling AI 2.1'), Named(generator='Google AI', words='Made with Google AI'))
    >>> generator_of("title", "Made with Google AI"), generator_of("encoder", "LumaFusion")
    (None, None)
    """
    if tag not in _SOFTWARE and tag not in _NOTES:
        return None
    if text.lstrip().startswith("{"):
        return _app_flag(text)
    said = " ".join(text[:MOST_LOOKED_AT].split())
    for one, whole, made in _PATTERNS:
        if found := made.match(said) if tag in _NOTES else whole.fullmatch(said):
            return Named(one.name, found.group(1))
    return Named("", said) if tag in _NOTES and _NAMELESS.fullmatch(said) else None


def _app_flag(text: str) -> Named | None:
    """The app whose export says that it was generated, by flags in JSON; of that, the flags alone."""
    said = text[: 1 << 16].replace('\\"', '"').casefold()
    product = _PRODUCT.search(said)
    named = product.group(1) if product else ""
    if named.startswith("dreamina") and _EXPORT.search(said):
        return Named("Jimeng / Dreamina", f'{{"product":"{named}","exportType":"generation"}}')
    flag = _FLAG.search(said) if '"aigc_info"' in said else None
    head = f'"product":"{named}",' if named else ""
    return Named(named, f'{{{head}"aigc_info":{{{"".join(flag.group(1).split())}}}}}') if flag else None
