'use strict';
// @dydxprotocol/v4-client-js 3.6.0 against a node: every call that its users make, and what must come of it to the unit.
//
// usage: NODE_PATH=… node js_calls.cjs CONFIG    CONFIG: JSON with addresses of the doors and the named accounts

const assert = require('node:assert/strict');
const path = require('node:path');
const Long = require('long');
const {
  CompositeClient, LocalWallet, NetworkOptimizer, Order_TimeInForce, OrderExecution, OrderFlags, OrderSide,
  OrderTimeInForce, OrderType, PerpetualsModule, SubaccountInfo, VaultModule, tradingKeyUtils,
} = require('@dydxprotocol/v4-client-js');
const { DOLLAR, NATIVE, USDC, World, call, feeOf, leave, number } = require(path.join(__dirname, 'js_world.cjs'));

const COMMIT = 'broadcast_tx_commit';
const TAKER_PPM = 500n;
const MAKER_PPM = 100n;
const EMPTY = { bids: [], asks: [] };

const world = new World(JSON.parse(process.argv[2]));

async function looksAround() {
  await call('CompositeClient.connect', async () => {
    await world.connect();
    return world.config.rpc;
  });
  await world.openWallets();
  const { get, client } = world;
  const alice = world.address('alice');
  await call('get.latestBlock, latestBlockHeight', async () => {
    const block = await get.latestBlock();
    assert.equal(block.header.chainId, world.config.chain_id);
    assert.match(block.header.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    assert.ok(Math.abs(Date.parse(block.header.time) - Date.now()) < 30_000, block.header.time);
    await world.blocksPass(1);
    assert.ok((await get.latestBlockHeight()) > block.header.height);
    return `${block.header.height} at ${block.header.time}`;
  });
  await call('get.getAccount', async () => {
    const account = await get.getAccount(alice);
    assert.deepEqual([account.address, account.accountNumber, account.sequence], [alice, 0, 0]);
  });
  await call('get.getAccount of nobody: Query failed with (22)', async () => {
    await assert.rejects(get.getAccount(world.config.stranger), /Query failed with \(22\)/);
  });
  await call('get.getAccountBalance, getAccountBalances', async () => {
    assert.equal(await world.bank(alice), 1_000_000n * DOLLAR);
    const coins = await get.getAccountBalances(alice);
    assert.deepEqual(coins.map((coin) => [coin.denom, coin.amount]), [[NATIVE, `1${'0'.repeat(21)}`], [USDC, `1${'0'.repeat(12)}`]]);
  });
  await call('get.getSubaccount, getSubaccounts', async () => {
    const found = (await get.getSubaccount(alice, 0)).subaccount;
    assert.ok(found.assetPositions[0].quantums instanceof Uint8Array);
    assert.equal(number(found.assetPositions[0].quantums), 100_000n * DOLLAR);
    const owners = (await get.getSubaccounts()).subaccount.map((one) => one.id.owner);
    assert.deepEqual(owners, [...owners].sort());
    assert.ok(owners.includes(alice));
  });
  await call('CometBFT over WebSocket: the same calls', async () => {
    const other = await CompositeClient.connect(world.network({ rpc: world.config.rpc.replace('http', 'ws') }));
    const { get: asked } = other.validatorClient;
    assert.equal((await asked.latestBlock()).header.chainId, world.config.chain_id);
    assert.equal((await asked.getAccount(alice)).accountNumber, 0);
    asked.tendermintClient.baseClient.disconnect();
  });
  await call('NetworkOptimizer: node and indexer', async () => {
    const optimizer = new NetworkOptimizer();
    assert.equal(await optimizer.findOptimalNode([world.config.rpc], world.config.chain_id), world.config.rpc);
    assert.equal(await optimizer.findOptimalIndexer([world.config.indexer]), world.config.indexer);
  });
  await call('indexer: time, height', async () => {
    const time = await client.indexerClient.utility.getTime();
    assert.ok(Math.abs(time.epoch - Date.now() / 1000) < 30);
    assert.ok(Number((await client.indexerClient.utility.getHeight()).height) > 1);
  });
}

async function looksAtMarkets() {
  const { get, client } = world;
  await call('getAllClobPairs, getClobPair', async () => {
    const pairs = (await get.getAllClobPairs()).clobPair;
    assert.deepEqual(pairs.map((pair) => pair.id), [0, 1, 2, 3]);
    assert.equal(pairs[0].stepBaseQuantums.toString(), '1000000');
    assert.deepEqual((await get.getClobPair(0)).clobPair, pairs[0]);
  });
  await call('getAllPerpetuals, getPerpetual', async () => {
    const tickers = (await get.getAllPerpetuals()).perpetual.map((one) => one.params.ticker);
    assert.deepEqual(tickers, ['BTC-USD', 'ETH-USD', 'SOL-USD', 'EIGEN-USD']);
    assert.equal((await get.getPerpetual(1)).perpetual.params.ticker, 'ETH-USD');
  });
  await call('getAllPrices, getPrice', async () => {
    const prices = (await get.getAllPrices()).marketPrices;
    assert.deepEqual([prices[0].price.toString(), prices[0].exponent], ['9850000000', -5]);
    assert.equal((await get.getPrice(1)).marketPrice.price.toString(), '3350000000');
  });
  await call('fee tiers, stats, limits, rewards, gating', async () => {
    const { tiers } = (await get.getFeeTiers()).params;
    assert.deepEqual([tiers[0].makerFeePpm, tiers[0].takerFeePpm], [100, 500]);
    assert.equal((await get.getUserFeeTier(world.address('alice'))).tier.takerFeePpm, 500);
    assert.equal((await get.getUserStats(world.address('alice'))).takerNotional.toString(), '0');
    const limits = (await get.getEquityTierLimitConfiguration()).equityTierLimitConfig.statefulOrderEquityTiers;
    assert.deepEqual(limits.map((one) => one.limit), [0, 1, 5, 10, 100, 200]);
    assert.equal((await get.getRewardsParams()).params.denom, NATIVE);
    await get.getWithdrawalAndTransferGatingStatus(0);
    await get.getAllPerpMarketFeeDiscounts();
    assert.deepEqual((await get.getAllStakingTiers()).stakingTiers, []);
  });
  await call('staking, rewards, gov, bridge, affiliates: empty', async () => {
    const alice = world.address('alice');
    assert.deepEqual((await get.getDelegatorDelegations(alice)).delegationResponses, []);
    assert.deepEqual((await get.getDelegatorUnbondingDelegations(alice)).unbondingResponses, []);
    assert.deepEqual((await get.getDelegationTotalRewards(alice)).rewards, []);
    assert.deepEqual((await get.getAllGovProposals()).proposals, []);
    assert.deepEqual((await get.getDelayedCompleteBridgeMessages(alice)).messages, []);
    await get.getAllValidators();
    await get.getAffiliateInfo(alice);
    assert.equal((await get.getReferredBy(alice)).affiliateAddress, '');
    await get.getAllAffiliateTiers();
    await get.getAffiliateWhitelist();
    await get.getWithdrawalCapacityByDenom(USDC);
  });
  await call('queryAbci: MegavaultTotalShares, AllVaults, VaultParams, AllLiquidityTiers', async () => {
    assert.equal(await totalShares(), 0n);
    const vaults = await abci('vault', 'AllVaults', VaultModule.QueryAllVaultsRequest, VaultModule.QueryAllVaultsResponse);
    assert.deepEqual(vaults.vaults.map((one) => [one.vaultId.number, number(one.equity)]), [[0, 0n], [1, 0n]]);
    const params = await abci(
      'vault', 'VaultParams', VaultModule.QueryVaultParamsRequest, VaultModule.QueryVaultParamsResponse, { type: 1, number: 0 },
    );
    assert.equal(params.vaultParams.quotingParams.layers, 3);
    const tiers = await abci(
      'perpetuals', 'AllLiquidityTiers',
      PerpetualsModule.QueryAllLiquidityTiersRequest, PerpetualsModule.QueryAllLiquidityTiersResponse,
    );
    assert.equal(tiers.liquidityTiers[0].initialMarginPpm, 20_000);
  });
  await call('queryAbci of an unserved path: code 6', async () => {
    await assert.rejects(get.stargateQueryClient.queryAbci('/no.Such/Method', new Uint8Array()), /Query failed with \(6\)/);
  });
  await call('indexer: getPerpetualMarkets, order book', async () => {
    const market = (await client.indexerClient.markets.getPerpetualMarkets('BTC-USD')).markets['BTC-USD'];
    assert.deepEqual(
      [Number(market.clobPairId), market.atomicResolution, market.stepBaseQuantums, market.quantumConversionExponent, market.subticksPerTick],
      [0, -10, 1_000_000, -9, 100_000],
    );
    await world.bookBecomes(EMPTY);
  });
}

async function abci(module, method, request, response, given = {}) {
  const found = await world.get.stargateQueryClient.queryAbci(
    `/dydxprotocol.${module}.Query/${method}`, request.encode(request.fromPartial(given)).finish(),
  );
  assert.ok(found.height > 0, `height ${found.height}`);
  return response.decode(found.value);
}

async function totalShares() {
  const answer = await abci(
    'vault', 'MegavaultTotalShares', VaultModule.QueryMegavaultTotalSharesRequest, VaultModule.QueryMegavaultTotalSharesResponse,
  );
  return number(answer.totalShares.numShares);
}

async function movesMoney() {
  const { client, post } = world;
  const [alice, bob] = [world.address('alice'), world.address('bob')];
  const mine = world.subaccounts.alice;
  await call('client.simulate: gas 1.6 times what was used', async () => {
    const message = client.depositToMegavaultMessage(mine, 1);
    const fee = await client.simulate(mine, () => Promise.resolve([message]));
    assert.equal(fee.amount[0].denom, USDC);
    assert.equal(Number(fee.amount[0].amount), Math.ceil(Number(fee.gas) * 0.025));
    assert.equal(await world.sequence('alice'), 0);
    return `gas ${fee.gas}, fee ${fee.amount[0].amount}`;
  });
  await call('post.sendToken: $10 from alice to bob', async () => {
    const before = [await world.bank(alice), await world.bank(bob)];
    const sent = await world.committed(await post.sendToken(mine, bob, USDC, '10000000', false));
    const fee = world.feeIn(sent.result.events);
    assert.ok(fee > 0n);
    assert.deepEqual([await world.bank(alice), await world.bank(bob)], [before[0] - 10n * DOLLAR - fee, before[1] + 10n * DOLLAR]);
    assert.equal(await world.sequence('alice'), 1);
    return `fee ${fee}`;
  });
  await call('post.sendToken without fee, its default: code 13', async () => {
    await assert.rejects(post.sendToken(mine, bob, USDC, '10'), (problem) => problem.name === 'BroadcastError' && problem.code === 13);
  });
  await call('depositToSubaccount: $50', async () => {
    const before = [await world.bank(alice), (await world.holding('alice')).usdc];
    const sent = await world.committed(await client.depositToSubaccount(mine, '50'));
    const fee = world.feeIn(sent.result.events);
    assert.deepEqual([await world.bank(alice), (await world.holding('alice')).usdc], [before[0] - 50n * DOLLAR - fee, before[1] + 50n * DOLLAR]);
    return `fee ${fee}`;
  });
  await call('withdrawFromSubaccount: $20.5', async () => {
    const before = [await world.bank(alice), (await world.holding('alice')).usdc];
    const sent = await world.committed(await client.withdrawFromSubaccount(mine, '20.5'));
    const fee = world.feeIn(sent.result.events);
    assert.deepEqual([await world.bank(alice), (await world.holding('alice')).usdc], [before[0] + 20_500_000n - fee, before[1] - 20_500_000n]);
    return `fee ${fee}`;
  });
  await call('transferToSubaccount: $7 to bob, waits for the block', async () => {
    const before = [(await world.holding('alice')).usdc, (await world.holding('bob')).usdc];
    const sent = await client.transferToSubaccount(mine, bob, 0, '7');
    assert.deepEqual([sent.code, sent.hash.length], [0, 64]);
    assert.deepEqual([(await world.holding('alice')).usdc, (await world.holding('bob')).usdc], [before[0] - 7n * DOLLAR, before[1] + 7n * DOLLAR]);
    return `height ${sent.height}`;
  });
  await call('the native token pays fees, too', async () => {
    const before = await world.bank(bob, NATIVE);
    await world.committed(await post.sendToken(mine, bob, NATIVE, '1000', false));
    assert.equal(await world.bank(bob, NATIVE), before + 1_000n);
  });
}

async function ownsShares() {
  const { client, get } = world;
  const mine = world.subaccounts.alice;
  await call('depositToMegavault, waits: the first $1,000, a share per quantum', async () => {
    const before = (await world.holding('alice')).usdc;
    const sent = await client.depositToMegavault(mine, 1_000, COMMIT);
    assert.deepEqual([sent.code, /^[0-9A-F]{64}$/.test(sent.hash), sent.height > 1], [0, true, true]);
    assert.ok(sent.events.length > 3);
    assert.equal(await totalShares(), 1_000n * DOLLAR);
    assert.equal((await world.holding('alice')).usdc, before - 1_000n * DOLLAR);
    return `${sent.events.length} events`;
  });
  await call('depositToMegavault: $1.234567', async () => {
    const answer = await client.depositToMegavault(mine, 1.234567);
    assert.deepEqual([answer.code, answer.hash.length], [0, 32]);
    await world.committed(answer);
    assert.equal(await totalShares(), 1_001_234_567n);
  });
  await call('getMegavaultOwnerShares', async () => {
    const found = await get.getMegavaultOwnerShares(world.address('alice'));
    assert.equal(found.address, world.address('alice'));
    assert.equal(found.shares.numShares[0], 2);
    assert.deepEqual([number(found.shares.numShares), number(found.equity), number(found.withdrawableEquity)], [1_001_234_567n, 1_001_234_567n, 1_001_234_567n]);
  });
  await call('getMegavaultWithdrawalInfo(10n)', async () => {
    const info = await get.getMegavaultWithdrawalInfo(10n);
    assert.deepEqual([number(info.sharesToWithdraw.numShares), number(info.expectedQuoteQuantums)], [10n, 10n]);
    assert.deepEqual([number(info.megavaultEquity), number(info.totalShares.numShares)], [1_001_234_567n, 1_001_234_567n]);
  });
  await call('withdrawFromMegavault: 234,567 shares, no minimum', async () => {
    const before = (await world.holding('alice')).usdc;
    await world.committed(await client.withdrawFromMegavault(mine, 234_567, 0));
    assert.equal(await totalShares(), 1_001n * DOLLAR);
    assert.equal((await world.holding('alice')).usdc, before + 234_567n);
  });
  await call('withdrawFromMegavault with a huge minimum: refused by simulate', async () => {
    await assert.rejects(client.withdrawFromMegavault(mine, 1_000, 1_000_000_000), /Query failed with \(/);
    assert.equal(await totalShares(), 1_001n * DOLLAR);
  });
}

async function trades() {
  const { client } = world;
  const [seller, buyer] = [world.subaccounts.bob, world.subaccounts.alice];
  await call('placeOrder LIMIT GTT, long-term: bob sells 0.01 BTC at $98,500', async () => {
    const before = await world.sequence('bob');
    const sent = await client.placeOrder(
      seller, 'BTC-USD', OrderType.LIMIT, OrderSide.SELL, 98_500, 0.01, 101, OrderTimeInForce.GTT, 60, OrderExecution.DEFAULT, false, false,
    );
    assert.deepEqual([sent.code, sent.height > 1], [0, true]);
    assert.equal(await world.sequence('bob'), before + 1);
    await world.bookBecomes({ bids: [], asks: [['98500', '0.01']] });
    return `height ${sent.height}`;
  });
  await call('placeOrder MARKET, short-term: alice buys 0.004 of it', async () => {
    const worth = 394n * DOLLAR;
    const before = [await world.holding('alice'), await world.holding('bob'), await world.sequence('alice')];
    const answer = await client.placeOrder(
      buyer, 'BTC-USD', OrderType.MARKET, OrderSide.BUY, 98_600, 0.004, 201, OrderTimeInForce.IOC, 0, OrderExecution.DEFAULT, false, false,
    );
    assert.equal(answer.code, 0);
    await world.blocksPass(2);
    const [taker, maker] = [await world.holding('alice'), await world.holding('bob')];
    assert.deepEqual([taker.positions, maker.positions], [{ 0: 40_000_000n }, { 0: -40_000_000n }]);
    assert.equal(taker.usdc, before[0].usdc - worth - feeOf(worth, TAKER_PPM));
    assert.equal(maker.usdc, before[1].usdc + worth - feeOf(worth, MAKER_PPM));
    assert.equal(await world.sequence('alice'), before[2]);
    await world.bookBecomes({ bids: [], asks: [['98500', '0.006']] });
    return `fees ${feeOf(worth, MAKER_PPM)} and ${feeOf(worth, TAKER_PPM)}`;
  });
  await call('indexer: position, fills, candles', async () => {
    const found = (await client.indexerClient.account.getSubaccount(world.address('alice'), 0)).subaccount;
    assert.equal(Number(found.openPerpetualPositions['BTC-USD'].size), 0.004);
    const { fills } = await client.indexerClient.account.getSubaccountFills(world.address('alice'), 0);
    assert.deepEqual(fills.map((one) => [one.liquidity, one.price, one.size, one.fee]), [['TAKER', '98500', '0.004', '0.197']]);
    const { candles } = await client.indexerClient.markets.getPerpetualMarketCandles('BTC-USD', '1MIN');
    assert.deepEqual([candles[0].close, candles[0].baseTokenVolume], ['98500', '0.004']);
  });
  await call('cancelOrder, long-term', async () => {
    const sent = await client.cancelOrder(seller, 101, OrderFlags.LONG_TERM, 'BTC-USD', 0, 90);
    assert.equal(sent.code, 0);
    await world.bookBecomes(EMPTY);
  });
}

async function placesShortTermOrders() {
  const { client, get } = world;
  const mine = world.subaccounts.alice;
  const place = async (clientId, price, timeInForce = Order_TimeInForce.TIME_IN_FORCE_UNSPECIFIED) => {
    const until = (await get.latestBlockHeight()) + 15;
    const answer = await client.placeShortTermOrder(mine, 'BTC-USD', OrderSide.BUY, price, 0.01, clientId, until, timeInForce, false);
    assert.equal(answer.code, 0);
    return answer;
  };
  const sequence = await world.sequence('alice');
  await call('placeShortTermOrder, post-only', async () => {
    const answer = await place(301, 98_000, Order_TimeInForce.TIME_IN_FORCE_POST_ONLY);
    await world.bookBecomes({ bids: [['98000', '0.01']], asks: [] });
    await world.blocksPass(1);
    await assert.rejects(get.tendermintClient.baseClient.tx({ hash: answer.hash }));
    return 'never found as a transaction';
  });
  await call('cancelOrder, short-term', async () => {
    const until = (await get.latestBlockHeight()) + 15;
    assert.equal((await client.cancelOrder(mine, 301, OrderFlags.SHORT_TERM, 'BTC-USD', until, 0)).code, 0);
    await world.bookBecomes(EMPTY);
  });
  await call('batchCancelShortTermOrdersWithMarketId', async () => {
    await place(302, 98_001);
    await place(303, 98_002);
    await world.bookBecomes({ bids: [['98002', '0.01'], ['98001', '0.01']], asks: [] });
    const until = (await get.latestBlockHeight()) + 15;
    const batch = [{ marketId: 'BTC-USD', clobPairId: { clobPairId: 0 }, clientIds: [302, 303] }];
    assert.equal((await client.batchCancelShortTermOrdersWithMarketId(mine, batch, until)).code, 0);
    await world.bookBecomes(EMPTY);
    assert.equal(await world.sequence('alice'), sequence);
  });
}

async function usesTimestamps() {
  const mine = world.subaccounts.alice;
  await call('useTimestampNonce: two deposits, the sequence stays', async () => {
    const hurried = await CompositeClient.connect(world.network({ useTimestampNonce: true }));
    const before = [await world.sequence('alice'), await totalShares()];
    const answers = [await hurried.depositToMegavault(mine, 2), await hurried.depositToMegavault(mine, 3)];
    for (const answer of answers) await world.committed(answer);
    assert.deepEqual([await world.sequence('alice'), await totalShares()], [before[0], before[1] + 5n * DOLLAR]);
  });
  await call('useTimestampNonce, a minute old: refused by simulate', async () => {
    const late = await CompositeClient.connect(world.network({ useTimestampNonce: true, offset: -60_000 }));
    await assert.rejects(late.depositToMegavault(mine, 1), /timestamp nonce \d+ not within valid time window/);
  });
  await call('a nonce of a minute ago, broadcast: code 32', async () => {
    const options = { sequence: Date.now() - 60_000, accountNumber: 0, chainId: world.config.chain_id };
    const fee = { amount: [{ denom: USDC, amount: '5000' }], gas: '200000' };
    const message = await world.post.sendTokenMsg(mine.address, world.address('bob'), USDC, '2');
    const raw = await mine.signingWallet.signTransaction([message], options, fee, '');
    await assert.rejects(world.post.sendSignedTransaction(raw), (problem) => problem.code === 32);
  });
}

async function permitsAnotherKey() {
  const { client } = world;
  const mine = world.subaccounts.alice;
  const { createNewRandomDydxWallet, getAuthorizeNewTradingKeyArguments, getAuthorizedTradingKeysMetadata } = tradingKeyUtils;
  const key = await createNewRandomDydxWallet();
  const wallet = await LocalWallet.fromPrivateKey(key.privateKeyHex, 'dydx');
  let id;
  await call('addAuthenticator, getAuthenticators: a trading key', async () => {
    const { data, type } = getAuthorizeNewTradingKeyArguments({ generatedWalletPubKey: key.publicKey });
    await world.committed(await client.addAuthenticator(mine, type, data));
    const known = (await client.getAuthenticators(world.address('alice'))).accountAuthenticators;
    id = getAuthorizedTradingKeysMetadata(known).find((one) => one.address === wallet.address).id;
    return `id ${id}`;
  });
  const place = (signer, ids, clientId, price) => client.placeOrder(
    SubaccountInfo.forPermissionedWallet(signer, world.address('alice'), 0, ids),
    'BTC-USD', OrderType.LIMIT, OrderSide.BUY, price, 0.01, clientId, OrderTimeInForce.GTT, 60, OrderExecution.DEFAULT, false, false,
  );
  await call('a permissioned wallet places a long-term order', async () => {
    const before = await world.sequence('alice');
    assert.equal((await place(wallet, [Long.fromString(id)], 501, 97_900)).code, 0);
    assert.equal(await world.sequence('alice'), before + 1);
    await world.bookBecomes({ bids: [['97900', '0.01']], asks: [] });
  });
  await call('another key with the same authenticator: refused', async () => {
    await assert.rejects(place(world.wallets.bob, [Long.fromString(id)], 502, 97_901), (problem) => problem.code > 0);
  });
  await call('removeAuthenticator: refused from now on', async () => {
    await world.committed(await client.removeAuthenticator(mine, id));
    await assert.rejects(place(wallet, [Long.fromString(id)], 503, 97_902), (problem) => problem.code > 0);
    await world.bookBecomes({ bids: [['97900', '0.01']], asks: [] });
  });
}

async function isRefused() {
  const { post, get } = world;
  const mine = world.subaccounts.alice;
  await call('another chain id: BroadcastError, code 4', async () => {
    const stranger = await CompositeClient.connect(world.network({ chainId: 'dydx-testnet-4' }));
    await assert.rejects(
      stranger.validatorClient.post.sendToken(mine, world.address('bob'), USDC, '10', false),
      (problem) => problem.name === 'BroadcastError' && problem.code === 4 && problem.message.includes(world.config.chain_id),
    );
  });
  await call('two sends in one block: the second has code 32', async () => {
    await world.control('pause');
    try {
      const first = await post.sendToken(mine, world.address('bob'), USDC, '1', false);
      const message = await post.sendTokenMsg(mine.address, world.address('bob'), USDC, '2');
      const account = await get.getAccount(mine.address);
      const fee = { amount: [{ denom: USDC, amount: '5000' }], gas: '200000' };
      const options = { sequence: account.sequence, accountNumber: account.accountNumber, chainId: world.config.chain_id };
      const raw = await mine.signingWallet.signTransaction([message], options, fee, '');
      await assert.rejects(post.sendSignedTransaction(raw), (problem) => problem.code === 32);
      await world.control('resume');
      await world.committed(first);
    } finally {
      await world.control('resume');
    }
  });
  await call('garbage for a transaction: refused', async () => {
    await assert.rejects(post.sendSignedTransaction(new Uint8Array([1, 2, 3])), (problem) => problem.code === 2);
  });
}

async function main() {
  await looksAround();
  await looksAtMarkets();
  await movesMoney();
  await ownsShares();
  await trades();
  await placesShortTermOrders();
  await usesTimestamps();
  await permitsAnotherKey();
  await isRefused();
  leave();
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
