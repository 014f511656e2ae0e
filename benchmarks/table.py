"""The table of ratios, as Markdown that reads well in a terminal too."""

from statistics import median

from benchmarks.contest import Row

HEADS = ["Measure", "Unit", "", "Value", "against", "Value", "Ratio", "Spread", "Client"]
BUSY_CLIENT = 0.9  # of a core; from here on what the client can take may be what was measured


def number(value: float | None) -> str:
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def cells(row: Row) -> list[str]:
    found = [f"{row.contest}: {row.figure.title}", row.figure.unit, row.subject, number(row.subject_median)]
    found += [row.rival, number(row.rival_median)]
    if row.failure or not row.ratios:
        return [*found, "no result", "", ""]
    spread = f"{number(min(row.ratios))} to {number(max(row.ratios))} ({len(row.ratios)})"
    busy = " (!)" if row.client_share > BUSY_CLIENT else ""
    return [*found, f"**{number(median(row.ratios))}**", spread, f"{row.client_share:.0%}{busy}"]


def table(rows: list[Row]) -> str:
    lines = [HEADS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    text.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(text)


def failures(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(f"{row.contest}: {row.failure}" for row in rows if row.failure))
