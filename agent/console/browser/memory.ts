/** What this browser keeps between visits. A browser that keeps nothing is no reason to fail. */

export function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(`ballast.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`ballast.${key}`, value);
  } catch {
    // Private windows may refuse; the next visit asks again.
  }
}
