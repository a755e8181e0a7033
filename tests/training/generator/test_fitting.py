from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from countermark.training.generator.fitting import Average, Muon, Schedule, resume, save, turned  # noqa: E402


def test_a_turned_matrix_stretches_every_way_about_alike() -> None:
    torch.manual_seed(0)
    matrix = torch.randn(48, 20) * torch.logspace(0, -2, 20)
    values = torch.linalg.svdvals(turned(matrix).float())
    assert values.min() > 0.5 and values.max() < 1.5
    assert turned(matrix.T).shape == (20, 48)


def fitted(steps: int, network: torch.nn.Module, optimizer: Muon) -> float:
    torch.manual_seed(1)
    x = torch.randn(64, 16)
    wanted = torch.tanh(x @ torch.randn(16, 4))
    for _ in range(steps):
        loss = (network(x) - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return float(loss)


def made() -> torch.nn.Module:
    torch.manual_seed(2)
    return torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.Tanh(), torch.nn.Linear(32, 4))


def test_it_learns() -> None:
    network = made()
    optimizer = Muon(network, 0.02)
    assert fitted(60, network, optimizer) < 0.3 * fitted(1, made(), Muon(made(), 0.02))


def test_a_checkpoint_is_gone_on_from(tmp_path: Path) -> None:
    network = made()
    optimizer = Muon(network, 0.02)
    average = Average(network)
    fitted(10, network, optimizer)
    average.take(network, 10)
    save(tmp_path / "kept.pt", network, optimizer, 10, average)
    fitted(5, network, optimizer)

    again = made()
    other, mean = Muon(again, 0.02), Average(again)
    assert resume(tmp_path / "kept.pt", again, other, mean) == 10
    fitted(5, again, other)
    assert all(torch.allclose(one, two) for one, two in zip(network.parameters(), again.parameters(), strict=True))
    assert all(torch.equal(average.weights[name], mean.weights[name]) for name in mean.weights)


def test_nothing_to_go_on_from_is_the_beginning(tmp_path: Path) -> None:
    network = made()
    assert resume(tmp_path / "none.pt", network, Muon(network, 0.02)) == 0


def test_the_rate_rises_stays_and_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = Schedule(1.0, 100.0, rise=0.1, fall=0.2)
    rates = {}
    for share in (0.01, 0.5, 0.9, 0.999):
        monkeypatch.setattr("time.monotonic", lambda share=share: schedule.begun + share * 100)
        rates[share] = schedule.rate()
    assert rates[0.01] == pytest.approx(0.1) and rates[0.5] == 1.0 and rates[0.9] == pytest.approx(0.5)
    assert rates[0.999] == pytest.approx(0.02)
