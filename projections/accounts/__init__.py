"""Read models of accounts."""

from domain.categories import USERS
from projections.accounts.accounts import NAME, AccountQueries, Accounts
from projections.read_model import ReadModel, log

ACCOUNTS = ReadModel(
    name=NAME,
    source=log(USERS.topic),
    record=Accounts,
    queries=lambda stores: AccountQueries(stores.postgres, stores.open),
)
