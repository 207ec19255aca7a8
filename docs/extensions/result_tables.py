"""Tables and figures of results, made from the CSV files in ``docs/results``.

A file begins with comment lines: ``# title:``, ``# command:``, ``# seeds:``, ``# rows:`` (one of
``summaries`` or ``networks``), ``# column: HEADING = TEMPLATE`` for each column of the shown table,
and perhaps ``# figure: FIELD``. A template is a Python format string over the fields of a row; a
cell with an empty field is left empty, and a field without a format is shown as it stands.

With ``rows: summaries`` a row is a row of the table. With ``rows: networks`` a row is one network:
``condition``, ``control`` (a condition, or empty), ``seed`` and any values, from which means,
standard deviations and paired differences are computed; see `fields_of_networks`.
"""

from __future__ import annotations

import csv
import math
import re
import string
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from validation.comparison import estimate, holm, paired_difference

DOCS = Path(__file__).parents[1]
RESULTS = DOCS / "results"
PAGES = ("findings.md", "search_results.md")
KINDS = ("summaries", "networks")
REQUIRED = ("title", "command", "seeds", "rows", "column")
KEYS = ("condition", "control", "seed")
MARK = re.compile(
    r"<!-- (?P<what>table|figure): (?P<name>[\w-]+) -->\n.*?\n?<!-- end -->", flags=re.DOTALL
)


class ResultError(ValueError):
    """A file of results, or a page that shows it, is not as it should be."""


@dataclass(frozen=True)
class Results:
    """A file of results.

    Parameters
    ----------
    name
        Its name without the ending.
    header
        The comment lines by key; every key may occur more than once.
    rows
        Fields of each row of the shown table, as text or numbers.
    """

    name: str
    header: Mapping[str, Sequence[str]]
    rows: Sequence[Mapping[str, Any]]

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Heading and template of each shown column."""
        return [_split(self.name, text) for text in self.header["column"]]

    def table(self) -> str:
        """Return the table as Markdown."""
        headings = [heading for heading, _ in self.columns]
        lines = [_line(headings), "|" + "---|" * len(headings)]
        for row in self.rows:
            lines.append(_line([self._cell(template, row) for _, template in self.columns]))
        return "\n".join(lines)

    def _cell(self, template: str, row: Mapping[str, Any]) -> str:
        names = [name for _, name, _, _ in string.Formatter().parse(template) if name]
        if unknown := [name for name in names if name not in row]:
            raise ResultError(
                f"{self.name}.csv: the template '{template}' names '{unknown[0]}'; there are "
                f"{', '.join(row)}"
            )
        if any(row[name] in ("", None) for name in names):
            return ""
        try:
            return _Format().vformat(template, (), row)
        except ValueError as error:
            raise ResultError(f"{self.name}.csv: the template '{template}': {error}") from None


class _Format(string.Formatter):
    """Formats numbers that a file has as text, and p-values with the specification ``p``."""

    def format_field(self, value: object, format_spec: str) -> str:
        if not format_spec:
            return str(value)
        if format_spec == "p":
            return p_text(float(str(value)))
        return format(float(str(value)), format_spec)


def p_text(p: float) -> str:
    """Return a p-value with two digits, three if it is below 0.005, or as below 0.001."""
    if p < 0.001:
        return "<0.001"
    return f"{p:.3f}" if p < 0.005 else f"{p:.2f}"


def read(name: str, folder: Path = RESULTS) -> Results:
    """Return the results of a file.

    Raises
    ------
    ResultError
        If there is no such file, a line of its header or a column is missing, or a row of networks
        names a control that has no network of the same seed.
    """
    path = folder / f"{name}.csv"
    if not path.is_file():
        raise ResultError(f"no results '{name}': {path} does not exist")
    lines = path.read_text(encoding="utf-8").splitlines()
    header: dict[str, list[str]] = {}
    for line in (line for line in lines if line.startswith("#")):
        key, _, text = line[1:].partition(":")
        header.setdefault(key.strip(), []).append(text.strip())
    if missing := [key for key in REQUIRED if key not in header]:
        raise ResultError(f"{path.name} has no line '# {missing[0]}: ...'")
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    kind = header["rows"][0].split(";")[0].strip()
    if kind not in KINDS:
        raise ResultError(f"{path.name}: rows is '{kind}', not one of {', '.join(KINDS)}")
    return Results(name, header, rows if kind == "summaries" else fields_of_networks(name, rows))


def fields_of_networks(name: str, rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the fields of each condition from those of single networks.

    Parameters
    ----------
    name
        Name of the file, for messages.
    rows
        One for each network, with ``condition``, ``control``, ``seed`` and numbers.

    Returns
    -------
    list
        For each condition, ``condition``, ``control`` and ``n``; for each number x its mean ``x``,
        its standard deviation ``x_sd`` and standard error ``x_se``; with a control, on the networks
        of the same seeds, also ``x_minus``, its interval ``x_minus_low`` and ``x_minus_high``,
        ``x_p``, ``x_p_corrected`` (Holm, over the conditions) and ``x_better``, the number of
        networks in which x is larger. Empty where there is no value.
    """
    if missing := [key for key in KEYS if rows and key not in rows[0]]:
        raise ResultError(f"{name}.csv has no column '{missing[0]}'")
    by_condition: dict[str, dict[str, Mapping[str, str]]] = {}
    for row in rows:
        by_condition.setdefault(row["condition"], {})[row["seed"]] = row
    numbers = [key for key in rows[0] if key not in KEYS] if rows else []
    found = []
    for condition, networks in by_condition.items():
        control = next(iter(networks.values()))["control"]
        if control and not set(networks) <= set(by_condition.get(control, {})):
            raise ResultError(
                f"{name}.csv: '{condition}' has networks that its control '{control}' does not have"
            )
        fields: dict[str, Any] = {"condition": condition, "control": control, "n": len(networks)}
        for number in numbers:
            own = {seed: row[number] for seed, row in networks.items()}
            other = {seed: by_condition[control][seed][number] for seed in own} if control else {}
            fields |= _fields(number, own, other)
        found.append(fields)
    for number in numbers:
        _correct(found, number)
    return found


