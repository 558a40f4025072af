"""Image files and masks, decoded, checked and matched."""
