"""Runs many command lines, each in a process forked from one that has imported the program.

Started as a program of its own (a test process has threads, which a fork would lose): takes a JSON
list of argument lists on standard input, and writes a JSON list of exit codes, outputs and peaks of
memory.
"""

import json
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path

MEMORY_BYTES = 4 * 2**30
LIMIT_S = 4.0


def run(arguments):
    """Return exit code (None if it was still running at the limit), output and peak memory."""
    with tempfile.TemporaryFile() as output:
        child = os.fork()
        if child == 0:
            _become(arguments, output)
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            found, status, usage = os.wait4(child, os.WNOHANG)
            if found:
                break
            time.sleep(0.01)
        else:
            os.killpg(child, signal.SIGKILL)
            _, status, usage = os.wait4(child, 0)
        output.seek(0)
        text = output.read().decode(errors="replace")
    code = os.waitstatus_to_exitcode(status)
    return None if code == -signal.SIGKILL else code, text, usage.ru_maxrss * 1024


def _become(arguments, output):
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    sys.argv = ["v1cortex", *arguments]
    code = 1
    try:
        from v1cortex.commands.cli import main

        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    from v1cortex.commands.verbs import verbs

    for point in verbs().values():
        point.load()
    os.chdir(Path(sys.argv[1]))
    json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
