/** The console in a browser, against a broker with passwords and a site of a thousand racks of which some are out of order. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { systemClock } from '#agent/platform/clock.ts';
import type { Stage } from '#test/site/stage.ts';
import { OPERATOR, openStage, READER, watch } from '#test/site/stage.ts';
import { buildConsole } from '../../packaging/console.ts';
import { startBallast } from './support/ballast.ts';
import { needs } from './support/needs.ts';

/** CI has fifteen minutes for everything. */
const RACKS = process.env['CI'] === undefined ? 1000 : 300;
/** Racks that tick every two seconds leave a small machine half its time. */
const SLOWER = 2;
/** A pattern in which a number is a share of all racks: of every hundred the same ones are out of order. */
function says(parts: TemplateStringsArray, ...shares: readonly number[]): RegExp {
  const racks = (share: number | undefined) =>
    share === undefined ? '' : String(Math.round(share * RACKS)).replace(/\B(?=(\d{3})+$)/g, ' ');
  return new RegExp(parts.raw.map((part, i) => part + racks(shares[i])).join(''));
}

const options = { ...needs('chromium mosquitto', 'chromium', 'mosquitto'), timeout: 240_000 };

describe('the console', options, () => {
  let stage: Stage;
  let page: Page;
  before(async () => {
    stage = await openStage(RACKS, SLOWER);
    page = await stage.open({ viewport: { width: 1280, height: 900 } });
    await watch(page);
  });
  after(() => stage?.stop());

  const panel = (name: string | RegExp) => page.getByRole('region', { name, exact: true });
  const bar = () => page.locator('header.status');
  const stageOf = (name: string) => panel('Acknowledgement').getByRole('button', { name: new RegExp(`^${name}\\b`) });
  const worst = () => panel(/^(Worst racks|Racks: )/).locator('tbody tr');
  const ids = async () => (await worst().locator('th').allInnerTexts()).slice(0, 40);

  test('says who is connected, how old the last word is, and which racks are away', options, async () => {
    await shows(bar(), /broker\s+connected/);
    await shows(bar(), /last message\s+\d/);
    await shows(bar(), says`racks\s+${0.97} of ${1}, ${0.02} silent, ${0.01} offline`);
  });

  test('counts payloads of the wrong shape and names topic and field, and goes on', options, async () => {
    const misfits = page.locator('.misfits');
    await shows(misfits, /payloads of the wrong shape/);
    await misfits.locator('summary').click();
    await shows(misfits, /power.*rack\/r0[0-9]87\/power.*(at|power_w):/s);
    await misfits.locator('summary').click();
  });

  test('adds up what the racks that are heard draw, and says how many are missing', options, async () => {
    await shows(panel('Site power'), says`without ${0.03} racks, ${0.01} not metered`);
    const [, watts = ''] = /Power\s+([\d ]+) kW/.exec(plain(await panel('Site power').innerText())) ?? [];
    const kilowatts = Number(watts.replaceAll(' ', ''));
    assert.ok(kilowatts > 9 * RACKS && kilowatts < 10.5 * RACKS, `${kilowatts} kW`);
    await shows(panel('Site power'), /Line\s+–\s+no rack is bound/);
  });

  test(
    'draws the chart of the last minutes and the map of all racks, each with more than a ground',
    options,
    async () => {
      await panel('Power, kW').getByRole('button', { name: '5 min', exact: true }).click();
      assert.equal(
        await panel('Power, kW').getByRole('button', { name: '5 min', exact: true }).getAttribute('aria-pressed'),
        'true',
      );
      await until(async () => (await colours(panel('Power, kW').locator('canvas'))) > 2);
      const map = panel('Racks').locator('canvas');
      await until(async () => (await colours(map)) > 8);
      const before = await pixels(map);
      await panel('Racks').getByRole('button', { name: 'deviation' }).click();
      await until(async () => (await pixels(map)) !== before);
    },
  );

  test('goes through the map by keyboard and opens a rack from it', options, async () => {
    const map = panel('Racks').getByRole('application');
    await map.focus();
    await map.press('ArrowRight');
    await map.press('ArrowRight');
    await shows(page.locator('#heat-words'), /^r\d{4}\s+row-a/);
    const [id = ''] = /^r\d{4}/.exec(await page.locator('#heat-words').innerText()) ?? [];
    await map.press('Enter');
    await page.waitForURL(new RegExp(`#/rack/${id}$`));
    await page.goBack();
  });

  test('opens the dispatch by keyboard, and goes back to where the keyboard was', options, async () => {
    await page.getByRole('button', { name: 'Dispatch' }).press('Enter');
    await page.locator('.dispatch:focus').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('button:focus', { hasText: 'Dispatch' }).waitFor();
    assert.equal(await panel('Dispatch').count(), 0);
  });

  test(
    'holds the order of the worst racks while somebody points at them, and half the racks fall silent',
    options,
    async () => {
      await shows(panel('Worst racks'), /leak/);
      await shows(panel('Worst racks'), /meter-feed/);
      // Not the first: a bar that grows by a line moves what is below it.
      await worst().nth(8).hover();
      await shows(panel('Worst racks'), /order held/);
      const held = await ids();
      stage.tell('mute 2');
      // Of 500 some were out of order before.
      await shows(bar(), says`${0.56} of ${1}, ${0.43} silent, ${0.01} offline`);
      // Those that are new wait below.
      assert.deepEqual((await ids()).slice(0, held.length), held);
      await page.mouse.move(5, 5);
      await until(async () => JSON.stringify((await ids()).slice(0, held.length)) !== JSON.stringify(held));
      await shows(panel('Site power'), says`without ${0.44} racks`);
      stage.tell('speak 2');
      await shows(bar(), says`${0.97} of ${1}`);
    },
  );

  test(
    'gives no order before the racks were asked and the words were typed, and follows it to the meter',
    options,
    async () => {
      await page.getByRole('button', { name: 'Dispatch' }).click();
      const dispatch = panel('Dispatch');
      await dispatch.getByLabel('Issuer').fill('grid-operator');
      await dispatch.getByLabel('User at the broker').fill(OPERATOR.user);
      await dispatch.getByLabel('Password').fill(OPERATOR.password);
      await dispatch.locator('input[type=file]').setInputFiles(stage.keyFile);
      await dispatch.getByRole('button', { name: 'Continue' }).click();
      await shows(dispatch, /key grid-operator-2026: connected/);
      await dispatch.getByLabel('Amount').fill('30');
      await dispatch.getByLabel('Metered within').fill('20');
      await dispatch.getByLabel('Reason').fill('a test');
      await dispatch.getByRole('button', { name: 'Ask the racks' }).click();
      // Deaf and frozen racks do not answer; those that do not know the program say that they would refuse.
      await shows(
        dispatch,
        says`${0.97} of ${0.99} racks have answered[^]*${0.01} would refuse[^]*${0.02} did not answer`,
      );
      await shows(dispatch.locator('tr', { hasText: 'r0037' }), /program_not_allowed/);
      await shows(dispatch.locator('tr', { hasText: 'r0001' }), /\d\.\d kW\s+\d\.\d kW\s+\d+ s/);
      const send = dispatch.getByRole('button', { name: 'Sign and send' });
      assert.ok(await send.isDisabled());
      await dispatch.getByLabel('To send it').fill('ceiling 3 % for all');
      assert.ok(await send.isDisabled());
      await dispatch.getByLabel('To send it').fill('ceiling 30 % for all');
      await send.click();
      await shows(dispatch, /The broker has it/);
      const way = (name: string) => dispatch.locator(`[data-way=${name}]`);
      await shows(way('refused'), says`refused ✕\s+${0.02}`);
      await shows(way('silent'), says`silent \?\s+${0.02}`);
      await shows(way('metered'), says`metered\s+${0.93}`);
    },
  );

  test('shows where each rack is on the way from sent to metered, and lists those of a stage', options, async () => {
    await shows(stageOf('sent'), says`${1}`);
    await shows(stageOf('metered'), says`${0.93}`);
    await shows(stageOf('refused'), says`${0.02}`);
    await shows(stageOf('silent'), says`${0.03}`);
    // At the deadline those are told that say yes and go on, and those that nobody can measure.
    await shows(stageOf('partial'), says`${0.02}`);
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    for (const [name, rack, why] of [
      ['refused', 'r0037', /may run maintenance, not ecrs/],
      ['silent', 'r0047', /./],
      ['partial', 'r0057', /m01/],
    ] as const) {
      await stageOf(name).click();
      await shows(panel(`Racks: ${name}`).locator('tr', { hasText: rack }), why);
    }
    await panel(/^Racks: /)
      .getByRole('button', { name: 'Worst racks' })
      .click();
  });

  test('shows line, headroom and the time that is left, the event, and what was told of it', options, async () => {
    const power = plain(await panel('Site power').innerText());
    const figure = (name: string) =>
      Number(new RegExp(`${name}\\s+(−?[\\d ]+) kW`).exec(power)?.[1]?.replaceAll(' ', '').replace('−', '-'));
    assert.ok(Math.abs(figure('Line') - figure('Power') - figure('Headroom')) <= 2, power);
    assert.match(power, /Ends in\s+\d+:\d\d\s+ecrs/);
    await shows(panel('Events'), says`at most 30 %[^]*${0.93} of ${1} metered`);
    await shows(panel('Timeline'), /metered\s+\d+ racks/);
  });

  test('shows one rack with every device, its home and the three truths of its last cut', options, async () => {
    await page.goto(`${page.url().split('#')[0]}#/rack/r0001`);
    await shows(page.getByRole('region', { name: 'Rack r0001' }), /Mode\s+curtailed/);
    await until(async () => (await panel('Devices').locator('tbody tr').count()) === 3);
    await shows(panel('Devices').locator('tbody tr').first(), /m01.*M50S.*awake/s);
    for (const truth of ['acknowledged', 'confirmed', 'metered'])
      await shows(panel('Last cut').locator('li', { hasText: truth }), /✓.*\d\d:\d\d:\d\d/s);
    await page.goto(`${page.url().split('#')[0]}#/`);
  });

  test('tells a wrong password from a broker that has no WebSocket', options, async () => {
    const wrong = await stage.open();
    await watch(wrong, { ...READER, password: 'guessed' });
    await shows(wrong.getByRole('alert'), /The broker refuses user noc/);
    assert.equal(await wrong.getByLabel('User').inputValue(), READER.user, 'what was typed can be mended');
    const tcp = await stage.open(
      {},
      stage.address.replace(/broker=[^&]+/, `broker=ws://127.0.0.1:${stage.broker.port}`),
    );
    await watch(tcp);
    await shows(tcp.getByRole('alert'), /speaks MQTT over WebSocket/);
  });

  test('says of a site that nobody speaks of that nothing is heard, and not that all is well', options, async () => {
    const elsewhere = await stage.open({}, stage.address.replace(/site=[^&]+/, 'site=tx9'));
    await watch(elsewhere);
    await shows(elsewhere.getByRole('main'), /No rack of site tx9 has been heard/);
  });

  test('turns grey when the broker goes away, and says so', options, async () => {
    await stage.broker.stop();
    await shows(page.locator('header.status.stale'), /broker\s+away/);
    await shows(page.getByRole('alert'), /./);
  });
});

