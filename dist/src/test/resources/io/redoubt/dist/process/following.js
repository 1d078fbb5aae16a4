// ioredis finds the master through sentinels. Arguments: the master's name, the sentinels' ports. Counts under the key
// "ioredis" on one master until it counts on another, too; then prints "ok".
const { setTimeout: sleep } = require('node:timers/promises');
const Redis = require('ioredis');

const [name, ...ports] = process.argv.slice(2);
const r = new Redis({
  name,
  sentinels: ports.map((port) => ({ host: '127.0.0.1', port })),
  maxRetriesPerRequest: 1,
  connectTimeout: 1_000,
  commandTimeout: 2_000,
  sentinelRetryStrategy: () => 100,
  retryStrategy: () => 100,
});
r.on('error', () => {});

async function main() {
  const masters = new Set(); // added before the counter is visible, after which the test may kill the master
  let counted = false;
  const end = Date.now() + 90_000;
  while ((masters.size < 2 || !counted) && Date.now() < end) {
    counted = false;
    try {
      masters.add((await r.info('server')).match(/run_id:(\w+)/)[1]);
      await r.incr('ioredis');
      counted = true;
    } catch {
      // The former master is gone.
    }
    await sleep(20);
  }
  console.log(masters.size === 2 && counted ? 'ok' : 'no other master');
  process.exit(0);
}

main();
