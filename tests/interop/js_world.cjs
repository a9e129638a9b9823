'use strict';
// A node as @dydxprotocol/v4-client-js 3.6.0 sees it, and how its calls are told: one JSON line each.

const assert = require('node:assert/strict');
const { CompositeClient, IndexerConfig, LocalWallet, Network, SubaccountInfo, ValidatorConfig } = require('@dydxprotocol/v4-client-js');

// Starts the lines that are meant for the runner; the client library prints to standard output too.
const MARK = '@call ';
const USDC = 'ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5';
const NATIVE = 'adv4tnt';
const DOLLAR = 1_000_000n;

let failed = 0;

/** One call: `act` must not throw; what it returns is told as its result. A failed call does not stop the others. */
async function call(name, act) {
  const started = Date.now();
  let ok = true;
  let note;
  try {
    note = await withLimit(act(), 60_000);
  } catch (problem) {
    ok = false;
    failed += 1;
    const place = /js_calls\.cjs:(\d+)/.exec(String(problem?.stack ?? ''));
    note = `${problem?.name ?? 'Error'}: ${String(problem?.message ?? problem).slice(0, 600)} [line ${place?.[1] ?? '?'}]`;
  }
  tell({ call: name, ok, ms: Date.now() - started, note: note ?? '' });
}

function tell(line) {
  process.stdout.write(`\n${MARK}${JSON.stringify(line)}\n`);
}

/** Ends the process: exit code 1 when a call failed. */
function leave() {
  tell({ done: true });
  process.exit(failed ? 1 : 0);
}

function withLimit(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing after ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What `look` finds, asked again until it is not undefined. */
async function soon(what, look, ms = 10_000) {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new Error(`${what}: nothing after ${ms} ms`);
}

/** The integer of a SerializableInt: sign byte 2 or 3, then the magnitude. */
function number(bytes) {
  assert.ok(bytes.length > 0 && (bytes[0] === 2 || bytes[0] === 3), `a sign byte in ${Buffer.from(bytes).toString('hex')}`);
  const hex = Buffer.from(bytes.slice(1)).toString('hex');
  const magnitude = hex ? BigInt(`0x${hex}`) : 0n;
  return bytes[0] === 3 ? -magnitude : magnitude;
}

/** A trading fee: rounded up, so that a rebate is rounded toward zero. */
function feeOf(quoteQuantums, ppm) {
  const product = quoteQuantums * ppm;
  const floor = product / 1_000_000n;
  return product > 0n && product % 1_000_000n ? floor + 1n : floor;
}

async function getJson(url) {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, url);
  return answer.json();
}

class World {
  constructor(config) {
    this.config = config;
  }

  network({ chainId = this.config.chain_id, rpc = this.config.rpc, useTimestampNonce = false, offset = 0 } = {}) {
    const denoms = {
      CHAINTOKEN_DENOM: NATIVE,
      CHAINTOKEN_DECIMALS: 18,
      USDC_DENOM: USDC,
      USDC_GAS_DENOM: 'uusdc',
      USDC_DECIMALS: 6,
    };
    const indexer = new IndexerConfig(this.config.indexer, this.config.indexer.replace('http', 'ws'));
    const validator = new ValidatorConfig(
      rpc, chainId, denoms, undefined, 'Client Example', useTimestampNonce, offset,
    );
    return new Network('local', indexer, validator);
  }

  async connect() {
    this.client = await CompositeClient.connect(this.network());
    this.get = this.client.validatorClient.get;
    this.post = this.client.validatorClient.post;
  }

  async openWallets() {
    this.wallets = {};
    this.subaccounts = {};
    for (const [name, account] of Object.entries(this.config.accounts)) {
      const wallet = account.mnemonic
        ? await LocalWallet.fromMnemonic(account.mnemonic, 'dydx')
        : await LocalWallet.fromPrivateKey(account.key, 'dydx');
      assert.equal(wallet.address, account.address, name);
      this.wallets[name] = wallet;
      this.subaccounts[name] = SubaccountInfo.forLocalWallet(wallet, 0);
    }
  }

  address(name) {
    return this.config.accounts[name].address;
  }

  async bank(address, denom = USDC) {
    const coin = await this.get.getAccountBalance(address, denom);
    assert.equal(coin.denom, denom);
    return BigInt(coin.amount);
  }

  async sequence(name) {
    return (await this.get.getAccount(this.address(name))).sequence;
  }

  /** A subaccount: USDC in quantums, and positions in base quantums by perpetual. */
  async holding(name, subaccount = 0) {
    const found = (await this.get.getSubaccount(this.address(name), subaccount)).subaccount;
    const usdc = found.assetPositions.filter((one) => one.assetId === 0).reduce((sum, one) => sum + number(one.quantums), 0n);
    const positions = Object.fromEntries(found.perpetualPositions.map((one) => [one.perpetualId, number(one.quantums)]));
    return { usdc, positions };
  }

  async book(market = 'BTC-USD') {
    const found = await this.client.indexerClient.markets.getPerpetualMarketOrderbook(market);
    const levels = (side) => side.map((one) => [one.price, one.size]);
    return { bids: levels(found.bids), asks: levels(found.asks) };
  }

  /** Waits until the book looks so; throws with what it looks like instead. */
  async bookBecomes(want) {
    const end = Date.now() + 5_000;
    let seen = await this.book();
    while (JSON.stringify(seen) !== JSON.stringify(want) && Date.now() < end) {
      await sleep(30);
      seen = await this.book();
    }
    assert.deepEqual(seen, want);
  }

  async height() {
    return Number((await getJson(`${this.config.indexer}/v4/height`)).height);
  }

  async blocksPass(count) {
    const start = await this.height();
    return soon(`${count} blocks`, async () => ((await this.height()) >= start + count ? true : undefined), 20_000);
  }

  /** Waits for the block of a transaction that was sent without waiting. */
  async committed(answer) {
    assert.equal(answer.code, 0);
    const hash = Buffer.from(answer.hash);
    assert.equal(hash.length, 32);
    const found = await soon('transaction', () => this.get.tendermintClient.baseClient.tx({ hash }).catch(() => undefined));
    assert.equal(found.result.code, 0, found.result.log);
    return found;
  }

  /** What a committed transaction paid: the fee in its `tx` event. */
  feeIn(events) {
    for (const event of events.filter((one) => one.type === 'tx')) {
      for (const { key, value } of event.attributes) {
        const found = key === 'fee' && /^(\d+)ibc\//.exec(value);
        if (found) return BigInt(found[1]);
      }
    }
    return 0n;
  }

  async control(verb, body = {}) {
    const answer = await fetch(`${this.config.rpc}/control/${verb}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  }
}

module.exports = { DOLLAR, NATIVE, USDC, World, call, feeOf, leave, number, sleep, soon };
