/** Disclosed rows as cards to read: the server speaks in codes and figures, the page in the customer's words. */
export interface Revealed {
  value: string;
  headings: string[];
  rows: string[][];
  /** How many rows more there are than were given. */
  left_out: number;
}

export const NOTHING: Revealed = { value: "", headings: [], rows: [], left_out: 0 };

export interface Fact {
  label: string;
  value: string;
}

export interface RowCard {
  title: string;
  facts: Fact[];
}

/** The words of a key; undefined where the page has none, then the server's own text stands. */
export type WordsOf = (key: string, vars?: Record<string, string | number>) => string | undefined;

export function cardsOf(revealed: Revealed, words: WordsOf): RowCard[] {
  return revealed.rows.map((row) => cardOf(revealed.headings, row, words));
}

/** The first cell is the card's title; an empty cell is left out. */
function cardOf(headings: string[], row: string[], words: WordsOf): RowCard {
  const kind = row[headings.indexOf("kind")] ?? "";
  const facts = row
    .map((cell, at) => ({ name: headings[at] ?? "", cell }))
    .filter(({ cell }, at) => at > 0 && cell !== "")
    .map(({ name, cell }) => ({ label: words(`rows.heading.${name}`) ?? name, value: valueOf(name, kind, cell, words) }));
  return { title: parted(row[0] ?? ""), facts };
}

function valueOf(name: string, kind: string, cell: string, words: WordsOf): string {
  if (name === "fee") return words("rows.fee", { n: cell }) ?? cell;
  if (name === "amount") return amountOf(kind, cell, words);
  if (/^\d+$/.test(cell)) return parted(cell);
  return /^[A-Za-z_]+$/.test(cell) ? (words(`rows.value.${cell.toLowerCase()}`) ?? cell) : cell;
}

/** A mobile number as people say it, 3-4-4; very large text breaks it there and nowhere else. */
function parted(cell: string): string {
  return cell.replace(/^(1\d{2})(\d{4})(\d{4})$/, "$1 $2 $3");
}

/** Seconds of a call, number of texts, megabytes. */
function amountOf(kind: string, cell: string, words: WordsOf): string {
  if (kind === "text") return words("rows.texts", { n: cell }) ?? cell;
  if (kind === "data") return words("rows.megabytes", { n: cell }) ?? cell;
  const seconds = Number(cell);
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  return (minutes ? words("rows.minutes", { m: minutes, s: rest }) : words("rows.seconds", { s: rest })) ?? cell;
}
