from .page import experiment_page

__all__ = ["experiment_page"]
