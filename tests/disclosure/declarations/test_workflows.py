import json

import pytest

from countermark.disclosure.declarations.workflows import workflow_of

from .files import graph

DRAWN = {"nodes": [{"id": 1, "type": "KSampler"}, {"id": 2, "type": "SaveVideo"}], "links": [], "last_node_id": 2}
SETTINGS = {"seed": 1, "steps": 20, "sampler": "k_euler", "scale": 5, "uc": "none", "prompt": "a secret wish"}


@pytest.mark.parametrize(
    ("tag", "text", "summary"),
    [
        ("prompt", json.dumps(graph()), "ComfyUI, 3 nodes, model CogVideoX-5b"),
        ("workflow", json.dumps(DRAWN), "ComfyUI, 2 nodes"),
        (
            "comment",
            json.dumps({"prompt": json.dumps(graph()), "workflow": DRAWN}),
            "ComfyUI, 3 nodes, model CogVideoX-5b",
        ),
        ("comment", json.dumps(json.dumps(graph())), "ComfyUI, 3 nodes, model CogVideoX-5b"),
        (
            "prompt",
            json.dumps(graph(2, r"C:\Users\Jo Bloggs\wan2.1.safetensors")),
            "ComfyUI, 2 nodes, model wan2.1.safetensors",
        ),
        ("invokeaimetadata", json.dumps({"model": {"name": "flux dev"}}), "InvokeAI, model flux dev"),
        ("sdmetadata", json.dumps({"model_weights": "sd-1.5", "image": {"prompt": []}}), "InvokeAI, model sd-1.5"),
        ("dream", '"a secret wish" -s 50 -S 1234 -W 512', "InvokeAI, a command line"),
        ("parameters", json.dumps({"sui_image_params": {"model": "a/b.safetensors"}}), "SwarmUI, model b.safetensors"),
        ("parameters", "a\nSteps: 4, Seed: 1, CFG scale: 1, Version: Fooocus v2.5", "Fooocus"),
        (
            "usercomment",
            "a\nSteps: 4, Sampler: DPM++ 2M, Model hash: 1a, Model: xl",
            "Stable Diffusion web UI, model xl",
        ),
        (
            "comment",
            json.dumps({"Performance": "Speed", "Base Model": "x", "base_model": "jug.safetensors"}),
            "Fooocus, model jug.safetensors",
        ),
        ("comment", json.dumps({**SETTINGS, "signed_hash": "x"}), "NovelAI"),
        ("usercomment", json.dumps({**SETTINGS, "model": "z_image.ckpt"}), "a diffusion sampler, model z_image.ckpt"),
    ],
)
def test_fragments_are_told_by_their_form_and_their_prompts_stay_private(tag: str, text: str, summary: str) -> None:
    found = workflow_of(tag, text)
    assert found is not None and found.summary == summary and not found.broken


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("prompt", "what to say when the light goes on"),
        ("workflow", "edit, grade, export"),
        ("comment", "Steps: 20, then turn left"),
        ("comment", json.dumps({"nodes": ["a", "b"]})),
        ("comment", json.dumps({"steps": 3, "seed": 4, "name": "a walk"})),
        ("parameters", json.dumps({"iso": 100, "shutter": "1/50"})),
        ("comment", json.dumps([1, 2])),
        ("comment", "{" * 100_000),
        ("comment", '{"a":' * 100_000),
        ("comment", ""),
    ],
)
def test_what_only_looks_like_one_is_none(tag: str, text: str) -> None:
    assert workflow_of(tag, text) is None


def test_a_cut_graph_is_still_told() -> None:
    found = workflow_of("comment", json.dumps({"prompt": json.dumps(graph(5))})[:150])
    assert found is not None and found.broken and found.tool == "ComfyUI"
