"""Each measure gives its contests for a stage. Their names are those of the command line."""

from benchmarks.measures.delivery import burst, fanout, growth
from benchmarks.measures.history import history
from benchmarks.measures.latency import latency
from benchmarks.measures.memory import memory
from benchmarks.measures.page import page
from benchmarks.measures.posting import posting
from benchmarks.measures.processes import processes
from benchmarks.measures.reactions import reacting
from benchmarks.measures.rooms import rooms
from benchmarks.measures.search import search
from benchmarks.measures.sidebar import sidebar
from benchmarks.measures.slow import slow

ALL = [
    fanout,
    burst,
    growth,
    latency,
    posting,
    memory,
    page,
    slow,
    reacting,
    processes,
    history,
    rooms,
    search,
    sidebar,
]
MEASURES = {measure.__name__: measure for measure in ALL}
QUICK = ["fanout"]
OWN_GROWTH = ["history", "rooms", "search", "sidebar", "reacting"]
"""Parley against itself, in minutes each: only when asked for by name."""
