"""NESTML models of neurons and plasticity rules, compiled into NEST and cached by content."""
