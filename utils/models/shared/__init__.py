"""What lessons export in plain Python and NumPy, for both tracks."""
