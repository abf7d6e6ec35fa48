/** How many times as long as it must a property is tried; many times as long where there is time for it. */
const EFFORT = Number(process.env.WL_TEST_EFFORT ?? 0.1);

/** @returns how often a property is tried here that deserves `count` tries where time is no matter */
export const runs = (count: number): number => Math.max(10, Math.round(count * EFFORT));
