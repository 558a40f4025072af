"""Pictures to play with: a slider where a kernel answers, a figure where none does.

Each module is one explorer, whose `explore(...)` shows it; `core` is what they share.
"""