test('ballast console serves the page that was built', options, async (t) => {
  const root = join(import.meta.dirname, '../..');
  await buildConsole(join(root, 'dist/console'));
  const running = startBallast(root, 'console', '--listen', '127.0.0.1:0');
  t.after(() => running.child.kill('SIGKILL'));
  const [address = ''] = /http:\/\/\S+/.exec(await running.heard('http://')) ?? [];
  assert.match(await (await fetch(address)).text(), /<title>Ballast console<\/title>/);
  running.child.kill('SIGINT');
  assert.equal((await running.ended).code, 0);
});

/** Looks again and again, not so often that the browser has nothing else to do. */
async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < LOOKS; looks++) {
    if (await is()) return;
    await systemClock.sleep(LOOK_MS);
  }
  throw new Error('it never came about');
}

const LOOK_MS = 200;
const LOOKS = 500;

/** Waits until it stands there; narrow spaces are spaces. */
async function shows(where: Locator, what: RegExp): Promise<void> {
  let last = '';
  const seen = async () => {
    last = plain((await where.allInnerTexts()).join('\n'));
    return what.test(last);
  };
  await until(seen).catch((error: unknown) => {
    throw new Error(`${what} does not stand there, but: ${last.slice(0, 400)}`, { cause: error });
  });
}

function plain(text: string): string {
  return text.replace(/[\u202f\u00a0]/g, ' ');
}

/** How many colours a canvas has, of every seventh point. */
async function colours(canvas: Locator): Promise<number> {
  return new Set((await pixels(canvas)).split(' ')).size;
}

async function pixels(canvas: Locator): Promise<string> {
  return await canvas.first().evaluate((element) => {
    const drawn = element as unknown as {
      width: number;
      height: number;
      getContext(kind: '2d'): { getImageData(...box: number[]): { data: Uint8ClampedArray } };
    };
    const { data } = drawn.getContext('2d').getImageData(0, 0, drawn.width, drawn.height);
    const some: string[] = [];
    for (let i = 0; i < data.length; i += 28) some.push(`${data[i]},${data[i + 1]},${data[i + 2]}`);
    return some.join(' ');
  });
}
