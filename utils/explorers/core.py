"""What all explorers share: sliders above a picture, or a figure without a kernel."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from utils import plotting
from utils.live import live

# A slider runs from, to, in steps of, and starts at.
Slider = tuple[float, float, float, float]


def explore(
    draw: Callable[..., bytes], static: Callable[[], None], **sliders: Slider
) -> None:
    """Show a picture that follows its sliders, or a figure that says the same.

    With a live kernel a slider is made for each keyword, and `draw` is called with
    their values whenever one moves. Without one, `static` is called instead.

    Args:
        draw: takes the value of each slider by name and gives the bytes of a PNG; see
            `png`. It is called while a slider is dragged: below 0.1 s it feels smooth.
        static: draws and shows a figure with Matplotlib.
        sliders: (least, most, step, start) by name. Whole numbers make a slider of
            whole numbers.
    """
    if not live():
        static()
        return
    # Only a live kernel needs them: a headless run must not even make a widget.
    from IPython.display import display

    display(panel(draw, **sliders))


def panel(draw: Callable[..., bytes], **sliders: Slider):
    """Make the widget of `explore`: an ipywidgets.VBox of sliders above their image."""
    import ipywidgets

    controls = {}
    for name, (least, most, step, start) in sliders.items():
        whole = all(isinstance(number, int) for number in (least, most, step, start))
        make = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
        controls[name] = make(
            start,
            min=least,
            max=most,
            step=step,
            description=name.replace("_", " "),
            style={"description_width": "initial"},
            layout={"width": "360px"},
        )

    def values() -> dict[str, float]:
        return {name: control.value for name, control in controls.items()}

    image = ipywidgets.Image(value=draw(**values()), format="png")

    def redraw(_) -> None:
        image.value = draw(**values())

    for control in controls.values():
        control.observe(redraw, names="value")
    # Else the box stretches the image over the width of the page.
    layout = {"align_items": "flex-start"}
    return ipywidgets.VBox([*controls.values(), image], layout=layout)


def png(drawing: Figure) -> bytes:
    """Give a figure as the bytes of a PNG, made fast rather than small."""
    target = io.BytesIO()
    drawing.savefig(target, format="png", pil_kwargs={"compress_level": 1})
    return target.getvalue()


def once(stage: Callable[[], tuple]) -> Callable[[], tuple]:
    """Draw everything once; later only what moves is changed.

    stage: draws a figure; returns it, and whatever parts of it will move. Its parts
        keep their places from then on, which makes redraws fast.
    """

    @cache
    def drawn() -> tuple:
        drawing, *parts = stage()
        plt.close(drawing)  # or the notebook shows it a second time
        drawing.draw_without_rendering()
        drawing.set_layout_engine("none")
        return drawing, *parts

    return drawn


def iou_bars(plot: Axes, classes: Sequence[str]) -> Callable[[np.ndarray], None]:
    """Draw a bar for the IoU of each class, and give what moves them to new values."""
    colours = plotting.CLASS_COLOURS[: len(classes)]
    bars = plot.barh(range(len(classes)), np.ones(len(classes)), color=colours)
    plot.set_yticks(range(len(classes)), classes)
    plot.invert_yaxis()
    plot.set_xlim(0, 1)
    plotting.label_axes(plot, "IoU", "")

    def move(scores: np.ndarray) -> None:
        for bar, score in zip(bars, np.nan_to_num(scores), strict=True):
            bar.set_width(score)

    return move
