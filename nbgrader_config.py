"""nbgrader's settings for this course: where things lie, and what differs from stock nbgrader.

Read by every `nbgrader` command in this folder, by formgrader, and by the build.
"""

import os
import sys
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

from autograder.preprocessors import ANSWERS_FILE, ClearSolutionsWithStubs, remove_answers_from_release

c = get_config()  # noqa: F821 - traitlets puts it here

course = Path(__file__).resolve().parent

# nbgrader starts `alembic` by its bare name; it lies beside the Python that runs nbgrader, activated or not.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

c.CourseDirectory.course_id = "headstart"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "quizzes"
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "answers.json.lock",
    "answers.broken-*.json",
]

# The release: stubs of single cells, and cells that stay with the instructor.
c.GenerateAssignment.preprocessors = [
    ClearSolutionsWithStubs if step is ClearSolutions else step
    for step in GenerateAssignment.class_traits()["preprocessors"].default()
]
c.GenerateAssignment.post_convert_hook = remove_answers_from_release
c.ClearSolutions.code_stub = {"python": "# Write your code here.\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "Write your answer here."

# Quiz answers arrive in the student's answers.json; one that lies in solutions/ must not replace it.
c.Autograde.exclude_overwriting = {
    folder.name: [ANSWERS_FILE] for folder in sorted((course / "solutions").glob("*")) if folder.is_dir()
}
# A checks cell that a student deleted is put back, so that a submission always has all its points to win.
c.OverwriteCells.add_missing_cells = True

# Seconds for one cell. The kernel has nothing to save, so it is not asked to shut down politely.
c.Execute.timeout = 120
c.Execute.shutdown_kernel = "immediate"
# Without the widgets' state, feedback shows each question as text, which reads the same in every browser.
c.Execute.store_widget_state = False
