/** Terminals (ioctl_tty(2)). */
import { check, symbols } from "./library.ts";

const TIOCSWINSZ = 0x5414n;

/**
 * Sets the size of a terminal, in characters; its foreground processes get SIGWINCH.
 * @throws {SystemError} If the descriptor is no terminal.
 */
export function setTerminalSize(descriptor: number, width: number, height: number): void {
  // struct winsize: ws_row, ws_col, and two for pixels.
  check(
    symbols.ioctl(descriptor, TIOCSWINSZ, new Uint16Array([height, width, 0, 0])),
    "TIOCSWINSZ",
  );
}
