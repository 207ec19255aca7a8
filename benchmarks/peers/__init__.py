"""The same circuit and network by other means, for benchmarks/cortex.py to compare with."""
