"""A driver of a toy search: `python toy_driver.py OUT WORKERS [options]`.

Its workers import this file again, so it imports little before it is needed.
"""

import argparse
import resource
import sys
from pathlib import Path

from toy_evaluator import FaultyFactory, ToyFactory


def main():
    import toy_search as toy

    from v1cortex.errors import V1CortexError

    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("workers", type=int)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--crash", type=float, nargs=2, default=(1.0, 1.0))
    parser.add_argument("--file-limit", type=int)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--faults", type=float, default=0.0)
    parser.add_argument("--marks", type=Path)
    parser.add_argument("--timeout", type=float, default=60.0)
    parser.add_argument("--generations", type=int, default=5)
    parser.add_argument("--population", type=int, default=8)
    parser.add_argument("--mode", default="generational")
    given = parser.parse_args()
    if given.file_limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (given.file_limit, resource.RLIM_INFINITY))
    factory = ToyFactory(given.delay, tuple(given.crash))
    if given.faults:
        factory = FaultyFactory(given.marks, given.faults)
    chosen = toy.settings(given.generations, given.population, mode=given.mode)
    try:
        toy.run(
            given.out, given.workers, chosen, factory, resume=given.resume, timeout_s=given.timeout
        )
    except V1CortexError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        sys.exit(getattr(error, "exit_code", 1))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
