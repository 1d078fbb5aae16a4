// Client-side caching by node-redis over RESP3. Arguments: the port of a server. Prints "ok" after the last check.
const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const { createClient, BasicClientSideCache } = require('@redis/client');

const KEYS = 200;
const socket = { host: '127.0.0.1', port: Number(process.argv[2]) };

async function main() {
  const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0, evictPolicy: 'LRU' });
  const cached = await createClient({ RESP: 3, socket, clientSideCache: cache }).connect();
  const other = await createClient({ socket }).connect();
  for (let i = 0; i < KEYS; i++) {
    await other.set('node:' + i, 'before');
    assert.equal(await cached.get('node:' + i), 'before');
    assert.equal(await cached.get('node:' + i), 'before');
  }
  assert.equal(cache.stats().hitCount, KEYS);
  for (let i = 0; i < KEYS; i += 2) {
    await other.set('node:' + i, 'after');
  }
  await until(() => cache.size() === KEYS / 2);
  assert.equal(await cached.get('node:0'), 'after');
  assert.equal(await cached.get('node:1'), 'before');
  await other.hSet('node:hash', 'field', 'before');
  assert.deepEqual({ ...(await cached.hGetAll('node:hash')) }, { field: 'before' });
  await other.multi().hSet('node:hash', 'field', 'after').exec();
  await until(async () => (await cached.hGetAll('node:hash')).field === 'after');
  await other.pExpire('node:1', 1);
  await until(async () => (await cached.get('node:1')) === null);
  await other.flushAll();
  await until(async () => (await cached.get('node:3')) === null);
  console.log('ok');
  process.exit(0);
}

async function until(condition) {
  for (let tries = 0; !(await condition()); tries++) {
    assert.ok(tries < 1000, condition.toString());
    await sleep(10);
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
