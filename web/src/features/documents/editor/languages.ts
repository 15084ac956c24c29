/** The languages of code blocks. */
export const LANGUAGES = [
  { key: 'plain', label: 'Plain text' },
  { key: 'bash', label: 'Bash' },
  { key: 'cpp', label: 'C++' },
  { key: 'css', label: 'CSS' },
  { key: 'go', label: 'Go' },
  { key: 'xml', label: 'HTML, XML' },
  { key: 'java', label: 'Java' },
  { key: 'javascript', label: 'JavaScript' },
  { key: 'json', label: 'JSON' },
  { key: 'markdown', label: 'Markdown' },
  { key: 'python', label: 'Python' },
  { key: 'r', label: 'R' },
  { key: 'rust', label: 'Rust' },
  { key: 'scala', label: 'Scala' },
  { key: 'sql', label: 'SQL' },
  { key: 'typescript', label: 'TypeScript' },
  { key: 'yaml', label: 'YAML' },
];

const OTHERS: Record<string, string> = {
  ...{ sh: 'bash', shell: 'bash', zsh: 'bash', console: 'bash', c: 'cpp', 'c++': 'cpp' },
  ...{ html: 'xml', svg: 'xml', js: 'javascript', jsx: 'javascript', ts: 'typescript' },
  ...{ tsx: 'typescript', py: 'python', rs: 'rust', yml: 'yaml', md: 'markdown', golang: 'go' },
};

/** The language that a name of the world outside means; "plain" when it is not known. */
export function languageOf(name: string): string {
  const lower = name.toLowerCase();
  const key = OTHERS[lower] ?? lower;
  return LANGUAGES.some((language) => language.key === key) ? key : 'plain';
}
