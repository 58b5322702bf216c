/** The last links of the chain: what each device is to do, since when it does, and its place among the others. */
import { entryOf } from '#agent/state/entry.ts';
import type { Setting } from '#agent/state/observation.ts';
import type { DeviceView } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import { settingText, shows } from '#agent/state/setting.ts';
import type { PlannedDevice } from '../plan.ts';
import type { Explained, Link } from './link.ts';
import { clockTime, watts } from './link.ts';

/** Names told of one group; the others are counted. */
const MOST_NAMED = 8;

export function deviceLinks(of: Explained, device: string): Link[] | undefined {
  const view = deviceOf(of.picture, device);
  const planned = of.plan.devices.find((each) => each.device === device);
  if (!view || !planned) return undefined;
  return [
    { about: 'ranking', says: ranking(of, device) },
    { about: device, says: [wish(view, planned), ...course(view, planned), home(of, view, planned)] },
  ];
}

/** Devices that are set alike for one reason are told together. */
export function groupLines({ plan, picture }: Explained): string[] {
  const groups = new Map<string, string[]>();
  for (const { device, want, why } of plan.devices) {
    const view = deviceOf(picture, device);
    const key = `${view ? inWords(view, want) : want.kind}: ${why}`;
    groups.set(key, [...(groups.get(key) ?? []), device]);
  }
  return [...groups].map(([key, devices]) => `${names(devices)} ${key}`);
}

function names(devices: readonly string[]): string {
  const more = devices.length - MOST_NAMED;
  return devices.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function ranking({ memory, plan }: Explained, device: string): string[] {
  const place = memory.ranking.indexOf(device);
  if (place < 0) return ['nothing is shared out: no line binds'];
  const worse = memory.ranking.length - place - 1;
  const of = `${place + 1} of ${memory.ranking.length} by value per watt`;
  const last = worse === 0 ? ': the first to go' : `: ${worse} go before it`;
  const partly = memory.partial?.device === device ? ['it is the one that is partly filled'] : [];
  const expectedW = plan.devices.find((each) => each.device === device)?.expectedW ?? 0;
  return [`${of}${last}; ${watts(expectedW)} are its share`, ...partly];
}

function wish(view: DeviceView, { want, why }: PlannedDevice): string {
  return `is to be ${inWords(view, want)}: ${why}`;
}

function course(view: DeviceView, planned: PlannedDevice): string[] {
  const { asked, state, since, trouble } = view;
  const says = [`it is ${state} since ${clockTime(since.wall)}`];
  if (asked)
    says.push(
      `it was last asked at ${clockTime(asked.at.wall)} to be ${inWords(view, asked.setting)}: ${answer(asked)}`,
    );
  if (planned.hands === 'on' && !shows(view, planned.want)) says.push('it does not show that yet');
  if (planned.stubborn) says.push('it does not do as told: others are cut in its place');
  if (trouble) says.push(`its trouble since ${clockTime(trouble.at.wall)}: ${trouble.message}`);
  return says;
}

function answer({ outcome, said, trouble, answeredAt }: NonNullable<DeviceView['asked']>): string {
  const at = answeredAt ? ` at ${clockTime(answeredAt.wall)}` : '';
  switch (outcome) {
    case 'pending':
      return 'no answer yet';
    case 'acknowledged':
      return `it accepted${at}${said ? ` (${said})` : ''}`;
    case 'failed':
      return `in vain${at}${trouble ? `: ${trouble.message}` : ''}`;
  }
}

function home({ memory }: Explained, view: DeviceView, planned: PlannedDevice): string {
  const { facts } = view;
  const known = entryOf(memory.homes, facts.id) ? '' : ', which nobody has seen: it is assumed';
  const hands = planned.hands === 'on' ? 'the agent steers it' : 'the agent leaves it alone';
  return `its home is ${inWords(view, planned.home)}${known}; ${hands}`;
}

function inWords({ facts }: DeviceView, setting: Setting): string {
  return settingText(setting, facts.controls['limit']?.range?.unit);
}
