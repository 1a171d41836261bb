"""Measure rendered projects, beside others and in themselves.

    python -m benchmarks [SECTION …]

prints a table for each section, or for those that are named, and draws the first one.
"""

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.demo import TEMPLATE, free_port
from tests.certificates import issue, make_authority, offer_tls
from tests.services import Cluster, pgbouncer, postgresql, redis

from . import candidates, environment
from .environment import Project
from .measuring import (
    ROUNDS,
    Candidate,
    Figures,
    Unusable,
    finished,
    interleaved,
    load,
    running,
    start_load,
)

PLOT = TEMPLATE / "docs" / "performance.svg"
HOW_MANY = (1_000, 100_000, 1_000_000)


class Workshop:
    """Rendered projects and databases, made when they are asked for."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self._projects: dict[str, Project] = {}
        self._databases = 0

    def project(self, **answers: str) -> Project:
        name = "-".join(answers.values()).lower() or "defaults"
        if name not in self._projects:
            self._projects[name] = environment.render(self.folder / name, **answers)
        return self._projects[name]

    @cached_property
    def cluster(self) -> Cluster:
        return self._stack.enter_context(postgresql())

    def database(self, project: Project, kind: str) -> str:
        """Return the URL of a new database with the project's tables."""
        self._databases += 1
        name = f"bench{self._databases}"
        url = f"sqlite+aiosqlite:///{self.folder}/{name}.db"
        if kind == "postgresql":
            url = self.cluster.create_database(name)
        project.run(project.package, "database", "upgrade", database_url=url)
        return url

    def measure(self, chosen: Sequence[Candidate]) -> list[Figures]:
        with ExitStack() as servers:
            return interleaved([servers.enter_context(running(each)) for each in chosen])


def table(head: str, rows: Sequence[Sequence[object]]) -> None:
    """Print a table in Markdown: text to the left, figures to the right."""
    names = head.split(" | ")
    print(f"| {head} |")
    print("|---|" + "--:|" * (len(names) - 1))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print(flush=True)


def compared(figures: Sequence[Figures], base: Figures) -> list[list[str]]:
    return [
        [
            each.name,
            f"{each.rate:.0f}",
            f"{each.spread:.0%}",
            f"{statistics.median(each.cpu):.0f}",
            f"{each.ratio(base):.2f}",
            f"{each.cpu_ratio(base):.2f}",
        ]
        for each in figures
    ]


HEAD = "| requests/s | spread | server µs | ratio | ratio of µs"


def others(shop: Workshop) -> None:
    """`GET /me` of one user, against what others write."""
    chosen = candidates.others(shop.folder)
    for database in ("sqlite", "postgresql"):
        for backend, sign_in in candidates.SIGN_IN.items():
            project = shop.project(auth_backend=backend, database=database)
            url = shop.database(project, database)
            name = f"rendered, {backend}, {database}"
            chosen.append(candidates.rendered(name, project, sign_in, database_url=url))
    figures = shop.measure(chosen)
    table(f"candidate {HEAD}", compared(figures, figures[0]))
    ratios = {each.name: each.ratio(figures[0]) for each in figures}
    subprocess.run(
        [environment.PYTHON, Path(__file__).with_name("plot.py"), PLOT],
        input=json.dumps(ratios),
        text=True,
        check=True,
    )


def signing(shop: Workshop) -> None:
    """The same request with each algorithm."""
    chosen = []
    for algorithm in ("HS256", "RS256", "ES256", "EdDSA"):
        project = shop.project(signing_algorithm=algorithm)
        url = shop.database(project, "sqlite")
        chosen.append(candidates.rendered(algorithm, project, database_url=url))
    figures = shop.measure(chosen)
    table(f"algorithm {HEAD}", compared(figures, figures[0]))


