/** What is the matter with a rack of the simulated site. Of every hundred some are out of order, as on a real one. */

export type Character =
  /** Does all that it is told. */
  | 'sound'
  /** Its air comes in at 38 °C and more. */
  | 'hot'
  /** Water on the floor. */
  | 'wet'
  /** One of its miners says yes to everything and goes on. */
  | 'stubborn'
  /** Its meter answers no more: nothing it does can be proved. */
  | 'unmetered'
  /** Its policy knows the issuer and allows none of its programs. */
  | 'refusing'
  /** Not commissioned: it only observes. */
  | 'observing'
  /** The broker delivers it no orders: it goes on telling how it is. */
  | 'deaf'
  /** Its session is half dead: after the start nothing of it arrives, and no will either. */
  | 'frozen'
  /** Its controller has lost power: after the start the broker has told its will. */
  | 'gone'
  /** Another version of it says things of the wrong shape. */
  | 'garbled';

const oneInAHundred: Readonly<Record<number, Character>> = {
  7: 'hot',
  14: 'wet',
  17: 'frozen',
  27: 'gone',
  37: 'refusing',
  47: 'deaf',
  57: 'stubborn',
  67: 'unmetered',
  77: 'observing',
  87: 'garbled',
};

/** `place` counts from 1. */
export function characterOf(place: number): Character {
  return oneInAHundred[place % 100] ?? 'sound';
}
