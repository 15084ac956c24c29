const SHORTEST = 10; // characters
const LONGEST = 72; // bytes that bcrypt takes

export function passwordProblem(password: string): string | undefined {
  if (password.length < SHORTEST) return `Use at least ${SHORTEST} characters.`;
  if (new TextEncoder().encode(password).length > LONGEST) return `Use at most ${LONGEST} bytes.`;
  return undefined;
}
