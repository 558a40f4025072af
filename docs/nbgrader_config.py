"""nbgrader's settings for a class on Every Pixel; docs/instructors.md tells how."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "every-pixel"
# The course's own stubs: with nbgrader's, which raise an error, "Run all" stops at the
# first exercise that is not solved yet.
c.ClearSolutions.code_stub = {"python": "# Write your code here.\n..."}
c.ClearSolutions.text_stub = "*Write your answer here.*"
# Seconds for one cell. Some train a network; a slow machine needs its time.
c.ExecutePreprocessor.timeout = 600
