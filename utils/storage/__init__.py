"""Where files lie: the data folder, the cache, and writing that is all or nothing."""
