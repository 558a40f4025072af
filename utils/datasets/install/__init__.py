"""What puts a downloaded data set in place: `python course.py data NAME PATH`."""
