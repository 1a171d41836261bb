"""Servers on one core, load from another, and what came out of it in proportion."""

import os
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from scripts.demo import free_port, machine_environment
from tests.services import find_program

ROUNDS = 5
SECONDS = 3
CONNECTIONS = 32
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
SCRIPTS = Path(__file__).with_name("wrk")

SignIn = Callable[[httpx.Client], Mapping[str, str]]


class Unusable(Exception):
    """Why there is nothing to measure."""


@dataclass(frozen=True)
class Candidate:
    """A server, and a request to it that is to be answered with 200."""

    name: str
    command: Sequence[str]
    """`{port}` stands for the port, which is also in the environment."""
    folder: Path
    sign_in: SignIn
    """Registers and logs in as far as it needs, and returns the headers to send."""
    environment: Mapping[str, str] = field(default_factory=dict)
    path: str = "/me"
    script: tuple[str, ...] = ()
    """The name of one in `wrk/` that makes the requests, and its arguments."""
    pinned: bool = True
    """Whether the server has one core, and the load the other."""


@dataclass(frozen=True)
class Running:
    """A candidate that serves."""

    candidate: Candidate
    process: subprocess.Popen[bytes]
    url: str
    seconds_to_answer: float
    headers: Mapping[str, str]

    def seconds_of_cpu(self) -> float:
        """Return how much time of a core the process has taken so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def mebibytes(self) -> float:
        """Return how much memory the process holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (kibibytes,) = re.findall(r"VmRSS:\s+(\d+)", status)
        return int(kibibytes) / 1024


@dataclass(frozen=True)
class Load:
    """What one run of the load generator found."""

    rate: float
    """Requests a second."""
    p99: float
    """Milliseconds."""


@dataclass(frozen=True)
class Figures:
    """What a candidate was measured at, one figure for each round."""

    name: str
    rates: list[float] = field(default_factory=list)
    """Requests a second."""
    cpu: list[float] = field(default_factory=list)
    """Microseconds of the server process for each request."""

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def spread(self) -> float:
        """The distance of the best and the worst round, as a part of the median."""
        return (max(self.rates) - min(self.rates)) / self.rate

    def ratio(self, base: "Figures") -> float:
        """The median over the rounds of this one's rate in units of the other's."""
        return statistics.median(a / b for a, b in zip(self.rates, base.rates, strict=True))

    def cpu_ratio(self, base: "Figures") -> float:
        """The same of requests for each second that the server had a core."""
        return statistics.median(b / a for a, b in zip(self.cpu, base.cpu, strict=True))


def on_core(core: int) -> list[str]:
    return ["taskset", "--cpu-list", str(core)]


@contextmanager
def running(candidate: Candidate) -> Iterator[Running]:
    """Run a candidate until the block ends."""
    port = free_port(0)
    started = time.perf_counter()
    with (candidate.folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(on_core(SERVER_CORE) if candidate.pinned else []),
                *(part.format(port=port) for part in candidate.command),
            ],
            cwd=candidate.folder,
            env={**machine_environment(), "PORT": str(port), **candidate.environment},
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_open(process, url)
        seconds_to_answer = time.perf_counter() - started
        with httpx.Client(base_url=url, timeout=30) as client:
            headers = candidate.sign_in(client)
            answer = client.get(candidate.path, headers=headers)
            if answer.status_code != 200:
                raise Unusable(f"{candidate.name}: {answer.status_code} {answer.text}")
        yield Running(candidate, process, url, seconds_to_answer, headers)
    finally:
        process.terminate()
        process.wait()


def interleaved(candidates: Sequence[Running]) -> list[Figures]:
    """Load each candidate for some seconds, in turns."""
    figures = [Figures(each.candidate.name) for each in candidates]
    for candidate in candidates:
        load(candidate, seconds=1)
    for _ in range(ROUNDS):
        for candidate, figure in zip(candidates, figures, strict=True):
            before = candidate.seconds_of_cpu()
            rate = load(candidate).rate
            figure.rates.append(rate)
            figure.cpu.append((candidate.seconds_of_cpu() - before) / (rate * SECONDS) * 1e6)
    return figures


def load(target: Running, *, seconds: int = SECONDS, connections: int = CONNECTIONS) -> Load:
    return finished(start_load(target, seconds=seconds, connections=connections))


def start_load(target: Running, *, seconds: int, connections: int) -> subprocess.Popen[str]:
    headers = [part for item in target.headers.items() for part in ("--header", ": ".join(item))]
    options = ["--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    # Its own two seconds are less than a login waits for its turn.
    options += ["--timeout", "30s"]
    script = target.candidate.script
    if script:
        options += ["--script", str(SCRIPTS / script[0])]
    return subprocess.Popen(
        [
            *(on_core(LOAD_CORE) if target.candidate.pinned else []),
            *(
                find_program("wrk"),
                "--latency",
                *options,
                *headers,
                target.url + target.candidate.path,
            ),
            *("--", *script[1:]),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> Load:
    """Wait until the load is over.

    Raises:
        Unusable: not every request was answered with success.
    """
    said, _ = process.communicate()
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    if not rate or not p99 or re.search(r"Non-2xx|Socket errors", said):
        raise Unusable(said)
    return Load(float(rate[1]), float(p99[1]) * {"us": 0.001, "ms": 1, "s": 1000}[p99[2]])


def wait_until_open(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.01)
        else:
            return
    raise Unusable(f"{url} does not answer")
