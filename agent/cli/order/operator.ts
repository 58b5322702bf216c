/** Who publishes an order and where: the operator's file, and flags that win over it. */
import { sign } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { brokerUrl } from '#agent/config/broker-url.ts';
import { readText } from '#agent/config/files.ts';
import { readSigningKey } from '#agent/config/keys.ts';
import { formatProblem } from '#agent/config/problem.ts';
import { readYamlFile } from '#agent/config/yaml-file.ts';
import type { BrokerConfig } from '#agent/platform/broker.ts';
import { name } from '#protocol/ids.ts';
import type { Sign } from '#protocol/signing.ts';
import { Failure, usageFailure } from '../failure.ts';
import { given } from '../given.ts';

/** Every path is relative to the file it is written in. */
const operatorSchema = z.strictObject({
  broker: z
    .strictObject({
      url: brokerUrl.exactOptional(),
      ca: z.string().exactOptional(),
      certificate: z.string().exactOptional(),
      /** The TLS key of `certificate`; orders are signed with the `key` below. */
      key: z.string().exactOptional(),
      username: z.string().exactOptional(),
      password_file: z.string().exactOptional(),
    })
    .prefault({}),
  site: name.exactOptional(),
  issuer: name.exactOptional(),
  program: name.exactOptional(),
  /** What orders are signed with; its name without `.key` is the key's id. */
  key: z.string().endsWith('.key').exactOptional(),
});

type Written = z.infer<typeof operatorSchema>;

/** As commander hands them over; absent where not given. Paths are relative to the working directory. */
export type OperatorFlags = {
  operator?: string;
  broker?: string;
  ca?: string;
  certificate?: string;
  certificateKey?: string;
  username?: string;
  passwordFile?: string;
  site?: string;
  issuer?: string;
  program?: string;
  key?: string;
};

export type Operator = {
  broker: Omit<BrokerConfig, 'clientId'>;
  site: string;
  issuer: string;
  program: string;
  kid: string;
  sign: Sign;
};

/** @throws Failure naming what is missing or cannot be read. */
export async function readOperator(flags: OperatorFlags): Promise<Operator> {
  const written = { ...(await readWritten(flags.operator)), ...given(flagsAsWritten(flags)) };
  const broker = { ...written.broker, ...given(brokerFlagsAsWritten(flags)) };
  const signing = await readSigningKey(required(written.key, 'key'));
  if (signing.kind === 'bad') throw new Failure(signing.message, signing.hint);
  return {
    broker: await readBroker(broker),
    site: wireName(required(written.site, 'site'), 'site'),
    issuer: wireName(required(written.issuer, 'issuer'), 'issuer'),
    program: wireName(required(written.program, 'program'), 'program'),
    kid: signing.kid,
    sign: (bytes) => sign(null, bytes, signing.key),
  };
}

async function readWritten(file: string | undefined): Promise<Written> {
  if (file === undefined) return { broker: {} };
  const parsed = await readYamlFile(file, operatorSchema);
  if (parsed.kind === 'bad')
    throw new Failure(parsed.problems.map(formatProblem).join('\n'), 'ballast order --help says what it may hold');
  const folder = dirname(resolve(file));
  const { broker, key, ...rest } = parsed.value;
  const beside = (path: string | undefined) => (path === undefined ? undefined : resolve(folder, path));
  const { ca, certificate, key: tlsKey, password_file } = broker;
  const files = { ca: beside(ca), certificate: beside(certificate), key: beside(tlsKey) };
  return {
    ...rest,
    ...given({ key: beside(key) }),
    broker: { ...broker, ...given({ ...files, password_file: beside(password_file) }) },
  };
}

function flagsAsWritten({ site, issuer, program, key }: OperatorFlags) {
  return { site, issuer, program, key };
}

function brokerFlagsAsWritten({ broker, ca, certificate, certificateKey, username, passwordFile }: OperatorFlags) {
  return { url: broker, ca, certificate, key: certificateKey, username, password_file: passwordFile };
}

async function readBroker(written: Written['broker']): Promise<Operator['broker']> {
  const { username, ca, certificate, key, password_file } = written;
  const url = required(written.url, 'broker');
  if (!brokerUrl.safeParse(url).success)
    throw usageFailure(`--broker ${url} is no broker`, 'write a URL such as mqtts://broker.example:8883');
  const secret = await textOf(password_file);
  const [password] = secret?.split(/\r?\n/) ?? [];
  const pems = { ca: await textOf(ca), certificate: await textOf(certificate), key: await textOf(key) };
  return { url, ...given({ ...pems, username, password }) };
}

async function textOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const read = await readText(file);
  if (read.kind === 'bad') throw new Failure(read.message, read.hint);
  return read.text;
}

function required(value: string | undefined, what: string): string {
  if (value !== undefined) return value;
  throw usageFailure(`no ${what} is given`, `write --${what}, or put it into a file and write --operator FILE`);
}

function wireName(value: string, what: string): string {
  if (name.safeParse(value).success) return value;
  throw usageFailure(`${what} "${value}" is no name`, 'write 1 to 64 of a-z, 0-9 and -');
}
