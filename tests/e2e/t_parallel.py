"""Names of traces with ranks, processes and hosts in them; two ranks of MPI."""
import socket

from ptftest import *

VARIABLES = ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK",
             "PALS_RANKID", "ALPS_APP_PE", "JSM_NAMESPACE_RANK", "FLUX_TASK_RANK",
             "SLURM_PROCID")


def ranked(variable=None, value=None):
    environment = {key: text for key, text in os.environ.items() if key not in VARIABLES}
    if variable:
        environment[variable] = value
    return environment


@test
def the_rank_of_every_launcher():
    for number, variable in enumerate(VARIABLES):
        done = run(PREC, "-q", "-o", "run.%r.ptf", "--", "true", env=ranked(variable, str(number)))
        equal((done.returncode, done.stderr), (0, ""), variable)
        equal(whole(f"run.{number}.ptf")["attributes"].get("run.rank"), str(number), "run.rank")


@test
def a_parallel_run_without_a_name():
    run(PREC, "-q", "true", env=ranked("PMI_RANK", "3"))
    check(os.path.exists("true.3.ptf"), f"there are {os.listdir('.')}")
    run(PREC, "-q", "true", env=ranked())
    equal("run.rank" in whole("true.ptf")["attributes"], False, "a rank of its own")


@test
def processes_hosts_and_percent_signs():
    child = subprocess.Popen([PREC, "-q", "-o", "a%%b.%h.%p.ptf", "--", "true"], env=ranked())
    equal(child.wait(), 0, "status")
    whole(f"a%b.{socket.gethostname()}.{child.pid}.ptf")


@test
def names_that_cannot_be_made():
    done = run(PREC, "-o", "run.%r.ptf", "--", "touch", "ran", env=ranked())
    equal(done.returncode, 2, "status without a rank")
    check("PMI_RANK" in one_line(done.stderr), done.stderr)
    for name in ("x%q.ptf", "x%"):
        done = run(PREC, "-o", name, "--", "touch", "ran", env=ranked())
        equal(done.returncode, 2, f"status of {name}")
        check("%%" in one_line(done.stderr), done.stderr)
    check(not os.path.exists("ran"), "the program was run")


@test
def two_ranks_of_MPI():
    mpirun = shutil.which("mpirun") or skip("there is no mpirun")
    options = ["-n", "2", "--oversubscribe"] + ["--allow-run-as-root"] * (os.getuid() == 0)
    if run(mpirun, *options, "true", env=ranked()).returncode:
        skip("mpirun does not work here")
    done = run(mpirun, *options, PREC, "-q", "-o", "mpi.%r.ptf", "--", PYTHON,
               PROGRAMS / "family.py", "alone", "0.5", env=ranked())
    equal(done.returncode, 0, f"status: {done.stderr}")
    told = {truth["pid"]: truth["cpu"]
            for truth in map(json.loads, done.stdout.splitlines())}
    for rank in "01":
        section = whole(f"mpi.{rank}.ptf")
        equal(section["attributes"].get("run.rank"), rank, "run.rank")
        process, = section.processes.values()
        total = section.total(classes=ALL_CPU) / 1e9
        true = told.pop(process["pid"])
        check(abs(total - true) < 0.01 * true + 0.05, f"{total:.3f} s, truly {true:.3f} s")


main()
