"""The models of the lessons: built files, one per track."""
