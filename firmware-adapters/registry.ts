/**
 * Every kind of hardware, one line each. The order is the order in which an unknown address is probed: an adapter
 * stands before those that would answer for its devices too. So firmware that speaks a second, older protocol beside
 * its own (WhatsMiner v3 beside v2) goes before the adapter of the older one, and anything that answers to the plain
 * cgminer API goes last. LuxOS, Braiins OS and VNish run on Antminers and answer as those do, so they go before stock;
 * WhatsMiners and LuxOS do not know each other's commands, and the others name themselves; Innosilicon and MaraFW do not
 * before a log-in, and are never looked for. What is in this very machine has no address to probe.
 */
import { accelerator } from './accelerator/accelerator.ts';
import { antminer } from './asic/antminer/antminer.ts';
import { auradine } from './asic/auradine/auradine.ts';
import { avalon } from './asic/avalon/avalon.ts';
import { axeos } from './asic/axeos/axeos.ts';
import { braiins } from './asic/braiins/braiins.ts';
import { elphapex } from './asic/elphapex.ts';
import { epic } from './asic/epic/epic.ts';
import { goldshell } from './asic/goldshell/goldshell.ts';
import { innosilicon } from './asic/innosilicon.ts';
import { luxos } from './asic/luxos/luxos.ts';
import { marathon } from './asic/marathon.ts';
import { sealminer } from './asic/sealminer.ts';
import { vnish } from './asic/vnish/vnish.ts';
import { whatsminerV2 } from './asic/whatsminer/v2.ts';
import { whatsminerV3 } from './asic/whatsminer/v3.ts';
import type { Adapter } from './contract.ts';
import { amdgpu } from './gpu/amdgpu.ts';
import { nvidia } from './gpu/nvidia.ts';

export const adapters: readonly Adapter[] = [
  whatsminerV3,
  whatsminerV2,
  luxos,
  braiins,
  vnish,
  auradine,
  avalon,
  sealminer,
  epic,
  goldshell,
  axeos,
  elphapex,
  antminer,
  innosilicon,
  marathon,
  nvidia,
  amdgpu,
  accelerator,
];

/** The adapter that a config entry names; undefined when there is none of this name. */
export function adapterNamed(name: string): Adapter | undefined {
  return adapters.find((adapter) => adapter.name === name);
}
