/** What an operator fills in, as an order that could be sent. Pure: the page shows what is wrong and sends nothing. */
import type { Recipient } from '#protocol/ids.ts';
import { inScope, name, recipient } from '#protocol/ids.ts';
import type { OrderRequest } from '#protocol/next-order.ts';
import type { Amount, Target } from '#protocol/order.ts';
import type { Watts } from '#protocol/units.ts';
import type { Rack, Site } from '../model/site.ts';
import { isOffline } from '../model/site.ts';
import { sum } from '../model/sum.ts';
import { decimal, kilowatts } from '../model/words.ts';

export const orderKinds = ['ceiling', 'shed', 'setpoint', 'release'] as const;
export const amountUnits = ['percent', 'kilowatts', 'together'] as const;

/** As the fields of the form hold it. */
export type OrderForm = {
  readonly to: string;
  readonly kind: (typeof orderKinds)[number];
  readonly amount: string;
  readonly unit: (typeof amountUnits)[number];
  readonly minutes: string;
  readonly deadlineS: string;
  readonly reason: string;
};

/** Who orders: for every order of a session the same. */
export type Giver = { readonly site: string; readonly issuer: string; readonly program: string };

export type Asked =
  | { readonly kind: 'ok'; readonly request: OrderRequest }
  | { readonly kind: 'bad'; readonly field: keyof OrderForm; readonly why: string };

/** A release is kept so long for racks that are away now. */
const RELEASE_LASTS_S = 3600;

export const blankForm: OrderForm = {
  to: 'all',
  kind: 'ceiling',
  amount: '',
  unit: 'percent',
  minutes: '10',
  deadlineS: '30',
  reason: '',
};

export function askedFor(form: OrderForm, giver: Giver, site: Site): Asked {
  const { to, kind, reason } = form;
  if (!recipient.safeParse(to).success) return bad('to', 'Write all, group/NAME or rack/NAME.');
  if (racksInScope(site, to as Recipient).length === 0) return bad('to', `No rack of this site belongs to ${to}.`);
  const common = { ...giver, to: to as Recipient, priority: 0, reason };
  if (kind === 'release') {
    const request = { ...common, target: { kind }, lastsS: RELEASE_LASTS_S, deadlineS: 30 } as const;
    return { kind: 'ok', request };
  }
  const minutes = positive(form.minutes);
  if (minutes === undefined || minutes > 1440) return bad('minutes', 'Write how many minutes, at most 1440.');
  const deadlineS = positive(form.deadlineS);
  if (deadlineS === undefined) return bad('deadlineS', 'Write within how many seconds the meter must show it.');
  const amount = amountOf(form, site);
  if (typeof amount === 'string') return bad('amount', amount);
  const target: Target = { kind, ...amount };
  return { kind: 'ok', request: { ...common, target, lastsS: Math.round(minutes * 60), deadlineS } };
}

/** What an issuer or a program may be called. */
export function isName(text: string): boolean {
  return name.safeParse(text).success;
}

export function racksInScope({ racks }: Site, to: Recipient): Rack[] {
  return [...racks.values()].filter(({ id, info }) => inScope(to, id, info?.groups ?? []));
}

/** Watts that shares refer to. */
export function ratedOf(racks: readonly Rack[]): Watts {
  return sum(racks, ({ info }) => info?.rated_w ?? 0);
}

/** Those that could hear it now. */
export function listeners(site: Site, to: Recipient): string[] {
  return racksInScope(site, to)
    .filter((rack) => rack.state !== undefined && !isOffline(rack))
    .map(({ id }) => id)
    .sort();
}

/** `ceiling 40 % for all`: also what is typed to confirm it. */
export function phraseOf({ target, to }: Pick<OrderRequest, 'target' | 'to'>): string {
  const much = target.kind === 'release' ? '' : ` ${amountWords(target as Amount)}`;
  return `${target.kind}${much} for ${to}`;
}

/** Spaces of any kind and letters of any case are the same to a hand that types. */
export function isTyped(typed: string, phrase: string): boolean {
  const bare = (text: string) => text.replace(/\s+/g, '').toLowerCase();
  return bare(typed) === bare(phrase);
}

/** What is shared is of the rated watts of everyone in scope, whom we must know to say it. */
function amountOf({ amount, unit, to }: OrderForm, site: Site): Amount | string {
  const value = amount.trim() === '' ? Number.NaN : Number(amount);
  if (!(value >= 0)) return 'Write a number.';
  switch (unit) {
    case 'percent':
      // Moving the decimal point in the text keeps 33.3 % exact; dividing by 100 does not.
      return value <= 100 ? { fraction: Number(`${value}e-2`) } : 'More than 100 % is not possible.';
    case 'kilowatts':
      return to.startsWith('rack/')
        ? { watts: value * 1000 }
        : 'Kilowatts are of one rack: choose one, or a share of all.';
    case 'together': {
      return shareOf(value * 1000, ratedOf(racksInScope(site, to as Recipient)));
    }
  }
}

function shareOf(watts: Watts, ratedW: Watts): Amount | string {
  if (ratedW === 0) return 'The racks in scope have not said what they are rated.';
  return watts <= ratedW ? { watts, of_w: ratedW } : `Together they are rated ${kilowatts(ratedW)}.`;
}

function amountWords({ fraction, watts, of_w }: Amount): string {
  if (fraction !== undefined) return `${Number((fraction * 100).toFixed(4))} %`;
  const part = `${decimal((watts ?? 0) / 1000, 1)} kW`;
  return of_w === undefined ? part : `${part} of ${decimal(of_w / 1000, 0)} kW`;
}

function positive(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== '' && value > 0 && Number.isFinite(value) ? value : undefined;
}

function bad(field: keyof OrderForm, why: string): Asked {
  return { kind: 'bad', field, why };
}
