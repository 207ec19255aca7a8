from .evaluator import RuleEvaluatorFactory, Stage

__all__ = ["RuleEvaluatorFactory", "Stage"]
