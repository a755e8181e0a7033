"""Too many, too often, the same again: told politely, and nobody else has to wait for it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from countermark.settings import Service
from countermark.tests.security.running import PASSWORD, Running

AT_ONCE = 100


def test_a_hundred_files_at_once_from_one_address(server: Running) -> None:
    content = b"\0\0\0\x18ftypisom" + bytes(5000)
    with server.client() as asking, ThreadPoolExecutor(50) as many:

        def ask(number: int) -> httpx.Response:
            return asking.post("/v1/checks", files={"file": (f"{number}.mp4", content)})

        answers = list(many.map(ask, range(AT_ONCE)))
        counts = Counter(answer.status_code for answer in answers)
        most = Service().anonymous_checks
        assert counts == {202: most, 429: AT_ONCE - most}, counts
        for answer in answers:
            if answer.status_code == 429:
                assert 0 < int(answer.headers["retry-after"]) <= 3600 and answer.json()["advice"]
                assert answer.headers["ratelimit-remaining"] == "0"
        kept = [answer.json()["id"] for answer in answers if answer.status_code == 202]
    assert len(set(kept)) == most
    assert server.lives(), "and who comes from elsewhere is answered"
    for check_id in kept:
        assert server.over(check_id)["status"] in ("succeeded", "failed"), "nothing that was taken in is lost"


def test_an_address_that_a_stranger_makes_up_is_not_believed(server: Running) -> None:
    """Nobody escapes the count by saying that they are somebody else."""
    with server.client() as asking:
        left = [
            int(
                asking.get("/v1/checks/x", headers={"X-Forwarded-For": f"203.0.113.{n}"}).headers["ratelimit-remaining"]
            )
            for n in range(3)
        ]
    assert left == sorted(left, reverse=True) and len(set(left)) == 3


def test_who_guesses_keys_is_counted(server: Running) -> None:
    with server.client() as asking, ThreadPoolExecutor(8) as many:

        def guess(number: int) -> int:
            key = f"cmk_{number:026d}_{'a' * 52}"
            return asking.get("/v1/checks", headers={"Authorization": f"Bearer {key}"}).status_code

        most = Service().anonymous_requests
        assert Counter(many.map(guess, range(most + 5))) == {401: most, 429: 5}


def test_who_guesses_passwords_is_counted_by_address(server: Running) -> None:
    server.accounts.add_person("guessed@example.org", "viewer", PASSWORD)
    form = {"email": "guessed@example.org", "password": "wrong wrong wrong"}
    own = {"Sec-Fetch-Site": "same-origin"}
    with server.client(headers=own) as asking:
        answers = [asking.post("/sign-in", data=form) for _ in range(22)]
    assert Counter(answer.status_code for answer in answers) == {401: 20, 429: 2}
    assert int(answers[-1].headers["retry-after"]) > 0
    with server.client(headers=own) as elsewhere:
        said = elsewhere.post("/sign-in", data={**form, "password": PASSWORD})
        assert said.status_code == 303, "whose account it is comes in; the bound for an account is far wider"


@pytest.mark.parametrize("known", [True, False])
def test_one_idempotency_key_is_one_request(server: Running, film: Path, known: bool) -> None:
    with server.client(headers={**(server.key() if known else {}), "Idempotency-Key": "same"}) as asking:
        first = asking.post("/v1/checks", files={"file": ("a.mp4", film.read_bytes())})
        again = asking.post("/v1/checks", files={"file": ("a.mp4", film.read_bytes())})
        other = asking.post("/v1/checks", files={"file": ("a.mp4", film.read_bytes() + b"x")})
    assert first.status_code == again.status_code == 202 and first.json()["id"] == again.json()["id"]
    assert again.json()["manage"] == first.json()["manage"], "to whoever lost the first answer"
    assert other.status_code == 422 and other.json()["type"].endswith("/another-body") and other.json()["advice"]
