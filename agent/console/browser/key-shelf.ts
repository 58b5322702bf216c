/** Where this browser keeps a signing key for the next visit, if it is asked to. The key signs there and never leaves. */
import type { SigningKey } from '../dispatch/key-file.ts';

const DATABASE = 'ballast';
const SHELF = 'keys';
const PLACE = 'signing';

export async function keptKey(): Promise<SigningKey | undefined> {
  try {
    return (await onShelf('readonly', (shelf) => shelf.get(PLACE))) as SigningKey | undefined;
  } catch {
    return undefined;
  }
}

/** A browser that keeps nothing asks for the file again. */
export async function keepKey(key: SigningKey): Promise<void> {
  await onShelf('readwrite', (shelf) => shelf.put(key, PLACE)).catch(() => {});
}

export async function forgetKey(): Promise<void> {
  await onShelf('readwrite', (shelf) => shelf.delete(PLACE)).catch(() => {});
}

async function onShelf(mode: IDBTransactionMode, ask: (shelf: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => void opening.result.createObjectStore(SHELF);
  const database = (await answered(opening)) as IDBDatabase;
  try {
    return await answered(ask(database.transaction(SHELF, mode).objectStore(SHELF)));
  } finally {
    database.close();
  }
}

function answered(request: IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
