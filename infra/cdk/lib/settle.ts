/**
 * Reading parameters: one description of each, from which come its type, its
 * default, and what is said about a bad value.
 *
 * All faults are told at once, as the functions themselves do.
 */

import { Fault } from './fault';

/** What one parameter takes. */
export interface Parameter<T> {
  /** The value as the SAM template writes its default; absent: must be given. */
  readonly fallback?: string;
  readonly pattern?: RegExp;
  /** What a value must be, where the pattern does not speak for itself. */
  readonly says?: string;
  readonly allowed?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** Turns an accepted text into the value. */
  readonly read: (text: string) => T;
}

type ValueOf<P> = P extends Parameter<infer T> ? T : never;

/** The values of a table of parameters. */
export type Values<Table> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

type Names<Table, HasFallback> = {
  [Name in keyof Table]: Table[Name] extends { readonly fallback: string } ? HasFallback : Name;
}[keyof Table];
type Required<Table> = Exclude<Names<Table, never>, never>;

/** The same values as somebody gives them: what has a default may be left out. */
export type Given<Table> = { readonly [Name in Required<Table>]: Values<Table>[Name] } & {
  readonly [Name in keyof Table]?: Values<Table>[Name] | undefined;
};

type Rest<T> = Omit<Parameter<T>, 'read' | 'fallback'>;

/** Text that must be given. */
export function required(rest: Rest<string>): Parameter<string> {
  return { ...rest, read: (text) => text };
}

/** Text that may be left out. */
export function text(fallback: string, rest: Rest<string> = {}) {
  return { ...rest, fallback, read: (given: string) => given };
}

/** A comma list. */
export function list(fallback: string, rest: Rest<readonly string[]> = {}) {
  return { ...rest, fallback, read: (given: string): readonly string[] => given.split(',').filter(Boolean) };
}

/** A whole number. */
export function number(fallback: number, rest: Rest<number>) {
  return { ...rest, fallback: String(fallback), pattern: /^-?[0-9]{1,9}$/, says: 'a whole number', read: Number };
}

/** One of a few words; the first of them is the default. */
export function choice<const T extends readonly [string, ...string[]]>(...allowed: T) {
  return { allowed, fallback: allowed[0] as string, read: (given: string) => given as T[number] };
}

/** Like the context of CDK, the parameters of CloudFormation are capitalised. */
export function contextName(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/**
 * Returns the values of `given`, with defaults filled in.
 *
 * Throws one error that names every fault: missing, unknown (the caller knows
 * them), out of range.
 */
export function settle<Table extends Record<string, Parameter<unknown>>>(
  table: Table,
  given: Readonly<Record<string, unknown>>,
  unknown: readonly string[] = [],
  conflicts: (values: Values<Table>) => readonly string[] = () => [],
): Values<Table> {
  const faults = unknown.map((name) => `${name}: no such parameter`);
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(table)) {
    const value = given[name] ?? parameter.fallback;
    if (value === undefined) {
      faults.push(`${contextName(name)}: must be given`);
      continue;
    }
    const fault = faultOf(parameter, value);
    if (fault === undefined) values[name] = parameter.read(String(value));
    else faults.push(`${contextName(name)}: ${fault}`);
  }
  // Values that are not there cannot contradict each other.
  if (faults.length === 0) faults.push(...conflicts(values as Values<Table>));
  if (faults.length > 0) throw new Fault(`parameters:\n  ${faults.sort().join('\n  ')}`);
  return values as Values<Table>;
}

/** The part of `props` that a table describes. */
export function only(table: object, props: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(props).filter(([name]) => name in table));
}

function faultOf(parameter: Parameter<unknown>, value: unknown): string | undefined {
  // A list reads as CloudFormation writes it.
  const given = String(value);
  if (typeof value === 'object' && !Array.isArray(value)) return 'must be text or a number';
  if (parameter.allowed && !parameter.allowed.includes(given)) {
    return `must be one of ${parameter.allowed.join(', ')}`;
  }
  if (parameter.pattern && !parameter.pattern.test(given)) {
    return parameter.says ?? `must match ${parameter.pattern.source}`;
  }
  if (parameter.min !== undefined && Number(given) < parameter.min) return `must be at least ${parameter.min}`;
  if (parameter.max !== undefined && Number(given) > parameter.max) return `must be at most ${parameter.max}`;
  return undefined;
}
