"""A bar for what takes long; where it would not be seen moving, a line now and then."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

LINES = 20


class Steps(Progress):
    """Gone when its block ends; its lines stay."""

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        task = next(each for each in self.tasks if each.id == task_id)
        total, before = task.total or 0, task.completed
        super().advance(task_id, advance)
        seen = self.console.is_terminal or not total
        if not seen and int(LINES * task.completed / total) > int(LINES * before / total):
            line = f"{task.description.strip()}: {task.completed:g} of {total:g} in {task.elapsed or 0:.0f} s"
            self.console.print(line, markup=False, highlight=False)


def bar(console: Console) -> Steps:
    """Shows how far the tasks that are added to it have come."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Steps(*columns, console=console, transient=True)
