"""Workflows and settings that tools for diffusion models leave in files. Knows their forms; says no prompt again.

A fragment tells which model ran and how; it often holds the prompt, which may be private. What is given out of it is
the tool, the model's file name and the number of nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .words import json_of, short

MOST_NODES_LOOKED_AT = 2000
_MODEL_KEYS = ("ckpt_name", "unet_name", "model_name", "model", "base_model", "model_weights", "checkpoint", "name")
_MODEL = re.compile(r"[\w .+-]{1,100}")
_BEGINS = r"(?:^|[\n,])[^\S\n]{0,8}"  # of a setting; bounded, or a megabyte of spaces would be walked from each of them
_STEPS = re.compile(rf"{_BEGINS}Steps: \d")
_SETTINGS = re.compile(rf"{_BEGINS}(Sampler|CFG scale|Seed|Model hash|Model|Schedule type|Denoising strength): ")
_MODEL_LINE = re.compile(rf"{_BEGINS}Model: ([^,\n]{{1,100}})")
_VERSION_LINE = re.compile(rf"{_BEGINS}Version: ([\w.+-]{{1,40}})")
_DREAM = (re.compile(r"\s-s ?\d"), re.compile(r"\s-S ?\d"))  # steps and seed, behind a prompt in quotes
_MOST_DREAM = 8192
_NODE = re.compile(r'"class_type"\s*:\s*"')
_INPUTS = re.compile(r'"inputs"\s*:\s*\{')
_SAMPLING = (
    ("steps", "num_inference_steps", "num_steps"),
    ("seed", "noise_seed", "random_seed"),
    ("sampler", "sampler_name", "scheduler", "sampler_index"),
    ("cfg", "cfg_scale", "cfgscale", "guidance_scale", "guidance", "scale"),
    ("negative_prompt", "negativeprompt", "uc", "negative prompt"),
)
_ENOUGH = 4  # of the five; fewer have other programs too


@dataclass(frozen=True)
class Workflow:
    """What a fragment tells, without what was asked for."""

    tool: str
    summary: str
    broken: bool = False  # cut or damaged, and still to be told by its form


def workflow_of(tag: str, text: str) -> Workflow | None:
    """Tell a fragment by its form, in whatever field it stands. `tag`: see words.tag_of.

    >>> workflow_of("parameters", "a cat\\nSteps: 20, Sampler: Euler a, CFG scale: 7, Model: sd15").summary
    'Stable Diffusion web UI, model sd15'
    """
    if found := _of_lines(text):
        return found
    if tag == "dream" and all(one.search(text[:_MOST_DREAM].rpartition('"')[2]) for one in _DREAM):
        return Workflow("InvokeAI", "InvokeAI, a command line")
    if "{" not in text[:80]:
        return None
    value = json_of(text)
    if isinstance(value, dict):
        return _of_json(tag, value)
    return _of_pieces(text) if value is None else None


def _of_lines(text: str) -> Workflow | None:
    if not _STEPS.search(text) or len(set(_SETTINGS.findall(text))) < 2:
        return None
    model, version = _MODEL_LINE.search(text), _VERSION_LINE.search(text)
    tool = "Fooocus" if version and version.group(1).casefold().startswith("fooocus") else "Stable Diffusion web UI"
    return Workflow(tool, _summary(tool, _file_name(model.group(1)) if model else "", 0))


def _of_json(tag: str, value: dict[str, Any]) -> Workflow | None:
    inner = {**value}
    for name in ("prompt", "workflow"):  # as video tools put both into one comment
        if isinstance(inner.get(name), str):
            inner[name] = json_of(inner[name]) or inner[name]
    for graph in (inner.get("prompt"), inner.get("workflow"), inner):
        if nodes := _comfy_nodes(graph):
            return Workflow("ComfyUI", _summary("ComfyUI", _model_in(nodes), len(nodes)))
    for tool, settings in _told_by_name(tag, inner):
        return Workflow(tool, _summary(tool, _model_in([settings]), 0))
    return None


def _comfy_nodes(graph: Any) -> list[dict[str, Any]]:
    """The nodes of a graph in either form that ComfyUI has: what is run, and what is drawn."""
    if not isinstance(graph, dict):
        return []
    drawn = graph.get("nodes")
    if isinstance(drawn, list) and ("links" in graph or "last_node_id" in graph):
        return [node for node in drawn[:MOST_NODES_LOOKED_AT] if isinstance(node, dict) and "type" in node]
    nodes = [node for node in list(graph.values())[:MOST_NODES_LOOKED_AT] if isinstance(node, dict)]
    return [node for node in nodes if isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)]


def _told_by_name(tag: str, value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Settings of a tool that gives itself away by a field's name, or settings that only a sampler has."""
    swarm = value.get("sui_image_params")
    if isinstance(swarm, dict):
        yield "SwarmUI", swarm
    image = value.get("image")
    if tag == "sdmetadata" and isinstance(image, dict):
        yield "InvokeAI", {**image, **value}
    if tag.startswith("invokeai"):
        yield "InvokeAI", value
    folded = {name.casefold(): inner for name, inner in value.items()}
    if "performance" in folded and "base_model" in folded:
        yield "Fooocus", folded
    if sum(any(name in folded for name in names) for names in _SAMPLING) >= _ENOUGH:
        yield ("NovelAI" if "signed_hash" in folded else "a diffusion sampler"), folded


def _of_pieces(text: str) -> Workflow | None:
    """A graph that was cut, or is damaged."""
    said = text.replace('\\"', '"')
    nodes = len(_NODE.findall(said))
    if not nodes or not _INPUTS.search(said):
        return None
    return Workflow("ComfyUI", _summary("ComfyUI", "", nodes), broken=True)


def _model_in(nodes: list[dict[str, Any]]) -> str:
    for node in nodes:
        for place in (node.get("inputs"), node):
            if not isinstance(place, dict):
                continue
            for key in _MODEL_KEYS:
                said = place.get(key)
                said = said.get("name") or said.get("model_name") if isinstance(said, dict) else said
                if key == "name" and place is node:
                    continue  # of a node, or of whoever saved it
                if isinstance(said, str) and (name := _file_name(said)):
                    return name
    return ""


def _file_name(said: str) -> str:
    """Without the folders, which may name a person."""
    name = re.split(r"[\\/]", said.strip())[-1].strip()
    return name if _MODEL.fullmatch(name) else ""


def _summary(tool: str, model: str, nodes: int) -> str:
    parts = [tool, *([f"{nodes} nodes"] if nodes else []), *([f"model {model}"] if model else [])]
    return short(", ".join(parts))
