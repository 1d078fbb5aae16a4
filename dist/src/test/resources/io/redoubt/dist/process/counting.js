// ioredis finds the master through sentinels. Arguments: the master's name, a file, the sentinels' ports. Counts under the
// key "ioredis" until the file exists; then prints the numbers of increments that were acknowledged and of unknown outcome.
const { existsSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const Redis = require('ioredis');

const [name, end, ...ports] = process.argv.slice(2);
const r = new Redis({
  name,
  sentinels: ports.map((port) => ({ host: '127.0.0.1', port })),
  failoverDetector: true,
  autoResendUnfulfilledCommands: false, // an increment that is sent again may count twice
  maxRetriesPerRequest: 0,
  connectTimeout: 1_000,
  commandTimeout: 1_000,
  sentinelRetryStrategy: () => 100,
  retryStrategy: () => 100,
});
r.on('error', () => {});
// ioredis gives up for good when it hears of a switch while it is asking the sentinels.
r.on('end', () => r.connect().catch(() => {}));

async function main() {
  let acknowledged = 0;
  let unknown = 0;
  while (!existsSync(end)) {
    try {
      await r.incr('ioredis');
      acknowledged++;
      await sleep(1);
    } catch {
      unknown++;
      await sleep(20);
    }
  }
  console.log(acknowledged, unknown);
  process.exit(0);
}

main();
