// pg-boss, as benchmarks/job_queue.py measures it: `prepare`, `defer COUNT` and `work`; with nothing, whether it is there.
//
// A worker of pg-boss looks for jobs at most twice a second, so each look takes more than are under way at once.
const http = require('node:http')
const PgBoss = require('pg-boss')

const AT_ONCE = 16
const QUEUE = 'alerts'
const SIGNS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'

// As benchmarks/ceiling.py makes them, so that the sink knows whose they are.
const reference = (number) =>
  'O-' + [3, 2, 1, 0].map((place) => SIGNS[Math.floor(number / SIGNS.length ** place) % SIGNS.length]).join('')

async function defer(boss, count) {
  const asked = []
  let next = 0
  const deferOn = async () => {
    while (next < count) {
      const ref = reference(next++)
      asked.push([ref, Number(process.hrtime.bigint())])
      await boss.send(QUEUE, { ref })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, deferOn))
  process.stdout.write(JSON.stringify(asked))
}

const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE })

function send(ref) {
  const form = { To: '+15551230000', From: '+15551230001', Body: `URGENT ${ref}: arrest. Answer 4711.` }
  const body = new URLSearchParams(form).toString()
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length }
  return new Promise((resolve, reject) => {
    const request = http.request(process.env.JOBS_PROVIDER, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().on('end', resolve)
    })
    request.on('error', reject).end(body)
  })
}

async function main([task, count]) {
  if (!task) return
  const boss = new PgBoss({ connectionString: process.env.JOBS_DATABASE, max: AT_ONCE })
  boss.on('error', console.error)
  await boss.start()
  if (task === 'prepare') await boss.createQueue(QUEUE)
  if (task === 'defer') await defer(boss, Number(count))
  if (task === 'work') {
    const options = { batchSize: 50 * AT_ONCE, pollingIntervalSeconds: 0.5 }
    await boss.work(QUEUE, options, (jobs) => Promise.all(jobs.map((job) => send(job.data.ref))))
  } else {
    await boss.stop()
  }
}

main(process.argv.slice(2))
