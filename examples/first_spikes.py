"""A thousand neurons of mouse V1 under a drifting grating."""

from v1cortex.circuit import build_circuit
from v1cortex.simulation import simulate
from v1cortex.stimuli import drifting_grating

circuit = build_circuit(1000, seed=1)
movie = drifting_grating(90.0, 500, contrast=0.8)  # direction in degrees, duration in ms
simulation = simulate(circuit, movie, seed=1)

rates_Hz = simulation.rates_Hz
for name in ("L4_E", "L4_Pvalb", "L5_E"):
    cells = circuit.population_slice(name)
    print(f"{name:10s} {rates_Hz[cells].mean():5.1f} Hz")
