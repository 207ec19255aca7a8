"""Rules and neurons as NESTML text and C++ code."""
