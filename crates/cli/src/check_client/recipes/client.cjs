// Node's undici; exit code 0 when each page came with a status below 400.
//
// usage: client.cjs PROXY USER PASSWORD CA_FILE TIMEOUT TASK URL [FILE | URL]
const fs = require('node:fs');
const { ProxyAgent, fetch } = require('undici');

const [proxy, user, password, caFile, timeout, task, url, more] = process.argv.slice(2);
const dispatcher = new ProxyAgent({
  uri: proxy,
  token: 'Basic ' + Buffer.from(`${user}:${password}`).toString('base64'),
  requestTls: { ca: fs.readFileSync(caFile) },
});

async function get(target, options) {
  const signal = AbortSignal.timeout(Number(timeout) * 1000);
  const response = await fetch(target, { dispatcher, signal, ...options });
  await response.arrayBuffer();
  if (response.status >= 400) throw new Error(`status ${response.status}`);
}

(async () => {
  await get(url, task === 'upload' ? { method: 'POST', body: fs.readFileSync(more) } : {});
  if (task === 'two') await get(more);
  process.exit(0);
})().catch((error) => {
  console.error(error.cause ? `${error.message}: ${error.cause.message}` : error.message);
  process.exit(1);
});
