"""The pictures of the results. What they show is computed elsewhere."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from utils.plotting import LINE_COLOURS, figure, label_axes

TRANSFER = "05_transfer"
FLOOR = 0.5  # the lowest Dice that is drawn
DPI = 100
# Nothing that changes from run to run, or from machine to machine.
SVG = {"Date": None, "Creator": None}
PNG = {"Software": None}


def draw_curves(
    tracks: Mapping[str, Mapping[str, Sequence[dict]]], goal: float, path: Path
) -> None:
    """Draw Dice against seconds of training, one line for each run.

    tracks: by title the runs of each recipe, as they are stored.
    """
    drawn, panels = figure(1, len(tracks), width=4.2, height=3.2)
    for axis, (title, recipes) in zip(panels[0], tracks.items(), strict=True):
        for (recipe, runs), colour in zip(recipes.items(), LINE_COLOURS, strict=False):
            for number, run in enumerate(runs):
                seconds, dice = zip(*run["curve"], strict=True)
                name = None if number else recipe
                axis.plot(seconds, dice, color=colour, linewidth=1, label=name)
                final = statistics.fmean(run["dice"])
                axis.plot(run["seconds"], final, "o", color=colour, markersize=4)
        axis.axhline(goal, color="#4D4D4D", linewidth=0.8, linestyle="--")
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_formatter("")  # they would overlap
        axis.set_ylim(0.5, 1)
        axis.set_title(title)
        label_axes(axis, "seconds of training", "Dice on held-out images")
        if axis.get_legend_handles_labels()[0]:
            axis.legend(loc="lower right")
    drawn.savefig(path, metadata=PNG)
    plt.close(drawn)


def draw_strips(
    rows: Mapping[str, Sequence[float]], track: str, folder: Path
) -> list[Path]:
    """Draw lesson 05's picture as SVG and PNG, always the same; give the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    svg, png = folder / f"{TRANSFER}.svg", folder / f"{TRANSFER}.png"
    # Outlines of letters: every reader sees the same, whatever fonts there are.
    with plt.rc_context({"svg.hashsalt": TRANSFER, "svg.fonttype": "path"}):
        drawn = strips(rows, track)
        drawn.savefig(svg, metadata=SVG)
        drawn.savefig(png, dpi=DPI, metadata=PNG)
    plt.close(drawn)
    return [svg, png]


def strips(rows: Mapping[str, Sequence[float]], track: str) -> Figure:
    """Draw each image's Dice as a dot, a strip for each row, with the mean as a line.

    rows: Dice of all images by the name of the row. Images below FLOOR are arrows at
    the left edge, and counted below the name.
    """
    drawn, axes = figure(width=7.8, height=0.9 + 0.62 * len(rows))
    axis, labels = axes[0, 0], []
    label_axes(axis, f"Dice of each image (networks in {track})", "")
    axis.set_xlim(FLOOR - 0.008, 1)
    for row, ((name, scores), colour) in enumerate(
        zip(rows.items(), LINE_COLOURS, strict=False)
    ):
        scores = np.asarray(scores, float)
        # Steps of the golden ratio spread any number of dots evenly, without chance.
        up = row + (np.arange(len(scores)) * 0.618034 % 1 - 0.5) * 0.56
        low = scores < FLOOR
        dots = {"color": colour, "alpha": 0.5, "linewidth": 0, "clip_on": False}
        axis.scatter(scores[~low], up[~low], s=18, **dots)
        axis.scatter(np.full(low.sum(), FLOOR), up[low], s=24, marker="<", **dots)
        mean = scores.mean()
        axis.vlines(max(mean, FLOOR), row - 0.38, row + 0.38, color="black", lw=2)
        axis.annotate(
            f"mean {mean:.3f}",
            (1, row),
            (10, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
        )
        labels.append(name + f"\n({low.sum()} below {FLOOR:g})" * bool(low.any()))
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(len(labels) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)
    return drawn
