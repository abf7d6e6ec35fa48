import './require-node.ts';
import { workItemSchema as itemSchema } from './domain/item-schema.ts';

/** The schema of a work item, for programs that check one themselves. It stands apart, since it loads zod. */
export const workItemSchema = itemSchema();
