/** Four generations that stand side by side on many sites, by their data sheets. */
export type Miner = {
  readonly id: string;
  readonly watts: number;
  readonly ths: number;
};

export const miners: readonly Miner[] = [
  { id: 's19j-pro', watts: 3050, ths: 100 },
  { id: 'm50', watts: 3306, ths: 114 },
  { id: 's19-xp', watts: 3010, ths: 140 },
  { id: 's21', watts: 3500, ths: 200 },
];
