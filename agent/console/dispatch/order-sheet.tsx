/** The form of an order. Nothing leaves it but the question to the racks what it would do. */
import type { TargetedEvent } from 'preact';
import { useState } from 'preact/hooks';
import type { Site } from '../model/site.ts';
import { count, kilowatts } from '../model/words.ts';
import type { Desk } from './desk.ts';
import type { Asked, Giver, OrderForm } from './request.ts';
import { amountUnits, askedFor, blankForm, listeners, orderKinds, racksInScope, ratedOf } from './request.ts';

type Props = { desk: Desk; site: Site; giver: Giver; ready: boolean; trouble: string | undefined };

const kindWords: Record<OrderForm['kind'], string> = {
  ceiling: 'Ceiling: at most',
  shed: 'Shed: less than before by',
  setpoint: 'Setpoint: exactly',
  release: 'Release what is in force',
};

const unitWords: Record<OrderForm['unit'], string> = {
  percent: '%',
  kilowatts: 'kW, one rack',
  together: 'kW, all in scope together',
};

export function OrderSheet({ desk, site, giver, ready, trouble }: Props) {
  const [form, setForm] = useState(blankForm);
  const [problem, setProblem] = useState<Extract<Asked, { kind: 'bad' }>>();
  const take = ({ currentTarget: { name, value } }: TargetedEvent<HTMLInputElement | HTMLSelectElement>) => {
    setForm({ ...form, [name]: value });
    setProblem(undefined);
  };
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const asked = askedFor(form, giver, site);
    setProblem(asked.kind === 'bad' ? asked : undefined);
    if (asked.kind === 'ok') void desk.propose(asked.request, listeners(site, asked.request.to));
  };
  const about = (field: keyof OrderForm) => ({
    name: field,
    value: form[field],
    onInput: take,
    'aria-invalid': problem?.field === field,
  });
  return (
    <form class="fields" onSubmit={submit} noValidate>
      <label>
        To
        <input {...about('to')} list="recipients" spellcheck={false} />
      </label>
      <datalist id="recipients">
        {recipients(site).map((to) => (
          <option key={to} value={to} />
        ))}
      </datalist>
      <label>
        Order
        <select {...about('kind')}>
          {orderKinds.map((kind) => (
            <option key={kind} value={kind}>
              {kindWords[kind]}
            </option>
          ))}
        </select>
      </label>
      {form.kind !== 'release' && (
        <>
          <label>
            Amount
            <span class="pair">
              <input {...about('amount')} inputMode="decimal" />
              <select {...about('unit')} aria-label="Unit">
                {amountUnits.map((unit) => (
                  <option key={unit} value={unit}>
                    {unit === 'percent' ? `% of ${form.kind === 'shed' ? 'the baseline' : 'rated'}` : unitWords[unit]}
                  </option>
                ))}
              </select>
            </span>
          </label>
          <label>
            Minutes
            <input {...about('minutes')} inputMode="decimal" />
          </label>
          <label>
            Metered within, seconds
            <input {...about('deadlineS')} inputMode="numeric" />
          </label>
        </>
      )}
      <label>
        Reason, for the record
        <input {...about('reason')} maxLength={256} />
      </label>
      <p class="quiet">{scopeWords(form, site)}</p>
      {(problem?.why ?? trouble) !== undefined && (
        <p class="bad" role="alert">
          {problem?.why ?? trouble}
        </p>
      )}
      <button type="submit" class="main" disabled={!ready}>
        {form.kind === 'release' ? 'Review' : 'Ask the racks what it would do'}
      </button>
    </form>
  );
}

/** Everyone there is to order: the whole, its groups, and each rack. */
function recipients({ racks }: Site): string[] {
  const groups = new Set([...racks.values()].flatMap(({ info }) => info?.groups ?? []));
  return [
    'all',
    ...[...groups].sort().map((group) => `group/${group}`),
    ...[...racks.keys()].sort().map((id) => `rack/${id}`),
  ];
}

function scopeWords({ to }: OrderForm, site: Site): string {
  const racks = racksInScope(site, to as 'all');
  return `${count(racks.length)} racks in scope, ${kilowatts(ratedOf(racks), 0)} rated, ${count(listeners(site, to as 'all').length)} listening`;
}
