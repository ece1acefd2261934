"""Several processes that train one model together, each on its part of every batch."""

import os
import select
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Any, Self

import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning.strategies import DDPStrategy

from synth_dl.errors import ConfigError

ADDRESS = "127.0.0.1"
PLACE = ("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "NODE_RANK", "LOCAL_RANK")
READY = "SYNTH_DL_READY"  # where a further process says that its data are prepared
PATIENCE = 60.0  # seconds that the others have to end after the first one


class Ranks:
    """The processes of a training; the first of them starts the others and ends them.

        with Ranks(2, devices=[0, 1], accelerator="cpu", join=["python", "-m", ...]) as ranks:
            Trainer(**ranks.options()).fit(model, data)

    A process that was started by another one finds its rank in the environment, where Lightning
    looks for it too. Signals reach the first one alone, which tells the others.

    Args:
        devices: numbers of the GPUs, or as many as processes.
        accelerator: `cpu` or `gpu`.
        join: command by which a further process joins; None where there can be none.

    Raises:
        ConfigError: if several processes are wanted where none can join.
    """

    def __init__(
        self, devices: Sequence[int], accelerator: str, join: Sequence[str] | None
    ) -> None:
        self.devices, self.accelerator = list(devices), accelerator
        self.join = join
        self.rank = int(os.environ.get("LOCAL_RANK", 0)) if len(devices) > 1 else 0
        if len(devices) > 1 and join is None:
            raise ConfigError(
                f"trainer.devices={len(devices)}: several processes read the data from a file, so "
                "train by the command synth-train"
            )
        self._children: list[subprocess.Popen[bytes]] = []
        self._errors: list[IO[bytes]] = []
        self._before: dict[str, str | None] = {}
        self._threads = torch.get_num_threads()

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes and prints."""
        return self.rank == 0

    def options(self) -> dict[str, Any]:
        """For Lightning's trainer."""
        if len(self.devices) == 1:
            return {"devices": self.devices if self.accelerator == "gpu" else 1}
        backend = "nccl" if self.accelerator == "gpu" else "gloo"
        strategy = DDPStrategy(
            cluster_environment=LightningEnvironment(),
            process_group_backend=backend,
            find_unused_parameters=True,  # priors and refinements that a batch does not touch
        )
        devices = self.devices if self.accelerator == "gpu" else len(self.devices)
        return {"devices": devices, "strategy": strategy}

    def __enter__(self) -> Self:
        count = len(self.devices)
        if count > 1:
            torch.set_num_threads(max(1, (os.cpu_count() or 1) // count))
        if count > 1 and self.first:
            try:
                self._start(count)
            except BaseException as error:
                self.__exit__(type(error), error, error.__traceback__)
                raise
        elif count > 1 and READY in os.environ:
            os.write(int(os.environ[READY]), b".")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        torch.set_num_threads(self._threads)
        if not self._children:
            return
        failed = self._end(kind is not None)
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._children = []
        if failed and not isinstance(error, KeyboardInterrupt):
            raise ConfigError(
                f"trainer.devices={len(self.devices)}: a process failed ({failed}); "
                "train with trainer.devices=1 to see more"
            ) from error

    def _start(self, count: int) -> None:
        """Start the others, which find this process by its address and port."""
        assert self.join is not None  # checked when made
        self._before = {name: os.environ.get(name) for name in PLACE}
        place = (ADDRESS, str(_free_port()), str(count), "0", "0")
        os.environ.update(zip(PLACE, place, strict=True))
        reading, writing = os.pipe()
        for rank in range(1, count):
            said = tempfile.TemporaryFile()  # noqa: SIM115 closed when the process has ended
            self._errors.append(said)
            self._children.append(
                subprocess.Popen(
                    self.join, env=os.environ | {"LOCAL_RANK": str(rank), READY: str(writing)},
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
                    start_new_session=True, pass_fds=[writing],
                )
            )  # fmt: skip
        os.close(writing)
        try:
            self._wait(reading, count - 1)
        finally:
            os.close(reading)

    def _wait(self, reading: int, count: int) -> None:
        """Until all others have prepared their data; one that fails would be waited for in vain."""
        while count:
            if select.select([reading], [], [], 0.2)[0]:
                said = os.read(reading, count)
                count -= len(said)
                if not said:
                    raise ConnectionError("a process ended before it was ready")
            elif any(child.poll() is not None for child in self._children):
                raise ConnectionError("a process ended before it was ready")

    def _end(self, at_once: bool) -> str:
        """Wait for the others, or end them; what the first that failed said last."""
        failed = ""
        for child, said in zip(self._children, self._errors, strict=True):
            try:
                # One that failed ends by itself, and says why.
                child.wait(2.0 if at_once else PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
            wrong = child.wait()
            if wrong and wrong != -signal.SIGKILL and not failed:
                said.seek(0)
                lines = said.read().decode("utf-8", "replace").strip().splitlines()
                failed = lines[-1][:300] if lines else f"exit status {wrong}"
            said.close()
        self._errors = []
        return failed


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((ADDRESS, 0))
        return int(found.getsockname()[1])
