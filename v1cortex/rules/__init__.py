"""Shipped rules, and the controls made of a rule."""
