"""Children that tests let live."""

import subprocess


class FakeChild:
    """A child that lives until a test says otherwise."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.asked_to_end = self.killed = False
        self.obeys = True

    def poll(self) -> int | None:
        return self.status

    def wait(self, timeout: float | None = None) -> int:
        if self.status is None:
            raise subprocess.TimeoutExpired("child", timeout or 0)
        return self.status

    def terminate(self) -> None:
        self.asked_to_end = True
        if self.obeys:
            self.status = -15

    def kill(self) -> None:
        self.killed = True
        self.status = -9
