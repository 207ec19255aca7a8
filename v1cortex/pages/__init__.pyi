from .experiments import experiment_page
from .figures import Figure
from .markup import Markup, asset, escape, folded, formula_markup, table
from .methods import methods_markup, model_text, protocol_text, rules_text
from .page import Section, html_page
from .retest import retest_forest, retest_markup
from .settings import settings_markup
from .simulation import simulation_page
from .tuning import tuning_figure
from .validation import validation_page

__all__ = [
    "Figure",
    "Markup",
    "Section",
    "asset",
    "escape",
    "experiment_page",
    "folded",
    "formula_markup",
    "html_page",
    "methods_markup",
    "model_text",
    "protocol_text",
    "retest_forest",
    "retest_markup",
    "rules_text",
    "settings_markup",
    "simulation_page",
    "table",
    "tuning_figure",
    "validation_page",
]
