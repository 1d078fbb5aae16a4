// node jobs.js add|process PORT JOBS: adds jobs to a queue of BullMQ, or processes them all. Prints the number of jobs.
const { Queue, Worker } = require('bullmq');

const phase = process.argv[2];
const [port, jobs] = process.argv.slice(3).map(Number);
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
const AT_ONCE = 100;

async function add() {
  const queue = new Queue('jobs', { connection });
  for (let from = 0; from < jobs; from += AT_ONCE) {
    const batch = [];
    for (let n = from; n < Math.min(jobs, from + AT_ONCE); n++) {
      const options = n % 10 === 7 ? { delay: 1000 } : n % 5 === 0 ? { priority: 1 + (n % 3) } : {};
      batch.push(queue.add('job', { n, to: 'somebody@example.org', subject: 'a subject', tags: ['a', 'b'] }, options));
    }
    await Promise.all(batch);
  }
  const counts = await queue.getJobCounts('waiting', 'prioritized', 'delayed');
  await queue.close();
  return counts.waiting + counts.prioritized + counts.delayed;
}

function work() {
  return new Promise((resolve, reject) => {
    let done = 0;
    const worker = new Worker('jobs', async (job) => ({ n: job.data.n }), { connection, concurrency: 50 });
    worker.on('error', reject);
    worker.on('failed', (job, error) => reject(error));
    worker.on('completed', () => {
      if (++done === jobs) {
        worker.close().then(() => resolve(done), reject);
      }
    });
  });
}

(phase === 'add' ? add() : work()).then(
  (count) => {
    console.log(count);
    process.exit(0);
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
