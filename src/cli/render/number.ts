/** A count as people write it: `2,069`. By hand, since the language data behind `toLocaleString` takes longer to load than a list. */
export const grouped = (count: number): string => String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
