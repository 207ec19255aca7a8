import numpy as np
from written_texts import texts

from nestml_models.compiled import Window
from v1cortex.plots import DPI, save, window


def test_window_as_stored(assert_as_stored, tmp_path):
    lag_ms = np.arange(-40.0, 41.0)
    change = 0.1 * np.sign(lag_ms) * np.exp(-np.abs(lag_ms) / 20.0)
    found = Window(lag_ms, {0.0: change, 1.0: 2 * change, -1.0: -change})
    figure = window(found, "dW", "L4_Pvalb")
    assert "static synapse" in texts(figure)
    assert_as_stored(save(figure, tmp_path / "window.png", DPI), "window")
