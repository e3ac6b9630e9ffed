/** Counts as rows, the largest first, each with its share of all. */
export interface StatRow {
  code: string;
  n: number;
  share: number;
}

export function rowsOf(counts: Readonly<Record<string, number>>): StatRow[] {
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  return Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([code, n]) => ({ code, n, share: n / all }))
    .sort((a, b) => b.n - a.n || (a.code < b.code ? -1 : 1));
}
