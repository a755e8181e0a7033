import cv2
import pytest


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """A search ends by processor time, of which several threads would use more for the same work."""
    cv2.setNumThreads(1)