def tokens(shop: Workshop) -> None:
    """One token, many, and more than the cache holds."""
    project = shop.project()
    chosen = candidates.others(shop.folder / "tokens")[:1]
    for name, count, size in [
        ("one token", 1, 4096),
        ("2,000 tokens, all cached", 2000, 4096),
        ("20,000 tokens, none cached", 20000, 4096),
        ("one token, cache turned off", 1, 0),
    ]:
        url, file = shop.database(project, "sqlite"), shop.folder / f"{count}-{size}.txt"
        seed(project, url, 100, count, file)
        candidate = candidates.rendered(
            name, project, database_url=url, verified_token_cache_size=str(size)
        )
        chosen.append(replace(candidate, script=("tokens.lua", str(file))))
    figures = shop.measure(chosen)
    table(f"tokens {HEAD}", compared(figures, figures[0]))


def growth(shop: Workshop) -> None:
    """2,000 users of few and of many, each with a session."""
    for kind in ("sqlite", "postgresql"):
        project = shop.project(database=kind)
        chosen = []
        for count in HOW_MANY:
            url, file = shop.database(project, kind), shop.folder / f"{kind}-{count}.txt"
            seed(project, url, count, 2000, file)
            candidate = candidates.rendered(f"{kind}, {count:,}", project, database_url=url)
            chosen.append(replace(candidate, script=("tokens.lua", str(file))))
        figures = shop.measure(chosen)
        table(f"users and sessions {HEAD}", compared(figures, figures[0]))


def seed(project: Project, url: str, count: int, tokens: int, file: Path) -> None:
    arguments = [project.package, str(count), str(tokens), str(file)]
    project.run("benchmarks.seed", *arguments, database_url=url)


def logins(shop: Workshop) -> None:
    """Reads on 8 connections, alone and beside 50 logins in flight, all on one core."""
    project = shop.project()
    url = shop.database(project, "sqlite")
    alone, beside, rates, login_rates = [], [], [], []
    with running(candidates.rendered("reads", project, database_url=url)) as reads:
        script = ("logins.lua", json.dumps(candidates.CREDENTIALS))
        attempts = replace(reads, candidate=replace(reads.candidate, script=script), headers={})
        for _ in range(ROUNDS):
            alone.append(load(reads, connections=8).p99)
            flood = start_load(attempts, seconds=6, connections=50)
            time.sleep(1)
            measured = load(reads, connections=8)
            beside.append(measured.p99)
            rates.append(measured.rate)
            login_rates.append(finished(flood).rate)
    factor = statistics.median(b / a for a, b in zip(alone, beside, strict=True))
    median = statistics.median
    table(
        "p99 of reads alone, ms | beside logins, ms | factor | reads/s beside | logins/s",
        [
            [
                f"{median(alone):.1f}",
                f"{median(beside):.1f}",
                f"{factor:.1f}",
                f"{median(rates):.0f}",
                f"{median(login_rates):.0f}",
            ]
        ],
    )


def starting(shop: Workshop) -> None:
    """From the command to the first answer, and the memory of a process that idles."""
    chosen = candidates.others(shop.folder / "starting")[:-1]
    chosen = [each for each in chosen if "access log" not in each.name]
    for kind in ("sqlite", "postgresql"):
        project = shop.project(database=kind)
        url = shop.database(project, kind)
        chosen.append(candidates.rendered(f"rendered, {kind}", project, database_url=url))
    seconds: dict[str, list[float]] = {each.name: [] for each in chosen}
    memory: dict[str, list[float]] = {each.name: [] for each in chosen}
    for _ in range(ROUNDS):
        for candidate in chosen:
            with running(candidate) as server:
                seconds[candidate.name].append(server.seconds_to_answer)
                memory[candidate.name].append(server.mebibytes())
    table(
        "candidate | seconds to the first answer | MiB",
        [
            [name, f"{statistics.median(times):.2f}", f"{statistics.median(memory[name]):.0f}"]
            for name, times in seconds.items()
        ],
    )


