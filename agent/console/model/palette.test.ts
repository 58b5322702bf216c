import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Palette, Theme } from './palette.ts';
import { between, channels, palettes } from './palette.ts';

const themes = Object.keys(palettes) as Theme[];

/** 0 to 1, per channel, as light adds up. */
function linear(colour: string): number[] {
  return channels(colour).map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
}

/** WCAG 2.2, relative luminance. */
function luminance([r = 0, g = 0, b = 0]: number[]): number {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(linear(a)), luminance(linear(b))].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** Machado, Oliveira and Fernandes 2009, severity 1.0. */
const visions: Record<string, number[][]> = {
  'full sight': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function seen(colour: string, vision: number[][]): number[] {
  const rgb = linear(colour);
  return vision.map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, weight, i) => sum + weight * (rgb[i] ?? 0), 0),
      ),
    ),
  );
}

/** CIE 1976, D65: about 2 is what an eye can just tell apart side by side. */
function lab([r = 0, g = 0, b = 0]: number[]): number[] {
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (841 / 108) * t + 4 / 29);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(luminance([r, g, b]));
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function apart(a: string, b: string, vision: number[][]): number {
  const [from, to] = [lab(seen(a, vision)), lab(seen(b, vision))];
  return Math.hypot(...from.map((each, i) => each - (to[i] ?? 0)));
}

for (const theme of themes) {
  const palette: Palette = palettes[theme];

  test(`${theme}: text can be read on everything that lies behind it`, () => {
    for (const colour of ['text', 'quiet', 'power', 'good', 'warn', 'bad'] as const) {
      for (const behind of ['page', 'panel', 'raised'] as const) {
        const ratio = contrast(palette[colour], palette[behind]);
        assert.ok(ratio >= 4.5, `${colour} on ${behind}: ${ratio.toFixed(2)}`);
      }
    }
  });

  for (const [name, vision] of Object.entries(visions)) {
    test(`${theme}: good, warning and bad, and the frames of modes, stay apart to ${name}`, () => {
      const pairs = [
        ['good', 'bad'],
        ['power', 'warn'],
        ['power', 'bad'],
        ['power', 'quiet'],
        ['good', 'warn'],
      ] as const;
      for (const [a, b] of pairs) {
        const distance = apart(palette[a], palette[b], vision);
        assert.ok(distance >= 15, `${a} and ${b}: ${distance.toFixed(1)}`);
      }
    });

    test(`${theme}: each step of the scales stays apart from the next to ${name}`, () => {
      for (const ramp of [palette.more, palette.apart]) {
        for (const [i, colour] of ramp.slice(1).entries()) {
          const distance = apart(ramp[i] ?? '', colour, vision);
          assert.ok(distance >= 12, `${ramp[i]} and ${colour}: ${distance.toFixed(1)}`);
        }
      }
      const distance = apart(palette.apart[0], palette.apart[4], vision);
      assert.ok(distance >= 30, `far under and far over the line: ${distance.toFixed(1)}`);
    });
  }

  test(`${theme}: more is further from the page, step by step, so that the scale is read without colour`, () => {
    const steps = palette.more.map((colour) => contrast(colour, palette.panel));
    for (const [i, step] of steps.slice(1).entries()) assert.ok(step > (steps[i] ?? 0), `step ${i + 1}`);
  });
}

test('a scale goes evenly from colour to colour', () => {
  assert.equal(between(['#000000', '#640000', '#646400'], 0), 'rgb(0 0 0)');
  assert.equal(between(['#000000', '#640000', '#646400'], 0.25), 'rgb(50 0 0)');
  assert.equal(between(['#000000', '#640000', '#646400'], 1), 'rgb(100 100 0)');
});
