/** The two files that a rack begins with: enough to start and observe, and the next steps as comments. Pure text. */

export type Beginning = {
  readonly site: string;
  readonly rack: string;
  readonly brokers: readonly string[];
  /** Who may give orders, when that is known already. */
  readonly issuer: string | undefined;
  /** Where the journal and the socket go, as they stand in the config. */
  readonly state: string;
  readonly socket: string;
};

export function firstConfig({ site, rack, brokers, state, socket }: Beginning): string {
  return `# What is there. After every change: ballast config check
site: ${site}
rack: ${rack}
# Orders go to every rack of a site, to a group, or to one rack.
groups: []

broker:
  urls: [${brokers.map((url) => JSON.stringify(url)).join(', ')}]
  # With TLS: ca: ca.pem, certificate: ${rack}.pem, key: secrets/${rack}.key. With a password: username, and
  # password_file: secrets/broker.pw. Root alone may read \`secrets\` beside this file: the service is handed copies.

state: ${state}
socket: ${socket}

# What the rack's instruments hang on. \`ballast discover modbus\` finds them and prints these sections.
buses: []
meters: []
sensors: []
pdus: []

# What can be steered. \`ballast discover miners 10.0.1.0/24\` finds miners and prints this section.
devices: []
`;
}

export function firstPolicy({ issuer }: Beginning): string {
  return `# What no order can change. After every change: ballast config check
limits:
  # The most the rack may ever draw and the least an order can take it down to, watts:
  # ceiling_w: 42000
  min_w: 0
  # Racks come back at different moments, each with its own delay within these seconds.
  restore_window_s: 900

# Who may give orders.
${issuer === undefined ? ISSUERS_TO_COME : issuersOf(issuer)}
# Devices that no order touches.
protect: []

# Until \`ballast commission\` has seen every device move, the rack only observes.
`;
}

const ISSUERS_TO_COME = `# \`ballast keys new qse-north-2026\` makes a key pair and says what to write here.
issuers: []
`;

function issuersOf(issuer: string): string {
  return `issuers:
  - id: ${issuer}
    keys: [${issuer}.pub]
    may: [ceiling, shed, release]
    programs: [ecrs]
    max_duration_s: 14400
`;
}
