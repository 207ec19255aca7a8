"""Headers of other libraries that NEST's headers include but NEST does not ship."""

from __future__ import annotations

import subprocess

from nestml_models.build.toolchain import find_compiler
from nestml_models.errors import ToolchainError

__all__ = ["require_foreign_headers"]

_HEADERS = {
    "Boost": (
        "boost/iterator/iterator_adaptor.hpp",
        "boost/sort/spreadsort/spreadsort.hpp",
        "boost/tuple/tuple.hpp",
        "boost/type_index.hpp",
    ),
    "libltdl": ("ltdl.h",),
}
"""Headers included by those of NEST 3.10, by the library they belong to."""

_PACKAGES = {"Boost": "libboost-dev", "libltdl": "libltdl-dev"}
"""The libraries' Debian packages."""


def require_foreign_headers() -> str:
    """Raise an error if headers that NEST's own headers include are missing.

    Returns
    -------
    str
        The libraries whose headers were found.

    Raises
    ------
    ToolchainError
        If the compiler cannot find them; the message names the Debian packages.
    """
    compiler = find_compiler().path
    missing = [name for name, headers in _HEADERS.items() if not _found(str(compiler), headers)]
    if missing:
        packages = " ".join(_PACKAGES[name] for name in missing)
        raise ToolchainError(
            f"{compiler} cannot find the headers of {' and '.join(missing)}, which NEST's own "
            f"headers include. Run: sudo apt-get install {packages} "
            "(elsewhere: set CPATH to the folder that contains them)"
        )
    return ", ".join(_HEADERS)


def _found(compiler: str, headers: tuple[str, ...]) -> bool:
    done = subprocess.run(
        [compiler, "-E", "-x", "c++", "-"],
        input="".join(f"#include <{header}>\n" for header in headers),
        capture_output=True,
        text=True,
        check=False,
    )
    # A compiler that fails for another reason says so when it is used.
    return not done.returncode or not any(header in done.stderr for header in headers)
