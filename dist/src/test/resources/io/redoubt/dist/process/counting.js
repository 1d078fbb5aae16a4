// ioredis finds the master through sentinels. Arguments: the master's name, a file, the sentinels' ports. Counts under the
// key "ioredis" until the file exists; then prints the numbers of acknowledged increments and of those with an unknown outcome.
const { existsSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const Redis = require('ioredis');

const [name, end, ...ports] = process.argv.slice(2);
const r = new Redis({
  name,
  sentinels: ports.map((port) => ({ host: '127.0.0.1', port })),
  failoverDetector: true,
  autoResendUnfulfilledCommands: false, // a repeated increment may count twice
  maxRetriesPerRequest: 0,
  connectTimeout: 1_000,
  commandTimeout: 1_000,
  sentinelRetryStrategy: () => 100,
  retryStrategy: () => 100,
});
r.on('error', () => {});
// ioredis gives up permanently if it learns of a switch while it queries the sentinels.
r.on('end', () => r.connect().catch(() => {}));

async function main() {
  let acknowledged = 0;
  let unknown = 0;
  while (!existsSync(end)) {
    try {
      await r.incr('ioredis');
      acknowledged++;
      await sleep(5);
    } catch {
      unknown++;
      await sleep(20);
    }
  }
  console.log(acknowledged, unknown);
  process.exit(0);
}

main();
