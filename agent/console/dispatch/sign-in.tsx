/** Who gives orders: an issuer, with credentials of its own at the broker and the key that racks know. */
import type { TargetedEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { forgetKey, keepKey, keptKey } from '../browser/key-shelf.ts';
import { recall, remember } from '../browser/memory.ts';
import type { Credentials } from '../browser/session.ts';
import type { SigningKey } from './key-file.ts';
import { readKeyFile } from './key-file.ts';
import type { Giver } from './request.ts';
import { isName } from './request.ts';

export type SignedIn = { readonly giver: Giver; readonly signing: SigningKey; readonly credentials: Credentials };

type Props = { site: string; url: string; done: (signedIn: SignedIn) => void };

export function SignIn({ site, url, done }: Props) {
  const [kept, setKept] = useState<SigningKey>();
  const [why, setWhy] = useState('');
  useEffect(() => void keptKey().then(setKept), []);
  const submit = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (field: string) => String(form.get(field) ?? '').trim();
    const signing = kept ?? (await chosenKey(form, setWhy));
    if (!signing) return;
    const giver = { site, issuer: text('issuer'), program: text('program') };
    for (const field of ['issuer', 'program'] as const) {
      if (!isName(giver[field])) return setWhy(`The ${field} is written with 1 to 64 of a-z, 0-9 and -.`);
      remember(`dispatch.${field}`, giver[field]);
    }
    remember('dispatch.user', text('user'));
    if (form.get('keep')) await keepKey(signing);
    done({ giver, signing, credentials: { url, user: text('user'), password: String(form.get('password') ?? '') } });
  };
  return (
    <form class="fields" onSubmit={(event) => void submit(event)}>
      <label>
        Issuer
        <input name="issuer" required defaultValue={recall('dispatch.issuer') ?? ''} />
      </label>
      <label>
        Program
        <input name="program" required defaultValue={recall('dispatch.program') ?? 'ecrs'} />
      </label>
      <label>
        User at the broker
        <input name="user" autocomplete="username" defaultValue={recall('dispatch.user') ?? ''} />
      </label>
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" />
      </label>
      {kept ? (
        <p>
          Signs with <b>{kept.kid}</b>, kept in this browser.{' '}
          <button type="button" onClick={() => void forgetKey().then(() => setKept(undefined))}>
            Forget it
          </button>
        </p>
      ) : (
        <>
          <label>
            Signing key, the file NAME.key that ballast keys new wrote
            <input name="key" type="file" accept=".key" required />
          </label>
          <label class="check">
            <input name="keep" type="checkbox" /> Keep the key in this browser. It signs here and cannot be read out,
            but whoever uses this browser can sign with it.
          </label>
        </>
      )}
      {why !== '' && (
        <p class="bad" role="alert">
          {why}
        </p>
      )}
      <button type="submit" class="main">
        Continue
      </button>
    </form>
  );
}

async function chosenKey(form: FormData, tell: (why: string) => void): Promise<SigningKey | undefined> {
  const file = form.get('key');
  if (!(file instanceof File)) return undefined;
  const read = await readKeyFile(file.name, await file.text());
  if (read.kind === 'ok') return read.signing;
  tell(read.why);
  return undefined;
}
