"""The charts of a grant as plain values that templates turn into SVG without any arithmetic.

Each is laid out twice, for a wide column and for a telephone; the style sheet shows the one that fits, so
that letters are never scaled down to nothing. Everything a chart shows stands in a table besides.
"""

from grants.chart.burn_down import Chart, Drawing, chart
from grants.chart.ladders import Bar, Ladders, ladders
from grants.chart.paper import Label
from grants.chart.spending import Series, Spending, spending

__all__ = [
    "Bar",
    "Chart",
    "Drawing",
    "Label",
    "Ladders",
    "Series",
    "Spending",
    "chart",
    "ladders",
    "spending",
]
