// Deposits into accounts by Emmett's command handler on PostgreSQL.
//
//     node accounts.mjs DSN IN_FLIGHT ACCOUNTS SECONDS
//
// ACCOUNTS for each of those in flight, so that no two of them write to one account. Prints JSON.

import { CommandHandler } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';

const [dsn, inFlight, accounts, seconds] = process.argv.slice(2);
const WARM_UP = 1;

const handle = CommandHandler({
  initialState: () => ({ balance: 0 }),
  evolve: (account, { data }) => ({ balance: account.balance + data.amount }),
});
const deposit = (account) => ({ type: 'Deposited', data: { account, amount: 1 } });

const store = getPostgreSQLEventStore(dsn);
await store.schema.migrate();
const begin = performance.now() + 1_000 * WARM_UP;
const end = begin + 1_000 * seconds;
const took = [];

async function client(number) {
  for (let before = performance.now(); before < end; ) {
    const account = `account-${number}-${Math.floor(Math.random() * accounts)}`;
    await handle(store, account, () => deposit(account));
    const after = performance.now();
    if (before >= begin && after < end) took.push(after - before);
    before = after;
  }
}

await Promise.all(Array.from({ length: Number(inFlight) }, (_, number) => client(number)));
await store.close();
took.sort((one, other) => one - other);
const at = (share) => took[Math.floor(took.length * share)];
console.log(JSON.stringify({ rate: took.length / seconds, p50: at(0.5), p99: at(0.99) }));
