import pytest

from countermark.evidence.sources import IPTC, SOURCES, says_of, source_of
from countermark.provenance.signing.manifest import SYNTHETIC


def test_every_code_is_found_by_its_uri_in_both_schemes_and_none_stands_twice() -> None:
    assert len({source.uri for source in SOURCES}) == len(SOURCES) == 22
    for source in SOURCES:
        assert source_of(source.uri).source == source and source_of(source.uri).problems == ()
        assert source_of(source.uri.replace("http:", "https:")).source == source
        assert source_of(f"  {source.uri}/\n").problems == ()


def test_what_manifests_are_signed_with_is_of_the_same_vocabulary() -> None:
    assert all(says_of(IPTC + code) == "synthetic" for code in SYNTHETIC)


@pytest.mark.parametrize(
    ("value", "code", "problem"),
    [
        ("trainedAlgorithmicMedia", "trainedAlgorithmicMedia", "a bare code"),
        ("digsrctype:digitalCapture", "digitalCapture", "a bare code"),
        (f"{IPTC}TRAINEDALGORITHMICMEDIA", "trainedAlgorithmicMedia", "it is spelt trainedAlgorithmicMedia"),
        ("http://example.org/print", "print", "does not begin with"),
        (f"{IPTC}neuralMedia", None, "no code of the vocabulary"),
        ("", None, "no code of the vocabulary"),
    ],
)
def test_what_is_off_is_named(value: str, code: str | None, problem: str) -> None:
    looked = source_of(value)
    assert (looked.source and looked.source.code) == code
    assert problem in looked.problems[0]
