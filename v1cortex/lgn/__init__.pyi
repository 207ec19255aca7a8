from .rates import firing_rates_Hz, poisson_spikes, rates_in_pieces_Hz

__all__ = ["firing_rates_Hz", "poisson_spikes", "rates_in_pieces_Hz"]
