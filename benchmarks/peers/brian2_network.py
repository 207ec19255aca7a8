"""The same plastic network in Brian2, as a C++ program (cpp_standalone) with one thread.

Usage: brian2_network.py ARRAYS.npz FOLDER. Runs in its own environment, without v1cortex. The
program that it compiles, FOLDER/main, simulates the network and writes its run time (of the clock
and of the processor), spike counts and weights to FOLDER/results.

Neurons use the same exact propagators as the NESTML model, per neuron and written by hand, with the
background drawn in the neuron: Brian2's own integrators are slower for these equations. Traces are
kept in the neurons, and connections with the same receptor and delay form one Synapses object with
one delay: the fastest form in Brian2 for this rule. There is one difference: delays are axonal here
and dendritic in NEST, which shifts the rule's pairings.
"""

import sys
from pathlib import Path

import numpy as np
from brian2 import (
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    SpikeMonitor,
    Synapses,
    defaultclock,
    device,
    ms,
    prefs,
    seed,
    set_device,
)

INHIBITORY = (2, 4)
STATE = """
v : 1
I1 : 1
I2 : 1
I3 : 1
I4 : 1
D1 : 1
D2 : 1
D3 : 1
D4 : 1
asc1 : 1
asc2 : 1
waiting : 1
x : 1
"""
UPDATE = """
active = int(waiting <= 0)
v_next = E_L + (v - E_L)*P_V + (mean_1*asc1 + mean_2*asc2)*P_ext
v_next += I1*P_V_I_1 + D1*P_V_D_1 + I2*P_V_I_2 + D2*P_V_D_2
v_next += I3*P_V_I_3 + D3*P_V_D_3 + I4*P_V_I_4 + D4*P_V_D_4
v = active*v_next + (1 - active)*v
asc1 = asc1*(active*P_asc_1 + 1 - active)
asc2 = asc2*(active*P_asc_2 + 1 - active)
waiting = waiting - (1 - active)
I1 = P_1*(I1 + D1)
I2 = P_2*(I2 + D2)
I3 = P_3*(I3 + D3)
I4 = P_4*(I4 + D4)
events = poisson(background)
D1 = P_1*D1 + events*background_1
D2 = P_2*D2
D3 = P_3*D3 + events*background_3
D4 = P_4*D4
x = x*P_x
"""
RESET = """
v = E_L
waiting = refractory_steps
asc1 = amp_1 + asc1*rest_1
asc2 = amp_2 + asc2*rest_2
x += 1
"""


def neurons(arrays):
    """Return the neurons, whose constants are arrays in units of ms, mV and pA."""
    constants = [name.removeprefix("n_") for name in arrays.files if name.startswith("n_")]
    equations = STATE + "".join(f"{name} : 1 (constant)\n" for name in constants)
    shared = {f"P_{k}": float(arrays[f"P_{k}"]) for k in (1, 2, 3, 4)}
    shared |= {"P_x": float(arrays["P_x"]), "background": float(arrays["background"])}
    group = NeuronGroup(
        len(arrays["n_E_L"]),
        equations,
        threshold="v > V_th",
        reset=RESET,
        namespace=shared,
        method="euler",
    )
    group.run_regularly(UPDATE, dt=defaultclock.dt, when="groups")
    for name in constants:
        setattr(group, name, arrays[f"n_{name}"])
    group.v = arrays["n_E_L"]
    return group


def synapses(arrays, group):
    """Return the plastic connections, one object per receptor and delay."""
    made = []
    kinds = np.unique(np.column_stack([arrays["receptor"], arrays["delay"]]), axis=0)
    for receptor, delay in kinds.astype(int).tolist():
        own = (arrays["receptor"] == receptor) & (arrays["delay"] == delay)
        sign = "-" if receptor in INHIBITORY else "+"
        each = Synapses(
            group,
            group,
            "w : 1\nA : 1 (constant)\nw_max : 1 (constant)",
            on_pre=f"w = clip(w - A*x_post, 0, w_max)\nD{receptor}_post {sign}= rise*w",
            on_post="w = clip(w + A*ratio*x_pre, 0, w_max)",
            delay=delay * ms,
            namespace={
                "rise": float(arrays[f"rise_{receptor}"]),
                "ratio": float(arrays["ratio"]),
            },
            name=f"plastic_{receptor}_{delay}",
        )
        each.connect(i=arrays["source"][own], j=arrays["target"][own])
        each.w, each.A, each.w_max = (arrays[name][own] for name in ("weight", "A", "w_max"))
        made.append(each)
    return made


def inputs(arrays, group):
    """Return the LGN's spikes and connections."""
    units = SpikeGeneratorGroup(
        int(arrays["n_units"]), arrays["lgn_unit"], arrays["lgn_step"] * ms, name="lgn"
    )
    made = [units]
    for receptor in (1, 3):
        own = arrays["lgn_receptor"] == receptor
        each = Synapses(
            units,
            group,
            "w : 1 (constant)",
            on_pre=f"D{receptor}_post += rise*w",
            delay=float(arrays["lgn_delay"]) * ms,
            namespace={"rise": float(arrays[f"rise_{receptor}"])},
            name=f"lgn_{receptor}",
        )
        each.connect(i=arrays["lgn_source"][own], j=arrays["lgn_target"][own])
        each.w = arrays["lgn_weight"][own]
        made.append(each)
    return made


def main(file, folder):
    """Write and compile the program."""
    arrays = np.load(file)
    set_device("cpp_standalone", directory=str(folder), build_on_run=False)
    prefs.devices.cpp_standalone.openmp_threads = 0
    prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
    # Brian2 itself reports seconds of the clock, which depend on the machine's other work.
    prefs.codegen.cpp.headers += ["<ctime>", "<fstream>"]
    device.insert_code("before_network_run", "const std::clock_t run_began = std::clock();")
    device.insert_code(
        "after_network_run",
        'std::ofstream("results/processor_s.txt") '
        "<< double(std::clock() - run_began) / CLOCKS_PER_SEC;",
    )
    defaultclock.dt = 1 * ms
    seed(1)
    group = neurons(arrays)
    plastic, lgn = synapses(arrays, group), inputs(arrays, group)
    spikes = SpikeMonitor(group)
    network = Network(group, *plastic, *lgn, spikes)
    network.run(float(arrays["duration_ms"]) * ms)
    device.build(directory=str(folder), compile=True, run=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
