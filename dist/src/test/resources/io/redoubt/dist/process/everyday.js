// Everyday use of ioredis. Arguments: the port of a server. Prints "ok" after the last check.
const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const Redis = require('ioredis');

const port = Number(process.argv[2]);
const r = new Redis(port, '127.0.0.1', { commandTimeout: 10_000 });
const other = r.duplicate();

async function main() {
  await r.flushall();
  assert.equal(await r.set('s', '1', 'EX', 100), 'OK');
  assert.equal(await r.incrby('s', 4), 5);
  assert.ok((await r.ttl('s')) > 0);
  assert.equal(await r.set('s', 'x', 'NX'), null);
  assert.equal(await r.hset('h', { a: 1, b: 2 }), 2);
  assert.deepEqual(await r.hgetall('h'), { a: '1', b: '2' });
  assert.equal(await r.zadd('z', 1, 'one', 2.5, 'two'), 2);
  assert.deepEqual(await r.zrange('z', 0, -1, 'WITHSCORES'), ['one', '1', 'two', '2.5']);
  assert.deepEqual(await r.getBuffer('s'), Buffer.from('5'));

  const piped = await r.pipeline().set('p', 1).incr('p').lpush('p', 1).get('p').exec();
  assert.deepEqual(piped.map(([error, reply]) => error?.message.slice(0, 9) ?? reply), ['OK', 2, 'WRONGTYPE', '2']);
  await r.watch('s');
  assert.deepEqual(await r.multi().incr('s').exec(), [[null, 6]]);
  await r.watch('s');
  await other.set('s', 'other');
  assert.equal(await r.multi().set('s', 'lost').exec(), null);
  assert.equal(await r.get('s'), 'other');

  const sub = r.duplicate();
  const got = [];
  sub.on('message', (channel, text) => got.push([channel, text]));
  sub.on('pmessage', (pattern, channel, text) => got.push([pattern, channel, text]));
  assert.equal(await sub.subscribe('c'), 1);
  assert.equal(await sub.psubscribe('c*'), 2);
  assert.equal(await r.publish('c', 'hello'), 2);
  await until(() => got.length === 2);
  assert.deepEqual(got, [['c', 'hello'], ['c*', 'c', 'hello']]);
  await sub.quit();

  const popped = other.blpop('l', 10);
  await sleep(100);
  await r.rpush('l', 'pushed');
  assert.deepEqual(await popped, ['l', 'pushed']);
  assert.equal(await other.blpop('l', 0.1), null);

  r.defineCommand('echoes', { numberOfKeys: 1, lua: 'return {KEYS[1], ARGV[1]}' });
  assert.deepEqual(await r.echoes('k', 'v'), ['k', 'v']);
  await r.script('FLUSH');
  assert.deepEqual(await r.echoes('k', 'v'), ['k', 'v']);

  const many = r.pipeline();
  for (let i = 0; i < 1000; i++) {
    many.set('scan:' + i, i).hset('hs', i, i).sadd('ss', i);
  }
  await many.exec();
  assert.equal(await size(r.scanStream({ match: 'scan:*', count: 50 }), 1), 1000);
  assert.equal(await size(r.hscanStream('hs'), 2), 1000);
  assert.equal(await size(r.sscanStream('ss'), 1), 1000);

  const first = await r.xadd('st', '*', 'f', 1);
  await r.xadd('st', '*', 'f', 2);
  assert.equal(await r.xgroup('CREATE', 'st', 'g', 0), 'OK');
  assert.equal((await r.xreadgroup('GROUP', 'g', 'one', 'COUNT', 2, 'STREAMS', 'st', '>'))[0][1].length, 2);
  assert.equal(await r.xack('st', 'g', first), 1);
  await assert.rejects(r.xgroup('CREATE', 'st', 'g', 0), /BUSYGROUP/);

  await redirects();
  console.log('ok');
  process.exit(0);
}

/** Client-side caching in RESP2: another connection receives what a connection has to forget. */
async function redirects() {
  const listener = r.duplicate({ protocol: 2 });
  const forgotten = [];
  const id = await listener.client('ID');
  listener.on('message', (channel, keys) => forgotten.push(keys));
  await listener.subscribe('__redis__:invalidate');
  assert.equal(await r.client('TRACKING', 'on', 'REDIRECT', id), 'OK');
  assert.equal(await r.client('GETREDIR'), id);
  assert.equal(await r.get('s'), 'other');
  await other.set('s', 'changed');
  await until(() => forgotten.length === 1);
  assert.deepEqual(forgotten.flat(), ['s']);
  await r.client('TRACKING', 'off');
  await listener.quit();
}

async function size(stream, width) {
  const found = new Set();
  for await (const batch of stream) {
    for (let i = 0; i < batch.length; i += width) {
      found.add(batch[i]);
    }
  }
  return found.size;
}

async function until(condition) {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 1000, condition.toString());
    await sleep(10);
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
