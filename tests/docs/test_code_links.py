"""Names of code in prose find what they name in the reference."""

import inspect
import zlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("sphinx")

from code_links import command_label, documented
from inventories import PROJECTS, write_inventories
from signatures import named, readable
from sphinx.util.inspect import stringify_signature

KNOWN = {
    "v1cortex.evaluation.evaluate.evaluate",
    "v1cortex.simulation.result.Simulation",
    "v1cortex.simulation.result.Simulation.to_frame",
    "v1cortex.circuit.circuit.Circuit.to_frame",
    "nestml_models.rule.rule.Rule",
    "nestml_models.rule.rule.Rule.of_terms",
    "v1cortex.tasks.change_detection.PRESETS",
    "v1cortex.network.network.Network.simulate",
    "validation",
}
LABELS = {"v1cortex-build", "v1cortex-experiment", "v1cortex-experiment-gains"}


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("v1c.evaluate", "v1cortex.evaluation.evaluate.evaluate"),
        ("v1cortex.evaluate(circuit, rule)", "v1cortex.evaluation.evaluate.evaluate"),
        ("Rule", "nestml_models.rule.rule.Rule"),
        ("Rule.of_terms(...)", "nestml_models.rule.rule.Rule.of_terms"),
        ("v1cortex.tasks.PRESETS", "v1cortex.tasks.change_detection.PRESETS"),
        ("Simulation.to_frame()", "v1cortex.simulation.result.Simulation.to_frame"),
        ("to_frame()", None),
        ("v1c.simulate", None),
        ("evaluate", None),
        ("validation", None),
        ("v1cortex.no_such_name", None),
        ("tau_E * 2", None),
    ],
)
def test_names(text, full):
    assert documented(text, dict.fromkeys(KNOWN)) == full


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("v1cortex build", "v1cortex-build"),
        ("v1cortex build --neurons 10", "v1cortex-build"),
        ("v1cortex experiment gains -n 10", "v1cortex-experiment-gains"),
        ("v1cortex experiment", "v1cortex-experiment"),
        ("v1cortex", None),
        ("pip install v1cortex build", None),
    ],
)
def test_commands(text, label):
    assert command_label(text, dict.fromkeys(LABELS)) == label


def test_signatures_can_be_read():
    @dataclass
    class Made:
        name: str
        numbers: list[int] = field(default_factory=lambda: [1, 2])
        other: object = field(default_factory=object)

    signature = "(name: str, numbers: list[int] = <factory>, other: object = <factory>)"
    expected = "(name: str, numbers: list[int] = [1, 2], other: object = ...)"
    assert readable(signature, Made) == expected
    assert readable("(kind=<Kind.a: 1>)", len) == "(kind=...)"


def test_inventories_are_what_sphinx_reads(tmp_path):
    mapping = write_inventories(tmp_path)
    assert len(mapping) == len(PROJECTS)
    _, path = mapping["numpy"]
    text = zlib.decompress(open(path, "rb").read().split(b"zlib.\n")[1]).decode()  # noqa: PTH123, SIM115
    page = "reference/generated/numpy.ndarray.html#numpy.ndarray"
    assert f"numpy.ndarray py:class 1 {page} -\n" in text


def arrays(
    values: npt.ArrayLike, rng: np.random.Generator, means: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]: ...


def test_types_are_named_as_in_the_source():
    text = stringify_signature(inspect.signature(arrays), unqualified_typehints=True)
    assert named(text) == (
        "(values: ~numpy.typing.ArrayLike, rng: ~numpy.random.Generator, "
        "means: ~numpy.typing.NDArray[~numpy.float64]) -> "
        "tuple[~numpy.typing.NDArray[~numpy.int64], ~numpy.typing.NDArray[~numpy.bool]]"
    )


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("(self) -> pd.DataFrame", "(self) -> ~pandas.DataFrame"),
        ("(a: ~typing.Annotated[int | None, Ge(ge=1)] = None)", "(a: int | None = None)"),
        ("(a: Annotated[int | None, Ge(ge=1)] = None)", "(a: int | None = None)"),
        (
            "(a: str | ~v1cortex.x.Annotated[~v1cortex.x.Y, ~z.InstanceOf()])",
            "(a: str | ~v1cortex.x.Y)",
        ),
        ("(a: ~typing.Annotated[tuple[str, ...], MinLen(min_length=1)])", "(a: tuple[str, ...])"),
        ("(a: ~typing.Annotated[float, Ge(ge=0), Le(le=1)], b: int)", "(a: float, b: int)"),
    ],
)
def test_limits_and_short_names_are_left_out(shown, expected):
    assert named(shown) == expected
