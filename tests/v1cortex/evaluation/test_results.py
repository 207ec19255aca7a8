"""Evaluations are read back from JSON exactly, and other formats are rejected."""

import json
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from v1cortex.errors import FormatError, V1CortexError
from v1cortex.evaluation import Evaluation
from v1cortex.evaluation.results import FORMAT
from validation.objectives import worst_values

EXAMPLE = Evaluation("ok", worst_values(), 1)

finite = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(float, finite)


@given(st.builds(Evaluation, objectives=st.dictionaries(st.text(max_size=8), finite)))
def test_evaluations_come_back_exactly(evaluation):
    text = json.dumps(evaluation.to_dict())
    found = Evaluation.from_dict(json.loads(text))
    assert found == evaluation
    assert json.dumps(found.to_dict()) == text
    assert found.reproducible() == evaluation.reproducible()
    assert Evaluation.from_dict(evaluation.to_dict()) == evaluation


@pytest.mark.parametrize("found", [1, 3, "2", None])
def test_another_form_is_refused(found):
    data = EXAMPLE.to_dict() | {"format": found}
    with pytest.raises(
        FormatError, match=rf"format {found!r}, and this version .* format {FORMAT}"
    ):
        Evaluation.from_dict(data)


def test_the_form_without_a_version_is_refused():
    data = EXAMPLE.to_dict()
    del data["format"]
    with pytest.raises(FormatError, match=r"format 1, .* read it with the version that wrote it"):
        Evaluation.from_dict(data)


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"status": "fine"}, "'status'"),
        ({"tasks": {"gratings": {"auc": 0.5}}}, "'tasks.gratings."),
        ({"statistics": {"rates": 3}}, "'statistics.rates"),
        ({"tusks": {}}, "'tusks'"),
        ({"statistics": {"weight": {}}}, "'statistics.weight'"),
    ],
)
def test_what_is_damaged_is_named(part, place):
    with pytest.raises(FormatError, match=f"damaged at {place}"):
        Evaluation.from_dict(EXAMPLE.to_dict() | part)


def test_the_canonical_text_leaves_out_what_differs_between_machines():
    later = replace(EXAMPLE, timings={"simulate": 2.0}, versions={"numpy": "3"})
    assert later.reproducible() == EXAMPLE.reproducible()
    assert replace(EXAMPLE, seed=2).reproducible() != EXAMPLE.reproducible()


def test_results_do_not_change():
    with pytest.raises(FrozenInstanceError):
        EXAMPLE.seed = 2
    with pytest.raises(V1CortexError, match="'fine'"):
        Evaluation("fine", {}, 1)
