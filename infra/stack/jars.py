"""Kafka's jars: pinned by hash in kafka-jars.txt, fetched once, checked before they are used."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import requests
import stamina
import truststore
from jgo.maven import MavenContext, PythonResolver

from infra.errors import SetupError

KAFKA = "4.2.0"
LOG4J = "2.25.3"
LOCK = Path(__file__).with_name("kafka-jars.txt")
DOWNLOAD_TIMEOUT_S = 60
PARALLEL_DOWNLOADS = 4

# kafka-clients and kafka-server-common are named because a resolver that meets them only as
# dependencies of kafka_2.13 may choose another version; the logging binding is in no one's list.
ROOTS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA}",
    f"org.apache.kafka:kafka-clients:{KAFKA}",
    f"org.apache.kafka:kafka-server-common:{KAFKA}",
)
LOGGING = tuple(
    f"org.apache.logging.log4j:{name}:{LOG4J}"
    for name in ("log4j-api", "log4j-core", "log4j-slf4j-impl")
)


class Jar(NamedTuple):
    """One pinned file."""

    group: str
    name: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """The name under which the jar is kept."""
        return f"{self.name}-{self.version}.jar"


def pinned() -> tuple[Jar, ...]:
    """List the jars that this version of the hall runs on."""
    lines = LOCK.read_text().splitlines()
    return tuple(_parse(line) for line in lines if line and not line.startswith("#"))


def missing(folder: Path) -> list[Jar]:
    """List the pinned jars that the folder does not hold."""
    return [jar for jar in pinned() if not (folder / jar.filename).is_file()]


def classpath(folder: Path) -> str:
    """Give the pinned jars in the form that `java -cp` takes."""
    return ":".join(str(folder / jar.filename) for jar in pinned())


def fetch(jars: Iterable[Jar], folder: Path, fetched: Callable[[Jar], None]) -> None:
    """Download jars into the folder; a file appears there whole or not at all."""
    truststore.inject_into_ssl()  # believe whom the machine believes, such as a company's proxy
    folder.mkdir(parents=True, exist_ok=True)
    with _downloads(folder) as context, ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
        for jar in pool.map(lambda jar: _fetch(context, jar, folder), jars):
            fetched(jar)


def _fetch(context: MavenContext, jar: Jar, folder: Path) -> Jar:
    try:
        downloaded = _download(context, jar)
    except (requests.RequestException, RuntimeError) as error:
        raise SetupError(
            f"Kafka's file {jar.filename} could not be downloaded ({error}); check the network and"
            " its proxy settings, or name an existing Kafka with GAMEHALL_KAFKA."
        ) from error
    if _sha256(downloaded) != jar.sha256:
        raise SetupError(
            f"Kafka's file {jar.filename} arrived with sha256 {_sha256(downloaded)} instead of"
            f" {jar.sha256}, so it was not used; try again, and distrust the network if it repeats."
        )
    return _keep(downloaded, jar, folder)


def _keep(downloaded: Path, jar: Jar, folder: Path) -> Jar:
    downloaded.replace(folder / jar.filename)
    return jar


@stamina.retry(on=requests.RequestException, attempts=3)
def _download(context: MavenContext, jar: Jar) -> Path:
    artifact = context.project(jar.group, jar.name).at_version(jar.version).artifact()
    artifact.context.repo_cache.joinpath(artifact.component.path_prefix, artifact.filename).unlink(
        missing_ok=True  # the rest of an attempt that broke off
    )
    return artifact.resolve()


@contextmanager
def _downloads(folder: Path) -> Iterator[MavenContext]:
    with TemporaryDirectory(dir=folder, prefix="download-") as cache:
        yield MavenContext(PythonResolver(), repo_cache=Path(cache), timeout=DOWNLOAD_TIMEOUT_S)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _parse(line: str) -> Jar:
    coordinates, sha256 = line.split()
    group, name, version = coordinates.split(":")
    return Jar(group, name, version, sha256)


def _resolve(context: MavenContext) -> list[Jar]:
    # Each set is resolved for itself: the logging library's management would bend Kafka's versions.
    found = set[Jar]()
    for roots, transitive in ((ROOTS, True), (LOGGING, False)):
        inputs = [context.create_dependency(root) for root in roots]
        for each in chain.from_iterable(context.resolver.resolve(inputs, transitive=transitive)):
            sha256 = _sha256(each.artifact.resolve())
            found.add(Jar(each.groupId, each.artifactId, each.version, sha256))
    return sorted(found)


def write_lock() -> None:
    """Resolve Kafka's jars anew and pin what was found (`make lock`)."""
    with TemporaryDirectory() as folder, _downloads(Path(folder)) as context:
        lines = [f"{':'.join(jar[:3])} {jar[3]}" for jar in _resolve(context)]
    LOCK.write_text("\n".join(["# Written by `make lock`.", *lines, ""]))


if __name__ == "__main__":
    write_lock()
