"""Long work with progress, cancel and resume: the same for the command line, pages and HTTP.

A job is begun once for each target, however many ask; runs in a thread of the process that began
it; and is written down, so that another process can watch or stop it and a restart shows what was
going on. What a job does is a plain function (see `hearth.jobs.work`), which knows nothing of jobs
but how to report and when to stop.
"""

from hearth.jobs.benching import start_bench
from hearth.jobs.jobs import Jobs
from hearth.jobs.pulls import open_jobs, start_pull
from hearth.jobs.quantizing import start_quantizing
from hearth.jobs.replaying import start_replay
from hearth.jobs.trying import start_trying
from hearth.jobs.work import Report, Work
from hearth.store.jobs import JobRecord, JobState

__all__ = [
    "JobRecord",
    "JobState",
    "Jobs",
    "Report",
    "Work",
    "open_jobs",
    "start_bench",
    "start_pull",
    "start_quantizing",
    "start_replay",
    "start_trying",
]
