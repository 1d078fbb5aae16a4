// ioredis in a cluster. Arguments: a file, a port, keys. Counts under each key in turn until the file exists; an increment is
// acknowledged if a replica has it, too. Then prints, for each key, the numbers of acknowledged and of unknown increments.
const { existsSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { Cluster } = require('ioredis');

const [end, port, ...keys] = process.argv.slice(2);
const cluster = new Cluster([{ host: '127.0.0.1', port }], {
  clusterRetryStrategy: () => 100,
  slotsRefreshInterval: 500,
  retryDelayOnFailover: 0, // a repeated increment may count twice
  redisOptions: { connectTimeout: 1_000, commandTimeout: 2_000, autoResendUnfulfilledCommands: false },
});
cluster.on('error', () => {});
// ioredis gives up permanently if no node answers its first request.
cluster.on('end', () => cluster.connect().catch(() => {}));

async function main() {
  const acknowledged = new Map(keys.map((key) => [key, 0]));
  const unknown = new Map(keys.map((key) => [key, 0]));
  for (let turn = 0; !existsSync(end); turn++) {
    const key = keys[turn % keys.length];
    let done = false;
    try {
      const [[incrError], [waitError, replicas]] = await cluster.pipeline().incr(key).wait(1, 1_000).exec();
      done = !incrError && !waitError && replicas >= 1;
    } catch {
      // The node is gone.
    }
    const counts = done ? acknowledged : unknown;
    counts.set(key, counts.get(key) + 1);
    await sleep(done ? 5 : 20);
  }
  for (const key of keys) {
    console.log(key, acknowledged.get(key), unknown.get(key));
  }
  process.exit(0);
}

main();
