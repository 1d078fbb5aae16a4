// node jobs.js PORT JOBS: runs JOBS jobs of BullMQ; a tenth of them fail at first, and a tenth are delayed.
const { Queue, Worker, QueueEvents } = require('bullmq');

const [port, jobs] = process.argv.slice(2).map(Number);
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };

async function main() {
  const queue = new Queue('jobs', { connection });
  let done = 0;
  let retries = 0;
  let early = 0;
  const sums = new Set();
  const all = Promise.withResolvers ? Promise.withResolvers() : deferred();
  const worker = new Worker(
    'jobs',
    async (job) => {
      if (job.data.n % 10 === 3 && job.attemptsMade === 0) {
        retries++;
        throw new Error('at first');
      }
      if (job.opts.delay && Date.now() < job.timestamp + job.opts.delay) {
        early++;
      }
      return job.data.n;
    },
    { connection, concurrency: 50 },
  );
  worker.on('completed', (job, result) => {
    sums.add(result);
    if (++done === jobs) {
      all.resolve();
    }
  });
  worker.on('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  for (let from = 0; from < jobs; from += 500) {
    const batch = [];
    for (let n = from; n < Math.min(jobs, from + 500); n++) {
      batch.push({
        name: 'job',
        data: { n },
        opts: {
          attempts: 3,
          backoff: { type: 'fixed', delay: 50 },
          delay: n % 10 === 7 ? 100 : 0,
          priority: n % 10 === 5 ? 1 : 0,
        },
      });
    }
    await queue.addBulk(batch);
  }
  await all.promise;
  const counts = await queue.getJobCounts();
  console.log(JSON.stringify({ done, distinct: sums.size, retries, early, failed: counts.failed, completed: counts.completed }));
  await worker.close();
  await queue.close();
  process.exit(0);
}

function deferred() {
  const result = {};
  result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }));
  return result;
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
