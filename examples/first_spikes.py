"""A thousand neurons of mouse V1 during a drifting grating."""

import v1cortex as v1c

# %% A circuit, and what it sees
circuit = v1c.build_circuit(1000, seed=1)
movie = v1c.drifting_grating(90.0, 500, contrast=0.8)  # direction in degrees, duration in ms
simulation = v1c.simulate(circuit, movie, seed=1)

# %% Rates next to the mouse's, and a raster
print(simulation)
rates = simulation.to_frame()  # a pandas table, by population
print(rates.loc[["L4_E", "L4_Pvalb", "L5_E"], ["mean_Hz", "mouse_mean_Hz"]].round(1))
simulation.plot_raster("first_spikes.png")
