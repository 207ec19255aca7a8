"""A Dask scheduler and workers as separate processes, started as users start them."""

import os
import signal
import socket
import subprocess
import sys

PATIENCE_S = 60.0


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Cluster:
    """Processes of a cluster; those still running are ended at the end."""

    def __init__(self, folder, *, options=(), scheme="tcp"):
        self.folder, self.options, self.port = folder, options, free_port()
        self.address = f"{scheme}://127.0.0.1:{self.port}"
        self.started = []

    def scheduler(self, **environment):
        where = ("--host", self.address.rsplit(":", 1)[0], "--port", self.port)
        return self._start("scheduler", *where, "--no-dashboard", *self.options, **environment)

    def worker(self, **environment):
        return self._start(
            *("worker", self.address, "--nthreads", 1, "--no-dashboard", "--memory-limit", 0),
            *("--local-directory", self.folder, *self.options),
            **environment,
        )

    def _start(self, *arguments, **environment):
        with (self.folder / f"{arguments[0]}.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *map(str, arguments)],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    @staticmethod
    def kill(process):
        """End a process and its children at once, as a node that goes away does."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_S)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        for process in reversed(self.started):
            self.kill(process)
