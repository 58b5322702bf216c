/** What the racks say that the order would do; and the words that must be typed before it is sent. */
import type { TargetedEvent } from 'preact';
import { useState } from 'preact/hooks';
import type { Site } from '../model/site.ts';
import { count, kilowatts, withUnit } from '../model/words.ts';
import type { Desk, Stage } from './desk.ts';
import type { Answer, PreviewSum } from './preview.ts';
import { rowsOf, sumOf } from './preview.ts';
import { isTyped, listeners, phraseOf } from './request.ts';

type Props = { desk: Desk; site: Site; stage: Extract<Stage, { kind: 'asking' }>; ready: boolean };

export function Foreseen({ desk, site, stage, ready }: Props) {
  const [typed, setTyped] = useState('');
  const { request, preview, over } = stage;
  const phrase = phraseOf(request);
  const sum = sumOf(preview);
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isTyped(typed, phrase)) void desk.confirm(listeners(site, request.to));
  };
  return (
    <>
      {request.target.kind === 'release' ? (
        <p>Devices go back to how they ran before, each rack at its own moment. No rack is asked about that.</p>
      ) : (
        <>
          <p role="status">{sumWords(sum, over)}</p>
          {over ? <Rows stage={stage} /> : <progress value={sum.answered} max={sum.asked} />}
        </>
      )}
      <form class="fields" onSubmit={submit}>
        <label>
          <span>
            To send it, type <b>{phrase}</b>
          </span>
          <input
            name="confirmation"
            value={typed}
            autocomplete="off"
            spellcheck={false}
            disabled={!over}
            onInput={({ currentTarget: { value } }) => setTyped(value)}
          />
        </label>
        <p class="buttons">
          <button type="submit" class="main" disabled={!over || !ready || !isTyped(typed, phrase)}>
            Sign and send
          </button>
          <button type="button" onClick={() => desk.back()}>
            Back
          </button>
        </p>
      </form>
    </>
  );
}

function sumWords({ asked, answered, refused, short, nowW, thenW, seconds }: PreviewSum, over: boolean): string {
  const silent = over && answered < asked ? `; ${count(asked - answered)} did not answer` : '';
  const trouble = `${refused > 0 ? `; ${count(refused)} would refuse` : ''}${short > 0 ? `; ${count(short)} cannot come down to it` : ''}`;
  const course = answered > refused ? `: ${kilowatts(nowW)} now, ${kilowatts(thenW)} in ${withUnit(seconds, 's')}` : '';
  return `${count(answered)} of ${count(asked)} racks have answered${course}${trouble}${silent}.`;
}

function Rows({ stage: { preview } }: Pick<Props, 'stage'>) {
  return (
    <div class="rows">
      <table>
        <thead>
          <tr>
            <th scope="col">rack</th>
            <th scope="col" class="number">
              now
            </th>
            <th scope="col" class="number">
              then
            </th>
            <th scope="col" class="number">
              in
            </th>
            <th scope="col">not reached</th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(preview).map(({ rack, answer }) => (
            <Row key={rack} rack={rack} answer={answer} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ rack, answer }: { rack: string; answer: Answer | undefined }) {
  if (answer?.kind !== 'foreseen') {
    return (
      <tr>
        <th scope="row">{rack}</th>
        <td colSpan={4} class="bad">
          {answer ? `${answer.code}: ${answer.detail}` : 'no answer'}
        </td>
      </tr>
    );
  }
  const { power_w, expected_w, seconds, short_by_w } = answer.prediction;
  return (
    <tr>
      <th scope="row">{rack}</th>
      <td class="number">{kilowatts(power_w)}</td>
      <td class="number">{kilowatts(expected_w)}</td>
      <td class="number">{withUnit(seconds, 's')}</td>
      <td class="warn">{short_by_w > 0 && `${kilowatts(short_by_w)} too much`}</td>
    </tr>
  );
}
