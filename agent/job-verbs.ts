/** What a job may say over the local socket. */
import { aboutNotice, extension, hints, registration } from '#protocol/jobs.ts';
import type { JobDesk } from './platform/job-desk.ts';
import type { LocalHandler } from './platform/local-socket.ts';
import { localVerb } from './platform/local-socket.ts';

export function jobVerbs(desk: JobDesk): Record<string, LocalHandler> {
  return {
    register: localVerb(registration, (given, peer) => desk.register(given, peer)),
    ack: localVerb(aboutNotice, ({ notice }, peer) => desk.of(peer).ack(notice)),
    ready: localVerb(aboutNotice, ({ notice }, peer) => desk.of(peer).ready(notice)),
    extend: localVerb(extension, ({ notice, by_s }, peer) => desk.of(peer).extend(notice, by_s)),
    hint: localVerb(hints, (said, peer) => desk.of(peer).hint(said)),
  };
}
