"""Draw ratios, read from standard input as JSON, as bars: run in the benchmark's environment."""

import json
import sys

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update(
    {"svg.fonttype": "none", "font.family": "sans-serif", "svg.hashsalt": "0", "font.size": 10}
)

from matplotlib import pyplot as plt  # noqa: E402

OURS, THEIRS = "#2563eb", "#94a3b8"

ratios = {name: ratio for name, ratio in json.load(sys.stdin).items() if "raw ASGI" not in name}
names = sorted(ratios, key=lambda name: ratios[name])
figure, axes = plt.subplots(figsize=(8, 0.36 * len(names) + 0.9), facecolor="white")
colours = [OURS if name.startswith("rendered") else THEIRS for name in names]
bars = axes.barh(names, [ratios[name] for name in names], color=colours, height=0.7)
axes.bar_label(bars, fmt="%.2f", padding=4)
axes.axvline(1, color="#475569", linewidth=0.8, linestyle=":")
axes.spines[["top", "right", "bottom"]].set_visible(False)
axes.xaxis.set_visible(False)
axes.margins(x=0.1)
axes.set_title("Authenticated requests a second; Litestar's own example is 1", loc="left")
figure.tight_layout()
figure.savefig(sys.argv[1], metadata={"Date": None})
