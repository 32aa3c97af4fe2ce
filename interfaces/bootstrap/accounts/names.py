"""What keeps names and accounts together; it loads nothing of HTTP."""

from application.accounts.names import NAME, NamesProcess
from domain.categories import USERS
from interfaces.bootstrap.worker import ProcessManager

NAMES = ProcessManager(name=NAME, topics=(USERS.topic,), build=lambda _settings: NamesProcess())
