"""A NEST module compiled from NESTML, and its installation in NEST."""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nestml_models.build import toolchain
from nestml_models.build.integrity import ABOUT_FILE, damage, digests
from nestml_models.common import read_json, write_whole
from nestml_models.errors import CompilationError

__all__ = ["CompiledModule", "MadeFor", "load_nest", "made_for_here"]

_SURROGATE = re.compile("[\ud800-\udfff]")
"""How Python represents bytes in arguments that are not text."""


@dataclass(frozen=True)
class MadeFor:
    """The NEST that a module was compiled for.

    Attributes
    ----------
    nest
        Its version.
    build
        What distinguishes this build from others of the same version.
    """

    nest: str
    build: str

    @classmethod
    def read(cls, folder: Path) -> MadeFor | None:
        """Return what is recorded in a module's folder, or None if nothing is."""
        try:
            about = read_json(folder / ABOUT_FILE)
            return cls(nest=str(about["nest"]), build=str(about["build"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, folder: Path) -> None:
        """Record it in a module's folder, with the digests of the files there."""
        about = {**asdict(self), "sha256": digests(folder)}
        write_whole(folder / ABOUT_FILE, json.dumps(about).encode())


def made_for_here() -> MadeFor:
    """Return the installed NEST.

    Raises
    ------
    ToolchainError
        If there is none, or its version is unknown.
    """
    nest = toolchain.find_nest()
    return MadeFor(nest=nest.version, build=nest.build)


@dataclass(frozen=True)
class CompiledModule:
    """A NEST module with a neuron model, or with a synapse model paired with it.

    Attributes
    ----------
    name
        Name of the module; it includes the hash of everything that the module is made from.
    path
        The shared library.
    neuron_model
        Name in NEST of the neuron model that the synapses can connect to.
    synapse_model
        Name of the synapse model in NEST; ``<name>_lbl`` is the same with labels, for PyNN.
    base
        The module with the neuron model; None if it is this one.
    """

    name: str
    path: Path
    neuron_model: str
    synapse_model: str
    base: CompiledModule | None = None

    @property
    def static_synapse_model(self) -> str:
        """Name in NEST of a synapse of constant weight that only connects to the neuron model.

        It is NEST's ``static_synapse`` in less time and memory; ``<name>_lbl`` is for PyNN.
        """
        return f"static_synapse__with_{self.neuron_model}"

    def smallest_variant(
        self, *, uses_X_pre: bool, uses_X_post: bool, uses_R: bool, has_rewards: bool
    ) -> str:
        """Return the name of the general synapse in the variant that takes the least memory.

        The variants compute the same to the last bit; a variable that is not kept is 0.

        Parameters
        ----------
        uses_X_pre, uses_X_post, uses_R
            What the rule needs, as in the model's parameters of the same names.
        has_rewards
            Whether the volume transmitter will send rewards, for these synapses or for others:
            traces are also brought up to date at rewards, which changes their rounding.
        """
        if uses_R or has_rewards:
            return self.synapse_model
        suffix = "__w_X_pre_X_post" if uses_X_pre else "__w_X_post" if uses_X_post else "__w"
        return self.synapse_model + suffix

    @property
    def spike_projector_model(self) -> str:
        """Name in NEST of a device of many sources, with all their synapses onto the neuron model.

        Its parameters are ``sources``, ``targets``, ``receptors`` and ``weights`` of the synapses,
        in the order of sources, their common ``delay``, and ``spike_sources``, ``spike_steps`` and
        ``spike_multiplicities`` of the spikes, in the order of steps and then sources.
        """
        return f"spike_projector__with_{self.neuron_model}"

    def install(self) -> None:
        """Install the models in NEST; must be called again after each ``nest.ResetKernel``.

        Does nothing if they are installed already.

        Raises
        ------
        CompilationError
            If the module was compiled for another NEST, is damaged, or cannot be loaded; in the
            last case the message comes from the dynamic loader.
        CacheError
            If the module belongs to somebody else or is writable by everybody.
        ToolchainError
            Under MPI with a NEST that was built without it.
        """
        nest = load_nest()
        if self.base is not None:
            self.base.install()
        if self.synapse_model in nest.synapse_models:
            return
        self._require_this_nest()
        self._require_soundness()
        try:
            # NEST says "file not found" whatever the fault; the dynamic loader says which.
            ctypes.CDLL(str(self.path))
        except OSError as error:
            raise CompilationError(
                f"the module {self.path} cannot be loaded: {error}. Remove its folder to have it "
                "compiled again"
            ) from error
        self._install_into(nest)

    def _require_this_nest(self) -> None:
        made, here = MadeFor.read(self.path.parent), made_for_here()
        if made is not None and made != here:
            detail = "" if made.nest != here.nest else f" (builds '{made.build}', '{here.build}')"
            raise CompilationError(
                f"the module {self.path} was compiled for NEST {made.nest}, but this is NEST "
                f"{here.nest}{detail}. Compile the rule again: v1cortex rules compile"
            )

    def _require_soundness(self) -> None:
        found = damage(self.path.parent)
        if found:
            raise CompilationError(
                f"the module {self.path} is damaged: {found}. Compile the rule again: v1cortex "
                "rules compile"
            )

    def _install_into(self, nest: Any) -> None:  # noqa: ANN401
        previous = os.environ.get("LD_LIBRARY_PATH")
        folders = [str(self.path.parent), *([previous] if previous else [])]
        os.environ["LD_LIBRARY_PATH"] = os.pathsep.join(folders)
        verbosity, nest.verbosity = nest.verbosity, nest.VerbosityLevel.ERROR
        try:
            nest.Install(self.name)
        except Exception as error:
            raise CompilationError(
                f"NEST cannot install the module {self.path}: {error}"
            ) from error
        finally:
            nest.verbosity = verbosity
            if previous is None:
                del os.environ["LD_LIBRARY_PATH"]
            else:
                os.environ["LD_LIBRARY_PATH"] = previous


@cache
def load_nest() -> Any:  # noqa: ANN401
    """Import NEST, without its banner, and return it.

    Raises
    ------
    ToolchainError
        Under MPI with a NEST that was built without it: importing that NEST would end the whole
        job without a message.
    """
    toolchain.require_compatible_mpi()
    os.environ.setdefault("PYNEST_QUIET", "1")
    given = sys.argv
    # NEST reads them, and fails if a name is not text in the system's encoding.
    sys.argv = [each for each in given if not _SURROGATE.search(each)]
    try:
        import nest
    finally:
        sys.argv = given
    return nest
