/** The ids of containers and execs, as containerd allows them. They become parts of paths. */

/** What an error says of a valid id. */
export const IDENTIFIER = "1 to 76 letters, digits, dots and dashes";

/** Whether a text is a valid id; containerd itself accepts no others. */
export function isIdentifier(text: string): boolean {
  return /^\w[\w.-]{0,75}$/.test(text);
}
