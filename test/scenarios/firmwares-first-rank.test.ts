import { firstRank, testEvents } from '#test/support/firmware-events.ts';

testEvents(firstRank);
