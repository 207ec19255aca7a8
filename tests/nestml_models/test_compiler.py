import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from plastic_reference import Synapse, follow

from nestml_models.compiled_rule import compile_rule
from nestml_models.compiler import compile_general, compile_models
from nestml_models.errors import CompilationError
from nestml_models.plasticity import PlasticitySettings, synapse_parameters
from nestml_models.rule import Rule
from nestml_models.synapse import FLAGS, synapse_text
from nestml_models.terms import term


def test_a_cached_module_is_found_at_once(module):
    start = time.perf_counter()
    assert compile_general(pytest.fail) == module
    assert time.perf_counter() - start < 0.2


def test_names_carry_the_hash(module):
    key = module.name.split("_")[1]
    assert len(key) == 12
    assert key in module.neuron_model
    assert all(key in name for name in module.synapse_models)


def test_installation_is_silent_and_needs_no_library_path(module):
    """In a new process, somewhere else, standard output stays clean for machines."""
    script = (
        "from nestml_models.compiler import compile_general\n"
        "module = compile_general(print)\nmodule.install()\nimport nest\n"
        "assert len(nest.Create(module.neuron_model, 3)) == 3\n"
    )
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("LD_LIBRARY_PATH", "PYNEST_QUIET")
    }
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_a_module_that_cannot_be_loaded_says_why(simulator, module, tmp_path):
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"not a library")
    simulator.ResetKernel()
    with pytest.raises(CompilationError, match=r"broken\.so.*(invalid ELF|file too short)"):
        dataclasses.replace(module, path=broken).install()


def test_faulty_nestml_is_reported_with_its_log(monkeypatch, tmp_path):
    monkeypatch.setenv("V1CORTEX_CACHE", str(tmp_path))
    text = synapse_text("faulty", [term("S_pre")], flags=False).replace(
        "w real = 1.0", "w real = nowhere"
    )
    with pytest.raises(CompilationError, match=r"(?s)nowhere.*The whole log is") as raised:
        compile_models({"faulty": text})
    log = str(raised.value).rpartition("log is ")[2]
    assert log.startswith(str(tmp_path))
    assert "nowhere" in Path(log).read_text()
    assert not list((tmp_path / "modules").glob(".*"))


def test_specialised_text_holds_nothing_but_its_terms():
    text = synapse_text("special", [term("S_pre"), term("X_pre")], flags=False)
    body = text.partition("\nmodel ")[2]
    for absent in (*FLAGS, "X_post", "post_spikes", "R ", "tau_post", "post_now"):
        assert absent not in body.replace("real", "")
    general = synapse_text("general")
    assert all(name in general for name in FLAGS)


@pytest.mark.slow
def test_two_processes_compile_once(tmp_path):
    script = (
        "import json, time\nfrom nestml_models.compiler import compile_general\n"
        "said = []\nmodule = compile_general(said.append)\n"
        "print(json.dumps([str(module.path), said]))\n"
    )
    environment = {**os.environ, "V1CORTEX_CACHE": str(tmp_path)}
    start = time.perf_counter()
    processes = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment)
        for _ in range(2)
    ]
    (path, said), (other_path, other_said) = (
        json.loads(process.communicate()[0]) for process in processes
    )
    assert path == other_path
    assert sorted([len(said), len(other_said)]) == [1, 2]
    assert time.perf_counter() - start < 300


@pytest.mark.slow
@pytest.mark.parametrize(
    "names",
    [["S_pre", "X_pre^2"], ["X_post", "S_pre*X_pre", "S_post*X_pre", "X_post^2", "X_post*R"]],
)
def test_a_specialised_model_gives_the_weights_of_the_reference(names):
    import nest

    rule = Rule.of_terms(("all",), dict.fromkeys(names, 0.4), tau_E_ms=15.0, tau_R_ms=60.0)
    module = compile_rule(rule).module
    nest.ResetKernel()
    nest.resolution = 1.0
    module.install()
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": 100})
    relay, source = nest.Create("parrot_neuron", 2)
    generators = nest.Create("spike_generator", 3)
    times = np.random.default_rng(3).integers(5, 380, 40)
    generators[0].spike_times = np.unique(times).astype(float)
    generators[1].spike_times = [105.0, 220.0]
    generators[2].spike_times = np.unique((times * 7) % 380 + 5).astype(float)
    nest.Connect(generators[0], source)
    nest.Connect(generators[1], relay)
    nest.Connect(relay, transmitter)
    neuron = nest.Create(module.neuron_model, params={"tau_syn_1": 0.05})
    nest.Connect(generators[2], neuron, syn_spec={"weight": 1e6, "receptor_type": 1})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neuron, recorder)
    settings = PlasticitySettings(max_fraction=np.inf)
    parameters = synapse_parameters(rule, "all", "all", settings, 100.0, 500.0, False)
    known = nest.GetDefaults(module.synapse_model)
    own = {name: value for name, value in parameters.items() if name in known}
    if "delta" in known:
        own["delta"] = 0.5
    nest.CopyModel(module.synapse_model, "special", {**own, "volume_transmitter": transmitter})
    nest.Connect(
        source,
        neuron,
        syn_spec={"synapse_model": "special", "weight": 200.0, "delay": 3.0, "receptor_type": 2},
    )
    nest.Simulate(400.0)
    scales = {"spike": 2e-3, "trace": 1e-4, "spike_trace": 5e-3}
    synapse = Synapse(
        {name: 0.4 * 100.0 * scales[term(name).kind] for name in names},
        15.0,
        15.0,
        60.0,
        weight=200.0,
        delta=0.5,
    )
    pre = np.unique(times) + 1.0
    post = recorder.events["times"]
    follow(synapse, pre, post, 3.0, [107.0, 222.0], flushes=[100.0, 200.0, 300.0, 400.0])
    assert synapse.weight != 200.0
    weight = nest.GetConnections(synapse_model="special").weight
    assert weight == pytest.approx(synapse.weight, rel=1e-12)
