"""The same circuit and network built with other tools, for benchmarks/cortex.py to compare with."""
