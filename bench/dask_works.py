"""Two Dask workers beside threads, for the table of the bench. dask_run.py measures more, and kills them too.

Where the processor of whoever asks is the limit, a machine of two processors cannot tell by the clock, with the sources
and the scheduler beside: what counts is how many look-ups a CPU-second gives of whichever process has most to do.
Where the sources are the limit, it is the clock: each takes one list at a time, and answers each time as late in every
run, for each has a network of its own. The workers have as many threads there as the run has without them: with fewer
than all sources have seats, they are the limit.
"""

from dask_run import FEW, HERE, PROCESSORS_GOAL, cpu_seconds_of, engine_of, network, run_pair
from killed_run import end_of
from measured_runs import add_instance, measured_run
from table import OURS, Goal, Sample, Work

from webapp.demo.roster import BEHAVIOURS
from webapp.fetching.engines import MOST_THREADS

THREADS, WORKERS = "in threads", 2
#: The goal of PERFORMANCE.md where the sources are the limit.
SOURCES_GOAL = 0.9
#: How many people are asked about one at a time, at 20 sources that answer at once.
SINGLY = 2_000
#: How many at 43 sources that take so small lists, one after the other, and so many times the delays of the demo: some
#: 20 lists in 25 s, of which all else takes a sixth at most.
LEISURELY, EACH, DELAYS = 1_000, "batch = 50\nseats = 1", 8.0


def client_limit(rounds: int, people: int = SINGLY) -> Work:
    """Where the processor of whoever asks is the limit."""
    name = f"Dask, two workers, when the client is the limit ({people:,} people)"
    done = Work(name, "look-ups per CPU s of the busiest process", [Goal(THREADS, least=PROCESSORS_GOAL)])
    with network(people, None) as addresses:
        for _ in range(rounds):
            ends = []
            for contender, workers in ((OURS, WORKERS), (THREADS, 0)):
                pair = run_pair(people, workers, addresses, singly=True)
                cpu = pair.run.cpu_seconds + sum(pair.workers)
                done.add(contender, Sample(1e6 / pair.most, cpu, peak_mb=pair.run.peak_mb))
                ends.append(end_of(HERE / "run", people))
            assert_same(ends)
    return done


def sources_limit(rounds: int, people: int = LEISURELY) -> Work:
    """Where the sources are the limit."""
    name = f"Dask, two workers, when the sources are the limit ({people:,} people)"
    done = Work(name, "look-ups/s", [Goal(THREADS, least=SOURCES_GOAL)])
    for _ in range(rounds):
        ends = []
        for contender, workers in ((OURS, WORKERS), (THREADS, 0)):
            with network(people, DELAYS) as addresses, engine_of(workers, MOST_THREADS // WORKERS) as dask:
                # A few first: workers load the program and open the sources when they are first asked.
                few, folder = (
                    add_instance(HERE / name, count, addresses, EACH, without=BEHAVIOURS)
                    for name, count in (("start", FEW), ("run", people))
                )
                measured_run(few)
                before = sum(cpu_seconds_of(dask))
                run = measured_run(folder)
                cpu = run.cpu_seconds + sum(cpu_seconds_of(dask)) - before
                # By the run's own clock: a process takes a second more to load.
                done.add(contender, Sample(run.look_ups / run.report["seconds"], cpu, peak_mb=run.peak_mb))
            ends.append(end_of(HERE / "run", people))
        assert_same(ends)
    return done


def assert_same(ends: list[list[object]]) -> None:
    """SystemExit when not all runs of a round ended in the same."""
    if any(end != ends[0] for end in ends):
        raise SystemExit(f"two workers and threads ended in different rows, see {HERE / 'run'}")


def works(rounds: int) -> list[Work]:
    """The works of this bench."""
    return [client_limit(rounds), sources_limit(rounds)]
