import numpy as np

from nestml_models.compiled import Window
from v1cortex.plots import window


def test_window_as_stored(assert_as_stored, tmp_path):
    lag_ms = np.arange(-40.0, 41.0)
    change = 0.1 * np.sign(lag_ms) * np.exp(-np.abs(lag_ms) / 20.0)
    found = Window(lag_ms, {0.0: change, 1.0: 2 * change, -1.0: -change})
    assert_as_stored(window(found, "dW", "L4_Pvalb", tmp_path / "window.png"), "window")
