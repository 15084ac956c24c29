/**
 * The statement as one that only reads, whatever it says: it runs by itself with the rights of
 * whoever opens the document, so that a stranger's text must never change anything. What does not
 * begin with a word that only reads is put where only a query can stand; the server takes one
 * statement at a time and refuses the rest.
 */
export function readOnlySql(sql: string): string {
  const text = sql.trim().replace(/;$/, '').trim();
  return /^(select|from|values)\b/i.test(text) ? text : `SELECT * FROM (\n${text}\n)`;
}
