from .page import REPORT, report_page, write_report

__all__ = [
    "REPORT",
    "report_page",
    "write_report",
]
