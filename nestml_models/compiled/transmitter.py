"""The volume transmitter behind plastic synapses, and the spikes that bring rewards to it."""

from __future__ import annotations

from typing import Any

from nestml_models.build import load_nest

__all__ = ["create_transmitter"]


def create_transmitter(n_slices: int, delay_ms: float) -> tuple[Any, Any]:
    """Create a volume transmitter, and the generator whose spikes it passes on as rewards.

    A transmitter takes spikes from neurons only, so a relay is between the two.

    Parameters
    ----------
    n_slices
        Interval at which synapses are brought up to date, in NEST's minimum delays.
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