def rendering(shop: Workshop) -> None:
    """The command, against Cookiecutter with as many files of the same sizes that say nothing."""
    rendered = shop.project().path
    plain = shop.folder / "plain"
    inner = plain / "{{cookiecutter.project_slug}}"
    shutil.copytree(rendered, inner)
    for file in filter(Path.is_file, inner.rglob("*")):
        file.write_bytes(file.read_bytes().replace(b"{", b"("))
    questions = {"project_slug": "plain", "_copy_without_render": ["*/static/swagger_ui"]}
    (plain / "cookiecutter.json").write_text(json.dumps(questions))
    times: dict[str, list[float]] = {"this template": [], "as many plain files": []}
    for number in range(2 * ROUNDS):
        for name, template in zip(times, (TEMPLATE, plain), strict=True):
            target = shop.folder / f"{template.name}-{number}"
            command = [sys.executable, "-m", "cookiecutter", str(template), "--no-input"]
            started = time.perf_counter()
            subprocess.run(
                [*command, "--output-dir", str(target)], check=True, stdout=subprocess.DEVNULL
            )
            times[name].append(time.perf_counter() - started)
    ours, theirs = times.values()
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    table(
        "render | seconds | ratio",
        [
            ["as many plain files", f"{statistics.median(theirs):.2f}", "1.00"],
            ["this template", f"{statistics.median(ours):.2f}", f"{ratio:.2f}"],
        ],
    )


def steps(shop: Workshop) -> None:
    """From one process to several: reads, then logins with a hash that takes no time."""
    authority = make_authority(shop.folder, "authority")
    offer_tls(shop.cluster, authority, issue(authority, "server", "localhost"))
    tls = f"sslmode=verify-full&sslrootcert={authority.certificate}"
    port = free_port(0)

    def deployments(**settings: str) -> list[Candidate]:
        def deployed(name: str, **further: str) -> Candidate:
            return candidates.rendered(
                name, project, candidates.sign_in_header, pinned=False, **settings, **further
            )

        found = []
        for kind in ("sqlite", "postgresql"):
            project = shop.project(database=kind)
            for workers in (1, 2):
                name = f"{kind}, {workers} process{'es' * (workers - 1)}"
                url = shop.database(project, kind)
                found.append(deployed(name, database_url=url, workers=str(workers)))
        for name, server, query in (
            ("TLS", shop.cluster.port, tls),
            ("PgBouncer", pooler, "pgbouncer=true"),
        ):
            database = shop.database(project, kind).rpartition("/")[2]
            url = f"postgresql://postgres@localhost:{server}/{database}?{query}"
            found.append(deployed(f"{kind}, 1 process, {name}", database_url=url))
        url, throttle = shop.database(project, kind), f"valkey://127.0.0.1:{port}"
        name = f"{kind}, 1 process, shared throttle"
        found.append(deployed(name, database_url=url, throttle_url=throttle))
        return found

    with redis(port), pgbouncer(shop.cluster, server_connections=10) as pooler:
        report_rates("reads", shop.measure(deployments()))
        # Production takes no such hash.
        quick = {"argon2_memory_kib": "8", "argon2_iterations": "1"}
        script = ("logins.lua", json.dumps(candidates.CREDENTIALS))
        chosen = deployments(environment="development", **quick)
        report_rates("logins", shop.measure([replace(each, script=script) for each in chosen]))


def report_rates(what: str, figures: Sequence[Figures]) -> None:
    rows = [
        [each.name, f"{each.rate:.0f}", f"{each.spread:.0%}", f"{each.ratio(figures[0]):.2f}"]
        for each in figures
    ]
    table(f"{what} | a second | spread | ratio", rows)


SECTIONS: dict[str, Callable[[Workshop], None]] = {
    section.__name__: section
    for section in (others, signing, tokens, growth, logins, starting, rendering, steps)
}


def main(*names: str) -> str | None:
    """Return what went wrong, for `sys.exit`."""
    if unknown := [name for name in names if name not in SECTIONS]:
        return f"No section {unknown[0]}. There are: {', '.join(SECTIONS)}"
    environment.install()
    with TemporaryDirectory() as folder, ExitStack() as stack:
        shop = Workshop(Path(folder), stack)
        try:
            for name in names or SECTIONS:
                print(f"## {name}: {SECTIONS[name].__doc__}\n", flush=True)
                SECTIONS[name](shop)
        except (Unusable, LookupError) as error:
            return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
