import type { Plan } from './plan.ts';

/** Two who do not agree, or one who fails. */
export interface Failure {
  /** What is wrong, without what differs from case to case. */
  name: string;
  text: string;
  plan: Plan;
}

/** Notes a failure of the case at hand. */
export type Fail = (name: string, text: string) => void;

/** An error in a line, without what differs from case to case. */
export const describe = ({ name, message }: Error): string =>
  `${name}: ${message
    .replaceAll(/[0-9a-f]{40}/g, 'OID')
    .replaceAll(/\d+/g, 'N')
    .split('\n')[0]
    ?.slice(0, 80)}`;
