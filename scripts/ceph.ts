import { execFile, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

// node scripts/ceph.ts -- <command>
// Runs a command against a Ceph object gateway, which is a real S3 server: one monitor, one manager, one OSD and the gateway
// on loopback, in a temporary directory. The command finds the server in RESULTKIT_S3_*. Needs Debian's ceph-mon, ceph-mgr,
// ceph-osd and radosgw. Everything is stopped in the end, and the command's exit code is returned.

const run = promisify(execFile)
const START_MS = 90_000

interface Cluster {
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

// Stopped in this order.
const DAEMONS = ['client.rgw', 'mgr.x', 'osd.0', 'mon.a']

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args[0] === '--' ? args.slice(1) : args
  if (command === undefined) {
    console.error('usage: node scripts/ceph.ts -- <command>')
    return 2
  }
  const directory = mkdtempSync(join(tmpdir(), 'resultkit-ceph-'))
  try {
    const cluster = await start(directory)
    console.error(`ceph: the gateway answers at ${cluster.endpoint}`)
    return await runAgainst(cluster, command, rest)
  } finally {
    await stop(directory)
  }
}

async function runAgainst(cluster: Cluster, command: string, args: readonly string[]): Promise<number> {
  const env = {
    ...process.env,
    RESULTKIT_S3_ENDPOINT: cluster.endpoint,
    RESULTKIT_S3_BUCKET: 'resultkit-test',
    RESULTKIT_S3_REGION: 'us-east-1',
    RESULTKIT_S3_ACCESS_KEY_ID: cluster.accessKeyId,
    RESULTKIT_S3_SECRET_ACCESS_KEY: cluster.secretAccessKey,
    // Ceph 16 ignores conditions of CompleteMultipartUpload and DeleteObject.
    RESULTKIT_S3_LACKS: 'ifAbsentStream,ifMatchStream,deleteIfMatch',
  }
  const child = spawn(command, args, { env, stdio: 'inherit' })
  // Without listeners these would end this process before it has stopped the cluster.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const [code] = await once(child, 'exit')
  return typeof code === 'number' ? code : 1
}

async function start(directory: string): Promise<Cluster> {
  const [mon2 = 0, mon1 = 0, gateway = 0] = await freePorts(3)
  const fsid = randomUUID()
  const address = `[v2:127.0.0.1:${mon2},v1:127.0.0.1:${mon1}]`
  const conf = join(directory, 'ceph.conf')
  for (const name of ['mon', 'mgr', 'osd', 'rgw', 'run', 'log', 'crash']) mkdirSync(join(directory, name))
  writeFileSync(conf, configuration(directory, fsid, address, gateway))
  const ceph = (program: string, ...args: readonly string[]) => run(program, ['-c', conf, ...args])
  await makeKeys(directory)

  const monmap = join(directory, 'monmap')
  await run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', address, monmap])
  await ceph('ceph-mon', '--mkfs', '-i', 'a', '--monmap', monmap, '--keyring', join(directory, 'keyring'))
  await ceph('ceph-mon', '-i', 'a')
  await ceph('ceph-mgr', '-i', 'x')
  const osd = randomUUID()
  await ceph('ceph', 'osd', 'new', osd)
  await ceph('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd)
  await ceph('ceph-osd', '-i', '0')
  await ceph('radosgw', '-n', 'client.rgw')
  const endpoint = `http://127.0.0.1:${gateway}`
  const accessKeyId = randomBytes(10).toString('hex')
  const secretAccessKey = randomBytes(20).toString('hex')
  const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`]
  await ceph('radosgw-admin', 'user', 'create', '--uid=test', '--display-name=test', ...keys)
  await untilReady(endpoint)
  return { endpoint, accessKeyId, secretAccessKey }
}

function configuration(directory: string, fsid: string, address: string, gateway: number): string {
  const at = (path: string): string => join(directory, path)
  return `[global]
fsid = ${fsid}
mon_host = ${address}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
auth_allow_insecure_global_id_reclaim = true
keyring = ${at('keyring')}
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
run_dir = ${at('run')}
admin_socket = ${at('run/$name.asok')}
log_file = ${at('log/$name.log')}
pid_file = ${at('run/$name.pid')}
crash_dir = ${at('crash')}
[mon]
mon_data = ${at('mon')}
mon_data_avail_warn = 1
mon_data_avail_crit = 1
[mgr]
mgr_data = ${at('mgr')}
mgr_initial_modules =
[osd]
osd_data = ${at('osd')}
osd_objectstore = memstore
memstore_device_bytes = 8589934592
memstore_page_set = true
osd_memory_target = 1073741824
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:${gateway} tcp_nodelay=1
rgw_data = ${at('rgw')}
rgw_thread_pool_size = 64
`
}

async function makeKeys(directory: string): Promise<void> {
  const keyring = join(directory, 'keyring')
  await run('ceph-authtool', ['--create-keyring', keyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *'])
  const caps = ['mon', 'osd', 'mgr'].flatMap((service) => ['--cap', service, 'allow *'])
  for (const name of ['client.admin', 'mgr.x', 'osd.0', 'client.rgw'])
    await run('ceph-authtool', [keyring, '--gen-key', '-n', name, ...caps])
}

async function untilReady(endpoint: string): Promise<void> {
  const end = Date.now() + START_MS
  for (;;) {
    const answer = await fetch(endpoint).catch(() => undefined)
    if (answer !== undefined) return
    if (Date.now() > end) throw new Error('The gateway does not answer.')
    await sleep(200)
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  const ports: number[] = []
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address !== null) ports.push(address.port)
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function stop(directory: string): Promise<void> {
  for (const name of DAEMONS) {
    const file = join(directory, 'run', `${name}.pid`)
    if (existsSync(file)) await end(Number(readFileSync(file, 'utf8')))
  }
  rmSync(directory, { recursive: true, force: true })
}

async function end(pid: number): Promise<void> {
  const send = (signal: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(pid, signal)
    } catch {
      return false
    }
  }
  if (!send('SIGTERM')) return
  for (let waited = 0; waited < 10_000; waited += 100) {
    if (!send(0)) return
    await sleep(100)
  }
  send('SIGKILL')
}
