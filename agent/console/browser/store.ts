/** The site as it becomes known, and who is to be told: twice a second, however much is said, and of the link at once. */
import type { Millis } from '#protocol/units.ts';
import { noDetails } from '../model/details.ts';
import { heard } from '../model/heard.ts';
import type { Message } from '../model/message.ts';
import type { Sample } from '../model/samples.ts';
import { sampled } from '../model/samples.ts';
import type { Site } from '../model/site.ts';
import { emptySite } from '../model/site.ts';
import type { Clock } from './clock.ts';
import type { Link } from './session.ts';

/** One moment of the page: everything that is painted is painted of this. */
export type View = {
  readonly site: Site;
  readonly samples: readonly Sample[];
  readonly link: Link;
  /** Whether the broker has let us in since we first asked; it may be away again. */
  readonly letIn: boolean;
  readonly nowMs: Millis;
};

export type Store = {
  view(): View;
  message(message: Message): void;
  link(link: Link): void;
  /** Keeps what is said in detail of this rack, until told of another, or of none. */
  detail(rack: string | undefined): void;
  /** Calls `paint` with each new view until the returned function is called. */
  watch(paint: (view: View) => void): () => void;
  close(): void;
};

/** Racks speak once a second; a step of an order is seen within half of one. */
const PAINT_MS = 500;
/** In the background timers are slowed down; then messages are folded as they come, lest they pile up. */
const MOST_WAITING = 2_000;

export function openStore(siteName: string, clock: Clock): Store {
  const painters = new Set<(view: View) => void>();
  const site = emptySite(siteName);
  let view: View = { site, samples: [], link: { kind: 'connecting' }, letIn: false, nowMs: clock.wall() };
  let waiting: Message[] = [];

  function fold(): void {
    view = { ...view, site: heard(view.site, waiting), nowMs: clock.wall() };
    waiting = [];
  }

  function paint(): void {
    fold();
    view = { ...view, samples: sampled(view.samples, view.site, view.nowMs) };
    for (const each of painters) each(view);
  }

  const stop = clock.every(PAINT_MS, paint);
  return {
    view: () => view,
    message(message) {
      waiting.push(message);
      if (waiting.length >= MOST_WAITING) fold();
    },
    link(link) {
      view = { ...view, link, letIn: view.letIn || link.kind === 'online' };
      paint();
    },
    detail(rack) {
      const { details: _closed, ...site } = view.site;
      view = { ...view, site: rack === undefined ? site : { ...site, details: noDetails(rack) } };
    },
    watch(each) {
      painters.add(each);
      return () => painters.delete(each);
    },
    close: stop,
  };
}
