"""The volume transmitter of plastic synapses, and the source of its reward spikes."""

from __future__ import annotations

from typing import Any

from nestml_models.build import load_nest

__all__ = ["create_transmitter"]


def create_transmitter(n_slices: int, delay_ms: float) -> tuple[Any, Any]:
    """Create a volume transmitter and the generator whose spikes it passes on as rewards.

    A transmitter accepts spikes from neurons only, so there is a relay in between.

    Parameters
    ----------
    n_slices
        Interval at which synapses are updated, in units of NEST's minimum delay.
    delay_ms
        Delay of both connections on the way to the transmitter.

    Returns
    -------
    transmitter, source
        NEST nodes.
    """
    nest = load_nest()
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": n_slices})
    source, relay = nest.Create("spike_generator"), nest.Create("parrot_neuron")
    nest.Connect(source, relay, syn_spec={"delay": delay_ms})
    nest.Connect(relay, transmitter, syn_spec={"delay": delay_ms})
    return transmitter, source
