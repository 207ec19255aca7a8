from .anchored import anchored
from .csv_table import csv_text
from .extras import OPTIONAL, OptionalPackage, require
from .files import whole_file, write_whole
from .json_files import read_json
from .progress import Notice, Report
from .strict_model import StrictModel, parse
from .strict_yaml import dump_yaml, parse_yaml, read_text, read_yaml
from .versions import SEARCH, SIMULATION, program_versions
from .words import counted

__all__ = [
    "OPTIONAL",
    "SEARCH",
    "SIMULATION",
    "Notice",
    "OptionalPackage",
    "Report",
    "StrictModel",
    "anchored",
    "counted",
    "csv_text",
    "dump_yaml",
    "parse",
    "parse_yaml",
    "program_versions",
    "read_json",
    "read_text",
    "read_yaml",
    "require",
    "whole_file",
    "write_whole",
]