def _fields(number: str, own: Mapping[str, str], control: Mapping[str, str]) -> dict[str, Any]:
    values = [float(value) for value in own.values() if value]
    names = ["", "_sd", "_se", "_minus", "_minus_low", "_minus_high", "_p", "_better"]
    found: dict[str, Any] = {f"{number}{name}": "" for name in names}
    if not values:
        return found
    alone = estimate(values)
    found |= {number: alone.mean, f"{number}_sd": alone.sd, f"{number}_se": alone.standard_error}
    pairs = [(float(own[s]), float(control[s])) for s in control if own[s] and control[s]]
    if len(pairs) > 1:
        difference = paired_difference([a for a, _ in pairs], [b for _, b in pairs])
        minus = difference.estimate
        found |= {
            f"{number}_minus": minus.mean,
            f"{number}_minus_low": minus.low,
            f"{number}_minus_high": minus.high,
            f"{number}_p": difference.p_value,
            f"{number}_better": difference.n_better,
        }
    return found


def _correct(rows: Sequence[dict[str, Any]], number: str) -> None:
    known = [row for row in rows if row[f"{number}_p"] != ""]
    corrected = holm([row[f"{number}_p"] for row in known]) if known else []
    for row in rows:
        row[f"{number}_p_corrected"] = ""
    for row, p in zip(known, corrected, strict=True):
        row[f"{number}_p_corrected"] = p


def generated(text: str, folder: Path = RESULTS) -> str:
    """Return a page with everything between its marks made anew.

    Raises
    ------
    ResultError
        If a file that the page names cannot be used.
    """

    def made(mark: re.Match[str]) -> str:
        results = read(mark["name"], folder)
        body = _shown(results) if mark["what"] == "table" else _picture(results)
        return f"<!-- {mark['what']}: {results.name} -->\n\n{body}\n\n<!-- end -->"

    return MARK.sub(made, text)


def named(text: str, what: str) -> list[str]:
    """Return the names of the files whose tables or figures a page shows."""
    return [mark["name"] for mark in MARK.finditer(text) if mark["what"] == what]


def _shown(results: Results) -> str:
    file = f"{results.name}.csv"
    return f"{results.table()}\n\nData, command and seeds: [{file}](results/{file})"


def _picture(results: Results) -> str:
    return f"![{results.header['title'][0]}](images/{results.name}.png)"


def draw(results: Results, path: Path) -> None:
    """Draw the differences of a file's rows with their intervals.

    Raises
    ------
    ResultError
        If the file names no field for its figure.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    if "figure" not in results.header:
        raise ResultError(f"{results.name}.csv has no line '# figure: FIELD'")
    field, _, label = (part.strip() for part in results.header["figure"][0].partition(";"))
    rows = list(_points(results, field))
    with mpl.rc_context({"svg.hashsalt": "results", "font.size": 8}):
        figure = Figure(figsize=(6.3, 0.8 + 0.19 * len(rows)), layout="constrained")
        axes = figure.subplots()
        for k, (_, middle, low, high) in enumerate(rows):
            clear = low > 0 or high < 0
            axes.plot([low, high], [k, k], color="#0b5394" if clear else "#888888", lw=1.2)
            axes.plot(middle, k, "o", ms=3.5, color="#0b5394" if clear else "#888888")
        axes.axvline(0.0, color="black", lw=0.6)
        axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel(label or field)
        figure.savefig(path, dpi=130, metadata={"Software": None})


def _points(results: Results, field: str) -> Iterator[tuple[str, float, float, float]]:
    for row in results.rows:
        values = [row.get(name, "") for name in (field, f"{field}_low", f"{field}_high")]
        if "" not in values:
            middle, low, high = (float(value) for value in values)
            if all(map(math.isfinite, (middle, low, high))):
                name = next(iter(row.values()))
                yield str(name).replace("`", ""), middle, low, high


def _split(name: str, text: str) -> tuple[str, str]:
    heading, equals, template = f" {text}".partition(" = ")
    if not (equals and template.strip()):
        raise ResultError(f"{name}.csv: '# column: {text}' is not HEADING = TEMPLATE")
    return heading.strip(), template.strip()


def _line(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def main() -> None:
    """Make the tables and figures of all pages anew; say what is wrong with a file."""
    try:
        _make()
    except ResultError as error:
        sys.exit(str(error))


def _make() -> None:
    for page in PAGES:
        path = DOCS / page
        text = path.read_text(encoding="utf-8")
        path.write_text(generated(text), encoding="utf-8")
        for name in named(text, "figure"):
            draw(read(name), DOCS / "images" / f"{name}.png")
        print(f"{page}: {len(named(text, 'table'))} tables, {len(named(text, 'figure'))} figures")


if __name__ == "__main__":
    main()
