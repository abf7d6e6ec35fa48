import { lackOf } from './node.ts';

// The first import of each entry: what comes after it is only run where it can be.
const lack = lackOf(process.versions.node);
if (lack !== undefined) throw Object.assign(new Error(lack), { code: 'UNSUPPORTED_NODE' });
