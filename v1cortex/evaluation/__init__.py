"""Evaluate a rule: tasks, trials, reward, read-out and scores."""
