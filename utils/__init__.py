"""What the notebooks import: data, metrics, plots and a thin layer per framework."""
