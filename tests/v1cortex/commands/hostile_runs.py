"""Runs commands one after another under a memory limit; prints the result of each as JSON.

Called with a file that contains a JSON list of argument lists, and the limit in bytes.
"""

import contextlib
import io
import json
import resource
import sys
import time
import traceback
from pathlib import Path

from v1cortex.commands.cli import main


def run(arguments):
    """Run one command; its traceback is what a user would see."""
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["v1cortex", *arguments]
    code = 0
    start = time.monotonic()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        except BaseException:
            traceback.print_exc()
            code = -1
    return {
        "arguments": arguments,
        "code": code,
        "err": err.getvalue(),
        "seconds": time.monotonic() - start,
    }


if __name__ == "__main__":
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    found = [run(arguments) for arguments in json.loads(Path(sys.argv[1]).read_text())]
    # Not ru_maxrss, which a process inherits from the one that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
    sys.stdout.write(json.dumps({"runs": found, "peak_bytes": peak}))
