/** A password from its file: read once, and again after a device has refused it, so that a corrected file works. */
import type { AdapterContext } from '../contract.ts';
import { AdapterError } from '../errors.ts';

export class Password {
  readonly file: string;
  readonly #secret: AdapterContext['secret'];
  #known: string | undefined;

  constructor(file: string, { secret }: Pick<AdapterContext, 'secret'>) {
    this.file = file;
    this.#secret = secret;
  }

  /** Throws `unauthorised` naming the file when it cannot be read. */
  async get(): Promise<string> {
    if (this.#known !== undefined) return this.#known;
    try {
      this.#known = await this.#secret(this.file);
      return this.#known;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new AdapterError('unauthorised', `cannot read the password file ${this.file}: ${why}`, { cause });
    }
  }

  forget(): void {
    this.#known = undefined;
  }

  /** Of a refusal that means that the device has another one: the file is read anew at the next try. */
  wrong(error: AdapterError): AdapterError {
    this.forget();
    const message = `${error.message}; the password in ${this.file} is probably not the miner's`;
    return new AdapterError('unauthorised', message, { code: error.code ?? 'password', cause: error });
  }
}
