/** What containerd takes for an id: of a container or of an exec. It becomes a part of paths. */

/** How an error tells of it. */
export const IDENTIFIER = "1 to 76 letters, digits, dots and dashes";

/** Whether a text is an id: containerd itself takes no others. */
export function isIdentifier(text: string): boolean {
  return /^\w[\w.-]{0,75}$/.test(text);
}
