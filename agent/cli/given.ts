type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Without the keys that have no value, so that spreading it overrides nothing. */
export function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
