"""Ask, evaluate, tell, remember."""
